package backup

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	// format names the format of a backup. A change that older builds cannot read changes the number.
	format = "cognate-backup/1"

	manifestName = "manifest.json"
	masterNote   = "The master key is not in this backup. Keep a copy of it somewhere else: without it, the passwords, keys and other " +
		"secrets in the backup cannot be read."
)

// Manifest describes a backup.
type Manifest struct {
	Format  string    `json:"format"`
	Version string    `json:"version"` // of the program that made it
	Time    time.Time `json:"time"`    // changes up to then are in the backup
	// Schema are the numbers of the migrations of the database.
	Schema      []int64 `json:"schema"`
	MasterKeyID string  `json:"master_key_id"` // of the key that opens its secrets
	Note        string  `json:"note"`
	Tables      []Table `json:"tables"`
}

// Table describes the rows of a table in a backup.
type Table struct {
	Name string `json:"name"`
	Rows int64  `json:"rows"`
	// SHA256 is the sum of the lines of all files of the table, in their order, in hexadecimal.
	SHA256 string `json:"sha256"`
}

// Rows returns the number of rows of all tables.
func (m *Manifest) Rows() int64 {
	var n int64
	for _, t := range m.Tables {
		n += t.Rows
	}
	return n
}

func (m *Manifest) encode() ([]byte, error) {
	return json.Marshal(m, jsontext.WithIndent("  "))
}

// errFormat means that a file is no backup of this format.
var errFormat = errors.New("the file is not a backup in the format " + format)

func decodeManifest(text []byte) (*Manifest, error) {
	m := new(Manifest)
	if err := json.Unmarshal(text, m); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", errDamaged, manifestName, err)
	}
	if m.Format != format {
		return nil, errFormat
	}
	return m, nil
}
