package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain puts this test binary on the PATH as cognate, as aws, whose commands cognate has, and as parent, which starts other
// programs.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"cognate": main, "aws": main, "parent": parent})
}
