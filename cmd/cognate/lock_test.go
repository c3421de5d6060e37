package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestLockFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	unlock, err := lockFolder(t.Context(), dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lockFolder(t.Context(), dir, 10*time.Millisecond); err == nil || !strings.Contains(err.Error(), "another server uses the folder "+dir) {
		t.Errorf("lockFolder() of a locked folder = %v, want that another server uses it", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := lockFolder(ended, dir, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("lockFolder() when the context ends = %v, want %v", err, context.Canceled)
	}
	time.AfterFunc(10*time.Millisecond, func() { _ = unlock() })
	again, err := lockFolder(t.Context(), dir, time.Minute) // waits
	if err != nil {
		t.Fatalf("lockFolder() of a folder that becomes free = %v", err)
	}
	if err := again(); err != nil {
		t.Error(err)
	}
	if _, err := lockFolder(t.Context(), dir+"/none", 0); err == nil {
		t.Error("lockFolder() of a folder that does not exist = nil, want an error")
	}
}

// A second server on one folder ends with status 1. Other commands, and a server after the first was killed, use the folder.
func TestOneServerOfAFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := mustStart(t, dir, "dev", "--data", "data")
	second, err := start(dir, nil, "dev", "--data", "data")
	if err == nil {
		second.kill()
		t.Fatal("two servers use one folder")
	}
	if !strings.Contains(err.Error(), "exit status 1") || !strings.Contains(err.Error(), "data: another server uses the folder data") {
		t.Errorf("the second server = %v", err)
	}
	first.kill()
	if err := mustStart(t, dir, "dev", "--data", "data").stop(); err != nil {
		t.Error(err)
	}
}
