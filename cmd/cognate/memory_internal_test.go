package main

import (
	"testing"
	"testing/fstest"
)

func TestContainerMemory(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, file, text string
		want             int64
	}{
		{"version 2", "memory.max", "536870912\n", 512 << 20},
		{"version 2 without a limit", "memory.max", "max\n", 0},
		{"version 1", "memory/memory.limit_in_bytes", "268435456\n", 256 << 20},
		{"version 1 without a limit", "memory/memory.limit_in_bytes", "9223372036854771712\n", 0},
		{"no control groups", "other", "", 0},
	} {
		files := fstest.MapFS{c.file: {Data: []byte(c.text)}}
		if got := containerMemory(files); got != c.want {
			t.Errorf("containerMemory(%s) = %d, want %d", c.name, got, c.want)
		}
	}
}
