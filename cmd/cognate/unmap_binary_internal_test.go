//go:build linux

package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestMappingsOf(t *testing.T) {
	t.Parallel()
	const smaps = `00400000-01814000 r-xp 00000000 fe:00 9986111                            /usr/bin/cognate
Size:              20560 kB
Rss:               16960 kB
Anonymous:             0 kB
Swap:                  0 kB
VmFlags: rd ex mr mw me
01814000-02f45000 r--p 01414000 fe:00 9986111                            /usr/bin/cognate
Rss:               18800 kB
Anonymous:             0 kB
Swap:                  0 kB
02f45000-02f4b000 r--p 02b45000 fe:00 9986111                            /usr/bin/cognate
Rss:                  44 kB
Anonymous:            44 kB
Swap:                  0 kB
02f4b000-02f50000 r--p 02b4b000 fe:00 9986111                            /usr/bin/cognate
Anonymous:             0 kB
Swap:                 20 kB
02f50000-03051000 rw-p 02b50000 fe:00 9986111                            /usr/bin/cognate
Rss:                 944 kB
Anonymous:             0 kB
Swap:                  0 kB
2308f6400000-2308f7000000 rw-p 00000000 00:00 0
Anonymous:             0 kB
Swap:                  0 kB
7f304d130000-7f304d230000 r-xp 00000000 fe:00 9986112                    /usr/lib/libcrypto.so.3
Anonymous:             0 kB
Swap:                  0 kB
7f304d240000-7f304d400000 r-xp 00000000 fe:00 9986113                    /usr/bin/cognate (deleted)
Anonymous:             0 kB
Swap:                  0 kB
7ffd3b3e5000-7ffd3b3e7000 r-xp 00000000 00:00 0                          [vdso]
Anonymous:             0 kB
Swap:                  0 kB
`
	want := []mapping{{0x400000, 0x1814000}, {0x1814000, 0x2f45000}}
	if got := mappingsOf("/usr/bin/cognate", []byte(smaps)); !slices.Equal(got, want) {
		t.Errorf("mappingsOf() = %x, want %x", got, want)
	}
}

func TestUnmapBinary(t *testing.T) { //nolint:paralleltest // other tests would map the pages again
	before := mappedCodeKB(t)
	unmapBinary()
	if after := mappedCodeKB(t); after >= before {
		t.Errorf("after unmapBinary() %d kB of the code are mapped, want less than %d kB", after, before)
	}
}

// mappedCodeKB returns the memory of this process that maps the code of its binary, in kB.
func mappedCodeKB(t *testing.T) (size int) {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	smaps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	_, mapping, _ := strings.Cut(string(smaps), " r-xp ")
	header, mapping, _ := strings.Cut(mapping, "\n")
	if !strings.HasSuffix(header, binary) {
		t.Fatalf("the first code is of %s", header)
	}
	_, rss, _ := strings.Cut(mapping, "\nRss:")
	if _, err := fmt.Sscan(rss, &size); err != nil {
		t.Fatalf("Rss: %v", err)
	}
	return size
}
