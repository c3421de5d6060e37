package logdelivery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/go-json-experiment/json"
)

// File is the sink that appends records to a file, one JSON object in each line. It opens the file for each batch, so another
// program can move or delete it at any time. Make it with NewFile.
type File struct {
	path string

	mu   sync.Mutex
	torn bool // the last write ended inside a line
}

// NewFile returns the sink for a file, and creates the file if it does not exist. Errors: if the file cannot be opened.
func NewFile(path string) (*File, error) {
	s := &File{path: path}
	f, err := s.open()
	if err != nil {
		return nil, err
	}
	return s, f.Close()
}

// open opens the file for appending. Records have names and addresses of users, so only the owner can read a new file.
func (s *File) open() (*os.File, error) {
	const mode = 0o600
	return os.OpenFile(s.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, mode)
}

// Lane returns the same lane for all records.
func (s *File) Lane(*Record) Lane { return Lane{} }

// importLine is a line of the log of an import, as in CloudWatch Logs.
type importLine struct {
	LogGroup  string `json:"logGroup"`
	LogStream string `json:"logStream"`
	Timestamp int64  `json:"timestamp"` // unix milliseconds
	Message   string `json:"message"`
}

// jsonLine returns a record as a JSON object.
func jsonLine(r *Record) ([]byte, error) {
	if !r.isLine() {
		return []byte(r.Text), nil
	}
	return json.Marshal(importLine{r.Destination.LogGroup(), r.Stream, r.Time.UnixMilli(), r.Text})
}

// Deliver appends the records.
func (s *File) Deliver(_ context.Context, batch []Record) ([]Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var text bytes.Buffer
	if s.torn {
		text.WriteByte('\n')
	}
	ends := make([]int, len(batch)) // of the lines
	for i := range batch {
		line, err := jsonLine(&batch[i])
		if err != nil {
			return batch, Refused(err)
		}
		text.Write(append(line, '\n'))
		ends[i] = text.Len()
	}
	f, err := s.open()
	if err != nil {
		return batch, err
	}
	n, err := f.Write(text.Bytes())
	err = errors.Join(err, f.Close())
	if n > 0 {
		s.torn = text.Bytes()[n-1] != '\n'
	}
	written := 0
	for written < len(ends) && ends[written] <= n {
		written++
	}
	if err != nil {
		return batch[written:], fmt.Errorf("append log records: %w", err)
	}
	return nil, nil
}
