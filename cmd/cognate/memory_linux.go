package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// unmapBinary unmaps the pages of the binary. A start uses most of them, and a server needs less than half of them again. The kernel keeps
// them in its cache of files and maps those that are used next, which takes about a microsecond for 64 kB. unmapBinary ignores errors,
// because they only mean that the pages stay mapped.
func unmapBinary() {
	mappings, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		return
	}
	binary, err := os.Executable()
	if err != nil {
		return
	}
	for _, m := range mappingsOf(binary, mappings) {
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, m.start, m.end-m.start, unix.MADV_DONTNEED)
	}
}

// mapping is a range of addresses.
type mapping struct{ start, end uintptr }

// mappingsOf returns the mappings of a file whose pages the kernel can read from the file again: those that the process cannot write to, and
// that the dynamic linker has not changed either. smaps is the text of /proc/PID/smaps; see proc_pid_smaps(5).
func mappingsOf(file string, smaps []byte) (found []mapping) {
	var m mapping
	var candidate, changed bool
	for lines := bufio.NewScanner(bytes.NewReader(smaps)); lines.Scan(); {
		switch fields := strings.Fields(lines.Text()); {
		case len(fields) == 0:
		case !strings.HasSuffix(fields[0], ":"): // the first line of a mapping: addresses, permissions, offset, device, inode, file
			_, err := fmt.Sscanf(fields[0], "%x-%x", &m.start, &m.end)
			changed = false
			candidate = err == nil && len(fields) == 6 && fields[5] == file && (fields[1] == "r-xp" || fields[1] == "r--p")
		case fields[0] == "Anonymous:": // the size of the changed pages in memory
			changed = len(fields) != 3 || fields[1] != "0"
		case candidate && fields[0] == "Swap:": // the size of the changed pages that are swapped out; after Anonymous
			if !changed && len(fields) == 3 && fields[1] == "0" {
				found = append(found, m)
			}
		}
	}
	return found
}
