package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain puts this test binary on the PATH as cognate, and as parent, which starts other programs.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"cognate": main, "parent": parent})
}
