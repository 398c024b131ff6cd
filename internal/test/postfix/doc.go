// Package postfix runs a Postfix of its own, and nothing of the machine's: in a
// directory of its own, on loopback, in the foreground, with its log on a pipe.
//
// [Start] writes a configuration, has Postfix check it, and runs master(8) as
// "postfix start-fg" does, with maillog_file = /dev/stdout. It is the leader of a
// session, so that [Server.Stop] ends all of its processes; a guard does so when
// this program is killed. [Server.Send] has smtp-source send mails, which Postfix
// delivers to an smtp-sink, and waits until the queue is empty. [Blocked] tells how
// long postlogd, which writes the log, could not write.
//
// It needs root, since Postfix does, and Debian's package postfix. No service is
// started or changed.
package postfix
