package export

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxLine is the greatest length of a line in bytes. The longest lines have images, of 2 MiB in base64.
const maxLine = 8 << 20

// maxProblems is how many bad lines are reported.
const maxProblems = 20

// BadFile says which lines of a file are bad. Nothing was changed.
type BadFile struct{ Problems []string }

func (b *BadFile) Error() string { return strings.Join(b.Problems, "\n") }

// errTooLong: the rest of the file is not read.
var errTooLong = fmt.Errorf("the line is longer than %d bytes", maxLine)

// lineReader reads lines of a limited length.
type lineReader struct {
	r      *bufio.Reader
	line   []byte
	number int // of the last line, from 1
}

func newLineReader(r io.Reader) *lineReader { return &lineReader{r: bufio.NewReaderSize(r, 1<<16)} }

// next returns the next line, which is valid until the following call. Errors: io.EOF, errTooLong, those of the reader.
func (l *lineReader) next() ([]byte, error) {
	l.line = l.line[:0]
	l.number++
	for {
		part, err := l.r.ReadSlice('\n')
		if len(l.line)+len(part) > maxLine {
			return nil, errTooLong
		}
		l.line = append(l.line, part...)
		switch {
		case err == nil:
			return l.line, nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(l.line) > 0:
			return l.line, nil
		default:
			return nil, err
		}
	}
}

// read decodes a line. It refuses unknown and repeated members. The error does not quote values, which may be secrets.
func read(text []byte, into any) error {
	return describe(json.Unmarshal(text, into, json.RejectUnknownMembers(true)))
}

func describe(err error) error {
	if err == nil {
		return nil
	}
	if wrong, ok := errors.AsType[*json.SemanticError](err); ok {
		reason := "has the wrong type"
		if errors.Is(wrong, json.ErrUnknownName) {
			reason = "is unknown"
		}
		return fmt.Errorf("the member %s %s", wrong.JSONPointer, reason)
	}
	if wrong, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		if errors.Is(wrong, jsontext.ErrDuplicateName) {
			return fmt.Errorf("the member %s appears twice", wrong.JSONPointer)
		}
		return fmt.Errorf("it is not JSON at byte %d", wrong.ByteOffset+1)
	}
	return errors.New("it is not JSON")
}
