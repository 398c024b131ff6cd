package ship

import (
	"context"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// watch calls changed when there may be another name in dir: at once if the kernel
// reports it, and every keepEvery.
func watch(ctx context.Context, dir string, changed func()) {
	const what = unix.IN_MOVED_TO | unix.IN_CREATE | unix.IN_ONLYDIR
	var events *os.File
	defer func() {
		if events != nil {
			events.Close()
		}
	}()
	buf := make([]byte, 16<<10)
	var inode uint64
	for ctx.Err() == nil {
		var st unix.Stat_t
		if unix.Stat(dir, &st) != nil {
			st.Ino = 0
		}
		if events != nil && st.Ino != inode {
			events.Close()
			events = nil
		}
		if events == nil && st.Ino != 0 {
			if fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK); err == nil {
				events, inode = os.NewFile(uintptr(fd), "inotify"), st.Ino
				if _, err := unix.InotifyAddWatch(fd, dir, what); err != nil {
					events.Close()
					events = nil
				}
			}
		}
		changed()
		if events == nil {
			select {
			case <-ctx.Done():
			case <-time.After(keepEvery):
			}
			continue
		}
		_ = events.SetReadDeadline(time.Now().Add(keepEvery)) // inotify can be polled
		_, _ = events.Read(buf)                               // that something is there is all that matters
	}
}
