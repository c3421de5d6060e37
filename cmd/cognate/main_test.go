package main

import (
	"os"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// clocks are programs that are cognate with a wrong clock, and by how much it is wrong. Only this test binary has them.
var clocks = map[string]time.Duration{"cognate-ahead": time.Hour, "cognate-behind": -time.Hour, "cognate-apart": 30 * time.Second}

// TestMain puts this test binary on the PATH as cognate, as aws, whose commands cognate has, as parent, which starts other programs, and
// as cognate with wrong clocks.
func TestMain(m *testing.M) {
	programs := map[string]func(){"cognate": main, "aws": main, "parent": parent}
	for name, wrong := range clocks {
		now := func() time.Time { return time.Now().Add(wrong) }
		programs[name] = func() { os.Exit(runAt(now, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
	}
	testscript.Main(m, programs)
}
