package audit

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/go-json-experiment/json"

	"cognate/store"
)

// File is a Target that appends each record as a line of JSON to a file. Create it with OpenFile.
type File struct {
	path string

	mu     sync.Mutex
	file   *os.File
	broken error // of the last write or opening
	// last are the IDs at the end of the file when the server started: records that it wrote before it was killed.
	last map[string]bool
}

// tailSize is how much of the end of a file can be from a round that a server did not finish, in bytes. It is more than copyBatch
// records have.
const tailSize = 16 << 20

// OpenFile opens a file for appending, and creates it with mode 0600 if it does not exist.
func OpenFile(path string) (*File, error) {
	f := &File{path: path}
	if err := f.readTail(); err != nil {
		return nil, err
	}
	if err := f.Reload(); err != nil {
		return nil, err
	}
	return f, nil
}

// Reload opens the file again by its name, after a program has renamed it.
func (f *File) Reload() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.open()
}

// String describes the file for the log.
func (f *File) String() string { return "records are appended" }

func (f *File) open() error {
	file, err := os.OpenFile(f.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		f.broken = fmt.Errorf("open the file: %w", err)
		return f.broken
	}
	if f.file != nil {
		_ = f.file.Close() // every write was synced
	}
	f.file, f.broken = file, nil
	return nil
}

// readTail reads the IDs of the last records of the file, which may not exist.
func (f *File) readTail() (err error) {
	file, err := os.Open(f.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the file: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("read the file: %w", err)
	}
	if _, err := file.Seek(max(0, info.Size()-tailSize), io.SeekStart); err != nil {
		return fmt.Errorf("read the file: %w", err)
	}
	f.last = make(map[string]bool)
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, tailSize)
	for lines.Scan() {
		var line struct {
			EventID string `json:"eventID"`
		}
		if json.Unmarshal(lines.Bytes(), &line) == nil { // the first line can be a part of one
			f.last[line.EventID] = true
		}
	}
	return lines.Err()
}

// Copy appends records, and returns when they are on the disk. If it fails, the file ends as before.
func (f *File) Copy(_ context.Context, events []store.AuditEvent) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken != nil {
		if err := f.open(); err != nil {
			return err
		}
	}
	var lines bytes.Buffer
	for _, e := range events {
		if !f.last[e.ID] {
			lines.WriteString(e.Record)
			lines.WriteByte('\n')
		}
	}
	if f.broken = f.append(lines.Bytes()); f.broken == nil {
		f.last = nil
	}
	return f.broken
}

func (f *File) append(lines []byte) error {
	info, err := f.file.Stat()
	if err != nil {
		return fmt.Errorf("write the file: %w", err)
	}
	if _, err := f.file.Write(lines); err != nil {
		return errors.Join(fmt.Errorf("write the file: %w", err), f.file.Truncate(info.Size()))
	}
	if err := f.file.Sync(); err != nil {
		return fmt.Errorf("write the file: %w", err)
	}
	return nil
}

// Writable returns an error after a write has failed, until one succeeds.
func (f *File) Writable() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken != nil {
		return fmt.Errorf("%w: %w", errNotWritable, f.broken)
	}
	return nil
}

var errNotWritable = errors.New("changes are refused while audit_file cannot be written")
