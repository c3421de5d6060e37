package store_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"testing"
)

// mustEdit returns a backup with another manifest.
func mustEdit(t *testing.T, file string, edit func(manifest map[string]any)) []byte {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	content, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var edited bytes.Buffer
	compressed := gzip.NewWriter(&edited)
	in, out := tar.NewReader(content), tar.NewWriter(compressed)
	for {
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		if header.Name == "manifest.json" {
			text = editJSON(t, text, edit)
		}
		header.Size = int64(len(text))
		if err := errors.Join(out.WriteHeader(header), writeAll(out, text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(out.Close(), compressed.Close()); err != nil {
		t.Fatal(err)
	}
	return edited.Bytes()
}

func writeAll(w io.Writer, text []byte) error { _, err := w.Write(text); return err }

func editJSON(t *testing.T, text []byte, edit func(map[string]any)) []byte {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber() // migrations have more digits than a float
	var content map[string]any
	if err := d.Decode(&content); err != nil {
		t.Fatal(err)
	}
	edit(content)
	edited, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	return edited
}
