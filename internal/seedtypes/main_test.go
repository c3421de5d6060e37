package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestFilesAreUpToDate(t *testing.T) {
	t.Parallel()
	for name, want := range files() {
		got, err := os.ReadFile(filepath.Join("..", "..", "clients", name))
		if err != nil || string(got) != want {
			t.Errorf("%s is not up to date (%v): run go generate ./devapi", name, err)
		}
	}
}
