package archive

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"cognate/internal/disk"
)

// File is an archive that is being written. It gets its final name when it is complete, so a file of that name is never incomplete.
type File struct {
	path    string
	tmp     *os.File
	content io.WriteCloser
}

// RequireNew returns an error if a file of that name exists, or its folder does not: an archive never replaces a file.
func RequireNew(path string) error {
	folder := filepath.Dir(path)
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return fmt.Errorf("the folder %s does not exist; make it, or choose another", folder)
	}
	switch _, err := os.Lstat(path); {
	case err == nil:
		return fmt.Errorf("%s already exists; choose another name", path)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	default:
		return nil
	}
}

// CreateFile begins an archive, readable by its owner only. The caller writes the content, and calls Commit or Discard. Errors: as
// RequireNew.
func CreateFile(path string, e Encryption) (*File, error) {
	if err := RequireNew(path); err != nil {
		return nil, err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.part")
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", path, err)
	}
	f := &File{path: path, tmp: tmp}
	if err := tmp.Chmod(0o600); err != nil { // the umask may have taken the owner's permissions
		return nil, errors.Join(fmt.Errorf("write %s: %w", path, err), f.Discard())
	}
	if f.content, err = Create(tmp, e); err != nil {
		return nil, errors.Join(fmt.Errorf("write %s: %w", path, err), f.Discard())
	}
	return f, nil
}

// Write writes content.
func (f *File) Write(b []byte) (int, error) { return f.content.Write(b) }

// Commit completes the archive, writes it to the disk, and gives it its name. Afterwards Discard has no effect.
func (f *File) Commit() error {
	err := errors.Join(f.content.Close(), f.tmp.Sync(), f.tmp.Close())
	if err == nil {
		err = RequireNew(f.path)
	}
	if err == nil {
		err = os.Rename(f.tmp.Name(), f.path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", f.path, err), f.Discard())
	}
	f.tmp = nil
	return disk.SyncFolder(filepath.Dir(f.path))
}

// Discard deletes an archive that is not complete.
func (f *File) Discard() error {
	if f.tmp == nil {
		return nil
	}
	_ = f.tmp.Close() // Commit may have closed it
	err := os.Remove(f.tmp.Name())
	f.tmp = nil
	return err
}
