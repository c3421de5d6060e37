package backup

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"cognate/store"
)

const (
	// partSize is the size from which the rows of a table go on in another file of the backup: a file is written and read in
	// memory.
	partSize = 1 << 20
	// partsAhead is how many files can be ready while one is compressed.
	partsAhead = 2
)

// Writer writes backups of a database.
type Writer struct {
	Store *store.Store
	// Scratch is a file for a copy of a SQLite database. It is removed.
	Scratch string
	Version string // of this program
	Now     func() time.Time
}

// part is a file of a backup.
type part struct {
	table  string
	number int
	rows   int64
	lines  []byte
	isLast bool // of the table
}

// Write writes a backup to w: a tar of files with JSON Lines, and the manifest.
func (b *Writer) Write(ctx context.Context, w io.Writer) (*Manifest, error) {
	m := &Manifest{Format: format, Version: b.Version, Time: b.Now().UTC().Truncate(time.Millisecond), Note: masterNote}
	err := b.Store.Dump(ctx, b.Scratch, func(d *store.Dump) error {
		var err error
		if m.Schema, err = d.Schema(ctx); err != nil {
			return err
		}
		if m.MasterKeyID, err = d.MasterKeyID(ctx); err != nil {
			return err
		}
		return m.write(ctx, w, d)
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

// write reads the tables in one goroutine and writes them in another.
func (m *Manifest) write(ctx context.Context, w io.Writer, d *store.Dump) error {
	parts, free := make(chan part, partsAhead), make(chan []byte, partsAhead+2)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(parts)
		for _, table := range store.BackupTables() {
			r := &tableReader{table: table, parts: parts, free: free}
			if err := r.read(ctx, d); err != nil {
				return err
			}
		}
		return nil
	})
	group.Go(func() error {
		out := tar.NewWriter(w)
		if err := m.writeParts(ctx, out, parts, free); err != nil {
			return err
		}
		text, err := m.encode()
		if err != nil {
			return err
		}
		if err := writeFile(out, manifestName, text, m.Time); err != nil {
			return err
		}
		return out.Close()
	})
	return group.Wait()
}

// tableReader reads the rows of a table into parts.
type tableReader struct {
	table string
	parts chan<- part
	free  <-chan []byte // buffers of parts that were written

	part part
}

func (r *tableReader) read(ctx context.Context, d *store.Dump) error {
	r.begin(1)
	err := d.Rows(ctx, r.table, func(columns []string, values []any) error {
		if len(r.part.lines) >= partSize {
			if err := r.send(ctx); err != nil {
				return err
			}
			r.begin(r.part.number + 1)
		}
		var err error
		if r.part.lines, err = appendRow(r.part.lines, columns, values); err != nil {
			return fmt.Errorf("table %s: %w", r.table, err)
		}
		r.part.rows++
		return nil
	})
	if err != nil {
		return err
	}
	r.part.isLast = true
	return r.send(ctx)
}

func (r *tableReader) begin(number int) {
	r.part = part{table: r.table, number: number}
	select {
	case r.part.lines = <-r.free:
	default:
	}
}

func (r *tableReader) send(ctx context.Context) error {
	select {
	case r.parts <- r.part:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// writeParts writes the files of tables, and adds the tables to the manifest.
func (m *Manifest) writeParts(ctx context.Context, out *tar.Writer, parts <-chan part, free chan<- []byte) error {
	sum := sha256.New()
	var rows int64
	for p := range parts {
		_, _ = sum.Write(p.lines) // never fails
		rows += p.rows
		if p.rows > 0 {
			if err := writeFile(out, partName(p.table, p.number), p.lines, m.Time); err != nil {
				return err
			}
		}
		select {
		case free <- p.lines[:0]:
		default:
		}
		if p.isLast {
			m.Tables = append(m.Tables, Table{p.table, rows, hex.EncodeToString(sum.Sum(nil))})
			sum.Reset()
			rows = 0
		}
	}
	return ctx.Err() // the tables may have ended early
}

func partName(table string, number int) string {
	return fmt.Sprintf("tables/%s/%06d.jsonl", table, number)
}

func writeFile(out *tar.Writer, name string, content []byte, at time.Time) error {
	err := out.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(content)), ModTime: at.Truncate(time.Second), Format: tar.FormatPAX})
	if err == nil {
		_, err = out.Write(content)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
