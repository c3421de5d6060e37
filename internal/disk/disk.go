// Package disk writes to the disk what the operating system may still have in memory only.
package disk

import (
	"errors"
	"os"
	"runtime"
)

// SyncFile writes the content of a file to the disk.
func SyncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0) // Windows syncs no file that is open for reading only
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// SyncFolder writes the names of the files in a folder to the disk. On Windows it does nothing, because a folder there cannot be synced.
func SyncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
