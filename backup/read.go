package backup

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"cognate/archive"
	"cognate/internal/lazyregexp"
)

// errDamaged means that a backup was altered or is not complete.
var errDamaged = archive.ErrDamaged

const (
	// maxPart is the greatest size of a file of a backup. A file has partSize and one more row.
	maxPart     = 64 << 20
	maxManifest = 1 << 20
)

// File is a backup in a file.
type File struct {
	Path       string
	Decryption archive.Decryption
}

// Verify reads the whole backup, and checks it against its manifest. Errors: those of archive.Open; archive.ErrDamaged; that it is no backup.
func (f File) Verify() (*Manifest, error) {
	return f.read(func(string, rows) error { return nil })
}

// read calls each with the rows of each file, in their order. The rows are those of the backup only if it returns without an error.
func (f File) read(each func(table string, r rows) error) (_ *Manifest, err error) {
	file, err := os.Open(f.Path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if info, err := file.Stat(); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file, and a backup is read more than once", f.Path)
	}
	content, err := archive.Open(file, f.Decryption)
	if err != nil {
		return nil, err
	}
	r := reader{tar: tar.NewReader(content), sum: sha256.New(), each: each}
	m, err := r.read()
	if err != nil {
		return nil, err
	}
	return m, requireEnd(content)
}

// requireEnd reads the rest of the file, whose last bytes prove that it is complete.
func requireEnd(content io.Reader) error {
	n, err := io.Copy(io.Discard, io.LimitReader(content, 1))
	if err == nil && n > 0 {
		err = fmt.Errorf("%w: there is more behind the end", errDamaged)
	}
	return err
}

// reader reads the files of a backup.
type reader struct {
	tar  *tar.Reader
	each func(table string, r rows) error

	tables []Table // that were read
	open   bool    // the last of them can have another file
	number int     // of its last file
	sum    hash.Hash
}

var partPattern = lazyregexp.New(`^tables/([a-z_]+)/([0-9]{6,})\.jsonl$`)

func (r *reader) read() (*Manifest, error) {
	for first := true; ; first = false {
		header, err := r.tar.Next()
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%w: it has no %s", errDamaged, manifestName)
		}
		if errors.Is(err, tar.ErrHeader) && first {
			return nil, errFormat
		}
		if err != nil {
			return nil, damage(err)
		}
		if header.Name == manifestName {
			return r.readManifest(header)
		}
		name := partPattern.FindStringSubmatch(header.Name)
		if name == nil && first {
			return nil, errFormat
		}
		if name == nil || header.Typeflag != tar.TypeReg || header.Size > maxPart {
			return nil, fmt.Errorf("%w: %q is not a file of a backup", errDamaged, header.Name)
		}
		if err := r.readPart(header, name[1]); err != nil {
			return nil, err
		}
	}
}

// damage returns an error of the archive, and marks every other one as damage.
func damage(err error) error {
	if _, ok := errors.AsType[*os.PathError](err); ok || errors.Is(err, errDamaged) {
		return err
	}
	return fmt.Errorf("%w: %w", errDamaged, err)
}

func (r *reader) readPart(header *tar.Header, table string) error {
	lines := make([]byte, header.Size)
	if _, err := io.ReadFull(r.tar, lines); err != nil {
		return damage(err)
	}
	if !r.open || r.tables[len(r.tables)-1].Name != table {
		r.endTable()
		r.tables, r.open, r.number = append(r.tables, Table{Name: table}), true, 0
	}
	r.number++
	if header.Name != partName(table, r.number) {
		return fmt.Errorf("%w: %s follows %s", errDamaged, header.Name, partName(table, r.number-1))
	}
	_, _ = r.sum.Write(lines) // never fails
	found, err := readRows(lines)
	if err != nil {
		return fmt.Errorf("%s: %w", header.Name, err)
	}
	r.tables[len(r.tables)-1].Rows += int64(len(found.values))
	if len(found.values) == 0 {
		return fmt.Errorf("%w: %s has no rows", errDamaged, header.Name)
	}
	return r.each(table, found)
}

func (r *reader) endTable() {
	if r.open {
		r.tables[len(r.tables)-1].SHA256 = hex.EncodeToString(r.sum.Sum(nil))
	}
	r.sum.Reset()
	r.open = false
}

// readManifest reads the manifest, which is the last file, and compares it with the tables.
func (r *reader) readManifest(header *tar.Header) (*Manifest, error) {
	r.endTable()
	if header.Typeflag != tar.TypeReg || header.Size > maxManifest {
		return nil, fmt.Errorf("%w: %s is too large", errDamaged, manifestName)
	}
	text, err := io.ReadAll(r.tar)
	if err != nil {
		return nil, damage(err)
	}
	m, err := decodeManifest(text)
	if err != nil {
		return nil, err
	}
	if err := m.compare(r.tables); err != nil {
		return nil, err
	}
	if _, err := r.tar.Next(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: %s is not the last file", errDamaged, manifestName)
	}
	return m, nil
}

// compare returns an error if the tables that were read are not those of the manifest. Tables without rows have no files.
func (m *Manifest) compare(read []Table) error {
	empty := hex.EncodeToString(sha256.New().Sum(nil))
	for _, want := range m.Tables {
		got := Table{Name: want.Name, SHA256: empty}
		if len(read) > 0 && read[0].Name == want.Name {
			got, read = read[0], read[1:]
		}
		if got != want {
			return fmt.Errorf("%w: table %s is not as the manifest says (%d rows instead of %d, or another checksum)", errDamaged, want.Name, got.Rows, want.Rows)
		}
	}
	if len(read) > 0 {
		return fmt.Errorf("%w: the manifest does not have table %s", errDamaged, read[0].Name)
	}
	return nil
}
