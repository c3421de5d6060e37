package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain puts a cognate on the PATH that is this test binary.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"cognate": main})
}
