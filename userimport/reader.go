package userimport

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// maxRow is the length of a row in characters. Source: docs/behaviour.md §5.7.
const maxRow = 16_000

// maxRowBytes is the length of a row that the reader keeps: that of maxRow characters, and the end of the line.
const maxRowBytes = maxRow*utf8.UTFMax + len("\r\n")

// Reasons why a row cannot be read. The texts are in the log of the job.
// Assumed: the texts for rows that cannot be read.
var (
	errRowTooLong = errors.New("The row has more than 16000 characters.")                                            //nolint:staticcheck // a sentence of the log
	errNotUTF8    = errors.New("The row is not UTF-8.")                                                              //nolint:staticcheck // a sentence of the log
	errNUL        = errors.New("The row contains the character NUL.")                                                //nolint:staticcheck // a sentence of the log
	errBOM        = errors.New("The file begins with a byte order mark.")                                            //nolint:staticcheck // a message of the API
	errColumns    = errors.New("The row does not have one value for each column. Write \\, for a comma in a value.") //nolint:staticcheck // a sentence of the log
)

// row is one line of a file.
type row struct {
	line    int64 // number of the line, from 1
	end     int64 // bytes of the file up to the end of the line
	text    []byte
	tooLong bool // text is incomplete
}

// reader reads the lines of a file. It holds one part of the file and one line.
type reader struct {
	// next returns the bytes of the file from a position, at least one, or none after the end of the file.
	next     func(position int64) ([]byte, error)
	position int64 // of the file, after the last row
	line     int64 // number of the last row
	unread   []byte
}

// read returns the next line, without its end. Errors: io.EOF; those of next.
func (r *reader) read() (*row, error) {
	found := &row{line: r.line + 1}
	end := r.position
	for {
		if len(r.unread) == 0 {
			var err error
			if r.unread, err = r.next(end); err != nil {
				return nil, err
			}
			if len(r.unread) == 0 {
				break
			}
		}
		part, rest, ended := bytes.Cut(r.unread, []byte{'\n'})
		found.add(part)
		end += int64(len(r.unread) - len(rest))
		r.unread = rest
		if ended {
			r.position, r.line, found.end = end, found.line, end
			return found, nil
		}
	}
	if end == r.position {
		return nil, io.EOF
	}
	r.position, r.line, found.end = end, found.line, end
	return found, nil
}

// hasMoreRows reports whether there are more than limit rows after the position. Blank lines have none. Errors: those of next.
func (r *reader) hasMoreRows(limit int) (bool, error) {
	for rows := 0; rows <= limit; {
		found, err := r.read()
		switch {
		case errors.Is(err, io.EOF):
			return false, nil
		case err != nil:
			return false, err
		case !found.isBlank():
			rows++
		}
	}
	return true, nil
}

func (r *row) add(part []byte) {
	if len(r.text)+len(part) > maxRowBytes {
		r.tooLong = true
		return
	}
	r.text = append(r.text, part...)
}

// values returns the values of a row, in order of the columns: separated by commas, without spaces around them. A backslash
// before a comma makes the comma a part of the value. Quotes are characters like all others. Source: docs/behaviour.md §5.7.
//
// Assumed: a backslash that is not before a comma is a part of the value.
func (r *row) values() ([]string, error) {
	text := bytes.TrimSuffix(r.text, []byte{'\r'})
	switch {
	case r.line == 1 && bytes.HasPrefix(text, []byte("\ufeff")):
		return nil, errBOM
	case r.tooLong:
		return nil, errRowTooLong
	case !utf8.Valid(text):
		return nil, errNotUTF8
	case utf8.RuneCount(text) > maxRow:
		return nil, errRowTooLong
	case bytes.IndexByte(text, 0) >= 0: // a database may have no such texts
		return nil, errNUL
	}
	var values []string
	var value strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text) && text[i+1] == ',':
			value.WriteByte(',')
			i++
		case text[i] == ',':
			values = append(values, strings.TrimSpace(value.String()))
			value.Reset()
		default:
			value.WriteByte(text[i])
		}
	}
	return append(values, strings.TrimSpace(value.String())), nil
}

// isBlank reports whether a line has no row.
func (r *row) isBlank() bool { return !r.tooLong && len(bytes.TrimSpace(r.text)) == 0 }

// byColumn returns the values of a row that are not empty, by column.
func (r *row) byColumn(columns []string) (map[string]string, error) {
	values, err := r.values()
	if err != nil {
		return nil, err
	}
	if len(values) != len(columns) {
		return nil, errColumns
	}
	named := make(map[string]string)
	for i, value := range values {
		if value != "" {
			named[columns[i]] = value
		}
	}
	return named, nil
}
