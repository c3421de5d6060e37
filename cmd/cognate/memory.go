package main

import (
	"io/fs"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
)

// limitMemory gives Go's garbage collector nine tenths of the memory of the container as its limit, without the page caches of SQLite, which
// are not Go's. It does nothing without a limit of the container, or if the operator has set GOMEMLIMIT.
func limitMemory(caches int64) {
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	if limit := containerMemory(os.DirFS("/sys/fs/cgroup"))*9/10 - caches; limit > 0 {
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

// returnStartMemory frees the memory that only the start needed, when the start has ended.
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

// containerMemory returns the memory limit of the container in bytes, or 0 if there is none. files are those of the control groups, in
// version 2 or 1.
func containerMemory(files fs.FS) int64 {
	const unlimited = 1 << 50 // version 1 has a very large number instead of no limit
	for _, name := range []string{"memory.max", "memory/memory.limit_in_bytes"} {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			continue
		}
		if limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && limit < unlimited {
			return limit
		}
	}
	return 0
}
