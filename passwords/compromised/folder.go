package compromised

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// allRanges is the number of ranges of five digits.
const allRanges = 1 << (4 * rangeDigits)

const (
	// namesAtOnce is how many names of a folder are read at once, so that memory stays flat.
	namesAtOnce = 1024
	// sampledRanges is how many files are checked at the start.
	sampledRanges = 16
)

// folder is a list with a file for each range.
type folder struct {
	path   string
	styles []style // of the names of the files
	ranges int
}

// style is how the names of files are written: 0018A, 0018a, 0018A.txt or 0018a.txt.
type style struct {
	lower     bool
	extension string
}

const textExtension = ".txt"

func (s style) name(prefix string) string {
	if s.lower {
		prefix = strings.ToLower(prefix)
	}
	return prefix + s.extension
}

// stylesOf returns the styles that a file name can have; none if it is not the name of a range. A name without letters can have
// either case.
func stylesOf(name string) []style {
	prefix, isText := strings.CutSuffix(name, textExtension)
	if len(prefix) != rangeDigits || !isHex(prefix) {
		return nil
	}
	extension := ""
	if isText {
		extension = textExtension
	}
	var styles []style
	for _, s := range []style{{false, extension}, {true, extension}} {
		if s.name(strings.ToUpper(prefix)) == name {
			styles = append(styles, s)
		}
	}
	return styles
}

func openFolder(path string) (*folder, error) {
	f := &folder{path: path}
	dir, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	found := make(map[style]bool)
	for {
		names, err := dir.Readdirnames(namesAtOnce)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if err := f.add(name, found); err != nil {
				return nil, err
			}
		}
	}
	if f.ranges == 0 {
		return nil, fmt.Errorf("%s: has no file of a range, such as 0018A or 0018A.txt", path)
	}
	for s := range found {
		f.styles = append(f.styles, s)
	}
	return f, nil
}

// add counts a file, and checks it if it is one of the first.
func (f *folder) add(name string, found map[style]bool) error {
	styles := stylesOf(name)
	if len(styles) == 0 {
		return nil
	}
	for _, s := range styles {
		found[s] = true
	}
	f.ranges++
	if f.ranges > sampledRanges {
		return nil
	}
	_, err := f.find(name, "")
	return err
}

func (f *folder) String() string {
	return fmt.Sprintf("%d of %d ranges", f.ranges, allRanges)
}

func (f *folder) contains(hash string) (bool, error) {
	prefix, suffix := hash[:rangeDigits], hash[rangeDigits:]
	for _, s := range f.styles {
		found, err := f.find(s.name(prefix), suffix)
		if !errors.Is(err, fs.ErrNotExist) {
			return found, err
		}
	}
	return false, nil
}

// find reports whether the file of a range has a suffix. It reads the file from its beginning: a range has about a thousand lines,
// and they need not be sorted.
func (f *folder) find(name, suffix string) (bool, error) {
	file, err := os.Open(filepath.Join(f.path, name))
	if err != nil {
		return false, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		hash, counted, err := parseLine(lines.Text(), hashDigits-rangeDigits)
		if err != nil {
			return false, fmt.Errorf("%s: %w", file.Name(), err)
		}
		if counted && hash == suffix {
			return true, nil
		}
	}
	if err := lines.Err(); err != nil {
		return false, fmt.Errorf("%s: %w", file.Name(), err)
	}
	return false, nil
}
