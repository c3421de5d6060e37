package doctor

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Files are the files of an installation. Paths may be empty.
type Files struct {
	Settings string
	// Secrets are files with secrets.
	Secrets []string
	// Data is the folder of the SQLite database.
	Data string
	// Written are the files that the server writes, with data of users.
	Written []string
	// MasterKey is the file with the master key.
	MasterKey string
}

const (
	othersRead  = 0o004
	othersWrite = 0o002
	groupWrite  = 0o020
	others      = 0o007
)

// Files checks who can read and change the files. It ignores files that do not exist.
func (r *Report) Files(f Files) {
	o := r.on("files")
	o.requireNot(f.Settings, othersWrite, "every user of this machine can change %s", "chmod o-w")
	o.advise(f.Settings, groupWrite, "the group of %s can change it, and with it everything that the server does", "chmod g-w")
	for _, path := range f.Secrets {
		o.requireNot(path, othersRead|othersWrite, "every user of this machine can read or change %s, which holds a secret", "chmod o-rwx")
		o.advise(path, groupWrite, "the group of %s can change it", "chmod g-w")
	}
	for _, path := range f.Written {
		o.requireNot(path, othersRead|othersWrite, "every user of this machine can read or change %s, which holds data of users", "chmod o-rwx")
	}
	if f.Data != "" {
		o.requireNot(f.Data, othersWrite, "every user of this machine can replace the database in %s", "chmod o-rwx")
		o.advise(f.Data, othersRead, "every user of this machine can list %s", "chmod o-rwx")
		for _, name := range []string{"cognate.db", "cognate.db-wal", "cognate.db-shm"} {
			o.requireNot(filepath.Join(f.Data, name), others, "every user of this machine can read or change %s", "chmod o-rwx")
		}
		if isInside(f.MasterKey, f.Data) {
			o.warn("move it to another folder, and set master_key_file", "the master key is in the folder of the database, so a copy of this folder has both")
		}
	}
	if !o.found() {
		o.ok("only the owner and the group of each file can read it, and only the owner can change it")
	}
}

// requireNot reports a file with one of the permissions as a failure.
func (o *on) requireNot(path string, permissions fs.FileMode, text, repair string) {
	if hasMode(path, permissions) {
		o.fail(repair+" "+quoted(path), text, path)
	}
}

// advise reports a file with one of the permissions as a warning.
func (o *on) advise(path string, permissions fs.FileMode, text, repair string) {
	if hasMode(path, permissions) {
		o.warn(repair+" "+quoted(path), text, path)
	}
}

// quoted returns a path as one word of a shell command.
func quoted(path string) string { return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'" }

func hasMode(path string, permissions fs.FileMode) bool {
	if path == "" {
		return false
	}
	info, err := os.Stat(path)
	return err == nil && info.Mode()&fs.ModeDevice == 0 && info.Mode().Perm()&permissions != 0
}

// isInside reports whether a file that exists is in a folder or below it.
func isInside(file, folder string) bool {
	if file == "" {
		return false
	}
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return false
	}
	inside, err := filepath.Abs(file)
	if err != nil {
		return false
	}
	of, err := filepath.Abs(folder)
	return err == nil && strings.HasPrefix(inside, of+string(filepath.Separator))
}
