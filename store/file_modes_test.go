package store_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"cognate/store/storetest"
)

// wantModes checks the permissions of a database's files while it is open.
func wantModes(t *testing.T, file string, want os.FileMode) {
	t.Helper()
	for _, name := range []string{file, file + "-wal", file + "-shm"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != want {
			t.Errorf("%s has mode %o, want %o", filepath.Base(name), mode, want)
		}
	}
}

// The files of a new database have mode 0600 in an open folder and with any umask. The umask is that of the process, so the
// test does not run beside others.
func TestFilesArePrivate(t *testing.T) { //nolint:paralleltest // sets the umask
	for _, umask := range []int{0, 0o022, 0o277} {
		dir := t.TempDir()
		if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // the folder of the test must be open
			t.Fatal(err)
		}
		file := filepath.Join(dir, "cognate.db")
		before := syscall.Umask(umask)
		mustOpen(t, file, storetest.MasterKey(t))
		syscall.Umask(before)
		wantModes(t, file, 0o600)
	}
}

// Earlier builds created files that others can read. The group keeps what an operator gave it.
func TestExistingFilesBecomePrivate(t *testing.T) {
	t.Parallel()
	for mode, want := range map[os.FileMode]os.FileMode{0o644: 0o640, 0o666: 0o660, 0o640: 0o640, 0o600: 0o600} {
		file, key := filepath.Join(t.TempDir(), "cognate.db"), storetest.MasterKey(t)
		mustOpen(t, file, key) // stays open: its WAL and shm files exist
		for _, name := range []string{file, file + "-wal", file + "-shm"} {
			if err := os.Chmod(name, mode); err != nil {
				t.Fatal(err)
			}
		}
		mustOpen(t, file, key)
		wantModes(t, file, want)
	}
}
