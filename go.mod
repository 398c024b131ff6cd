module multilog

go 1.26
