package disk_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"cognate/internal/disk"
)

func TestSync(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	if err := disk.SyncFile(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("SyncFile(none) = %v, want %v", err, fs.ErrNotExist)
	}
	if err := os.WriteFile(file, []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := disk.SyncFile(file); err != nil {
		t.Errorf("SyncFile() = %v", err)
	}
	if err := disk.SyncFolder(folder); err != nil {
		t.Errorf("SyncFolder() = %v", err)
	}
	if content, err := os.ReadFile(file); err != nil || string(content) != "content" {
		t.Errorf("content = %q, %v after the syncs", content, err)
	}
}
