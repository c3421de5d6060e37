package compromised

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

var errOrder = errors.New("is not sorted by hash; use the list that is ordered by hash")

const (
	// block is how many bytes of a file are read at once: about 90 lines.
	block = 4 << 10
	// samples is how many blocks are checked at the start, evenly spread over the file.
	samples = 256
	// keyDigits are the digits of a hash that estimate its position.
	keyDigits = 12
	maxKey    = 1 << (4 * keyDigits)
)

// sorted is a list in one file, sorted by hash.
type sorted struct{ file *os.File }

func openSorted(path string) (*sorted, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	s := &sorted{file}
	if err := s.check(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
	}
	return s, nil
}

// check reads samples of the file, and returns an error if they are not lines in their order.
func (s *sorted) check() error {
	size, err := s.size()
	if err != nil {
		return err
	}
	if size == 0 {
		return errors.New("is empty")
	}
	previous, end := "", int64(0)
	for i := range int64(samples) {
		read, err := s.read(max(size/samples*i, end), size)
		if err != nil {
			return err
		}
		for _, line := range read.lines {
			if line < previous {
				return errOrder
			}
			previous = line
		}
		end = read.end
	}
	return nil
}

func (s *sorted) String() string { return "a sorted file" }

func (s *sorted) size() (int64, error) {
	info, err := s.file.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// lines are the complete lines of a block: their hashes, in the order of the file.
type lines struct {
	lines      []string
	start, end int64 // the offsets of the first line, and after the last one
}

// read returns the complete lines that begin at offset or after it, in one block. Only the line that begins the file needs no line
// end before it. size is the size of the file.
func (s *sorted) read(offset, size int64) (lines, error) {
	from := max(offset-1, 0) // a line begins at offset if the byte before it is a line end
	buffer := make([]byte, min(block, size-from))
	n, err := s.file.ReadAt(buffer, from)
	if err != nil && !errors.Is(err, io.EOF) {
		return lines{}, err
	}
	text := string(buffer[:n])
	read := lines{start: from}
	if offset > 0 {
		begin := strings.IndexByte(text, '\n') + 1
		if begin == 0 && from+int64(n) < size {
			return lines{}, errLine
		}
		if begin == 0 {
			begin = n
		}
		text, read.start = text[begin:], from+int64(begin)
	}
	read.end = read.start
	for text != "" {
		line, rest, terminated := strings.Cut(text, "\n")
		if !terminated && read.end+int64(len(text)) < size {
			break
		}
		hash, _, err := parseLine(line, hashDigits)
		if err != nil {
			return lines{}, err
		}
		read.lines = append(read.lines, hash)
		read.end += int64(len(text) - len(rest))
		text = rest
	}
	if len(read.lines) == 0 && read.end < size {
		return lines{}, errLine
	}
	return read, nil
}

// contains narrows the part of the file that can have the hash, block by block. SHA-1 hashes are spread evenly, so an estimate
// of the position is close, and a look-up in a billion lines takes about four reads. Every other read is in the middle, so a file
// in which they are not spread evenly takes more reads, but never many.
func (s *sorted) contains(hash string) (bool, error) {
	size, err := s.size()
	if err != nil {
		return false, err
	}
	key, err := keyOf(hash)
	if err != nil {
		return false, err
	}
	low, high := int64(0), size
	lowKey, highKey := int64(0), int64(maxKey)
	for estimates := true; low < high; estimates = !estimates {
		at := low + (high-low)/2
		if share := float64(key-lowKey) / float64(max(highKey-lowKey, 1)); estimates {
			at = low + int64(share*float64(high-low))
		}
		read, err := s.read(max(low, at-block/2), size)
		if err != nil {
			return false, err
		}
		if len(read.lines) == 0 || read.lines[0] > hash {
			if high = max(low, at-block/2); len(read.lines) > 0 {
				highKey, err = keyOf(read.lines[0])
			}
		} else if last := read.lines[len(read.lines)-1]; last < hash {
			low = read.end
			lowKey, err = keyOf(last)
		} else {
			return has(read.lines, hash), nil
		}
		if err != nil {
			return false, err
		}
	}
	return false, nil
}

func has(sorted []string, hash string) bool {
	_, found := slices.BinarySearch(sorted, hash)
	return found
}

// keyOf returns the first digits of a hash as a number.
func keyOf(hash string) (int64, error) { return strconv.ParseInt(hash[:keyDigits], 16, 64) }
