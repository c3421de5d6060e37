package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// residentMB returns the resident memory of a process in MB (10^6 bytes), or 0 if it is unknown.
func residentMB(pid int) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(status), "VmRSS:")
	var kB float64
	if _, err := fmt.Sscan(after, &kB); err != nil {
		return 0
	}
	return kB * 1024 / 1e6
}

// largestMB returns the largest resident memory of a process that has ended, in MB.
func largestMB(p *os.ProcessState) float64 {
	usage, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return float64(usage.Maxrss) * 1024 / 1e6
}

// userHz is the number of clock ticks per second in proc(5), on every architecture that Go supports.
const userHz = 100

// cpuTime returns the CPU time of a process, or 0 if it is unknown.
func cpuTime(pid int) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	const utime, stime = 11, 12 // proc(5), counted from field "state"
	var used time.Duration
	for _, i := range []int{utime, stime} {
		n, err := strconv.Atoi(fields[i])
		if err != nil {
			return 0
		}
		used += time.Second * time.Duration(n) / userHz
	}
	return used
}

// inMemory reports whether a folder is on a memory file system.
func inMemory(dir string) bool {
	const tmpfs = 0x01021994 // statfs(2)
	var fs syscall.Statfs_t
	return syscall.Statfs(dir, &fs) == nil && fs.Type == tmpfs
}
