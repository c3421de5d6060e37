package compromised

import (
	"crypto/sha1" //nolint:gosec // the format of the files
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
)

// List is a list of compromised passwords. It holds no hashes in memory: each look-up reads the files.
type List struct {
	path string
	form atomic.Pointer[form]
}

// form is one of the two forms of a list: a file or a folder.
type form interface {
	// contains reports whether the list has a hash, in upper-case hexadecimal.
	contains(hash string) (bool, error)
	// String describes the form for a log.
	String() string
}

// Open returns the list in a file or in a folder.
//
// A file has one line HASH:COUNT for each password, sorted by hash. A folder has one file for each range, which is the first
// five digits of the hashes in it: 0018A or 0018A.txt, with lines SUFFIX:COUNT.
//
// Open reads samples, and returns an error that names the file if they have another form.
func Open(path string) (*List, error) {
	l := &List{path: path}
	if err := l.Reload(); err != nil {
		return nil, err
	}
	return l, nil
}

// Reload opens the files again, if the operator has replaced them. After an error the previous ones stay in use.
func (l *List) Reload() error {
	info, err := os.Stat(l.path)
	if err != nil {
		return err
	}
	var opened form
	if info.IsDir() {
		opened, err = openFolder(l.path)
	} else {
		opened, err = openSorted(l.path)
	}
	if err != nil {
		return err
	}
	l.form.Store(&opened) // the runtime closes the file of the previous form when no look-up uses it
	return nil
}

// String describes the list for a log, such as "1234 ranges".
func (l *List) String() string { return (*l.form.Load()).String() }

// Contains reports whether a password is in the list.
func (l *List) Contains(password string) (bool, error) {
	sum := sha1.Sum([]byte(password)) //nolint:gosec // the format of the files
	found, err := (*l.form.Load()).contains(strings.ToUpper(hex.EncodeToString(sum[:])))
	if err != nil {
		return false, fmt.Errorf("compromised passwords: %w", err)
	}
	return found, nil
}
