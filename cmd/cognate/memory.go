package main

import (
	"io/fs"
	"os"
	"path"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
)

// limitMemory gives Go's garbage collector nine tenths of the memory of the container as its limit, without the page caches of SQLite, which
// are not Go's. It does nothing without a limit of the container, or if the operator has set GOMEMLIMIT. system is the root folder.
func limitMemory(system fs.FS, caches int64) {
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	if limit := containerMemory(system)*9/10 - caches; limit > 0 {
		debug.SetMemoryLimit(limit)
	}
}

const (
	// manyConnections are so many that their buffers and stacks are most of the memory of the server.
	manyConnections = 1000
	// normalCollection and frequentCollection are by how many percent the memory in use grows until Go's garbage collector runs again.
	normalCollection, frequentCollection = 100, 20
)

// collectFor makes Go's garbage collector run more often while there are many connections. Connections that only wait would otherwise take
// twice their memory. It does nothing if the operator has set GOGC.
func collectFor(connections int) {
	percent := normalCollection
	if connections >= manyConnections {
		percent = frequentCollection
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}

// streamMemory makes Go's garbage collector keep to 32 MB, which is more than a command needs that passes rows on. It does nothing if the
// operator has set GOMEMLIMIT.
func streamMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(32 << 20)
	}
}

// returnStartMemory frees the memory that only the start needed. It is called after the start.
func returnStartMemory() {
	returnHeap()
	unmapBinary()
}

// returnHeap frees memory of the heap that is not in use. The migrations leave 16 MB of buffers in pools, which two garbage
// collections empty. The runtime alone would free it some minutes later.
func returnHeap() {
	runtime.GC()
	debug.FreeOSMemory()
}

// containerMemory returns the memory limit of the container in bytes, or 0 if there is none. It is the least limit of the control group of the
// process and of all groups above it, because the kernel applies them all. Groups above that a container cannot see are missing.
// Source: the manual page cgroups(7); the documentation of Linux, "Memory Resource Controller" and "Control Group v2".
func containerMemory(system fs.FS) int64 {
	const unlimited = 1 << 50 // version 1 has a very large number instead of no limit
	least := int64(unlimited)
	for _, name := range memoryLimits(system) {
		text, err := fs.ReadFile(system, name)
		if err != nil {
			continue // the root of version 2 has none, and a container of version 1 has its own group at the root
		}
		if limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil {
			least = min(least, limit)
		}
	}
	if least == unlimited {
		return 0
	}
	return least
}

// memoryLimits returns the files that can have a memory limit of the process. A line of /proc/self/cgroup is ID:controllers:group. That of version 2
// has the ID 0 and no controllers.
func memoryLimits(system fs.FS) (names []string) {
	groups, _ := fs.ReadFile(system, "proc/self/cgroup") // systems without control groups do not have it
	for line := range strings.Lines(string(groups)) {
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(parts) < 3 {
			continue
		}
		var folder, file string
		switch {
		case parts[0] == "0" && parts[1] == "":
			folder, file = "sys/fs/cgroup", "memory.max"
		case slices.Contains(strings.Split(parts[1], ","), "memory"):
			folder, file = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		default:
			continue
		}
		for group := path.Join("/", parts[2]); ; group = path.Dir(group) {
			names = append(names, path.Join(folder, group, file))
			if group == "/" {
				break
			}
		}
	}
	return names
}
