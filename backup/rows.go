package backup

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// A row is one line: an object with a member for each column. Text is a string, a number a number, and bytes are an object with
// their base64.
const (
	bytesBegin = `{"base64":"`
	bytesEnd   = `"}`
)

// appendRow appends the line of a row. It returns an error for text that is not UTF-8, which JSON cannot hold.
func appendRow(line []byte, columns []string, values []any) ([]byte, error) {
	var err error
	for i, column := range columns {
		line = append(line, "{,"[min(i, 1)])
		if line, err = jsontext.AppendQuote(line, column); err != nil {
			return nil, fmt.Errorf("column %q: %w", column, err)
		}
		line = append(line, ':')
		switch value := values[i].(type) {
		case string:
			line, err = jsontext.AppendQuote(line, value)
		case int64:
			line = strconv.AppendInt(line, value, 10)
		case []byte:
			line = append(line, bytesBegin...)
			line = base64.StdEncoding.AppendEncode(line, value)
			line = append(line, bytesEnd...)
		default:
			err = fmt.Errorf("%T cannot be stored", value)
		}
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", column, err)
		}
	}
	return append(line, '}', '\n'), nil
}

// rows are rows of one table with the same columns.
type rows struct {
	columns []string
	values  [][]any
}

// readRows reads lines. Each line must have the columns of the first one, in its order.
func readRows(lines []byte) (rows, error) {
	r := rowReader{d: jsontext.NewDecoder(bytes.NewBuffer(lines), jsontext.AllowDuplicateNames(true))} // the store checks the names
	var all [][]any
	for {
		values, err := r.next()
		if err == io.EOF { //nolint:errorlint // the decoder returns it unwrapped, and only between two lines
			columns, err := unquoteAll(r.names)
			return rows{columns, all}, err
		}
		if err != nil {
			return rows{}, fmt.Errorf("%w: row %d: %w", errDamaged, len(all)+1, err)
		}
		all = append(all, values)
	}
}

// rowReader reads the lines of rows.
type rowReader struct {
	d     *jsontext.Decoder
	names [][]byte // of the columns, as they are written in the first line
}

// next returns the values of the next row. Errors: io.EOF after the last one.
func (r *rowReader) next() ([]any, error) {
	token, err := r.d.ReadToken()
	if err != nil {
		return nil, err
	}
	if token.Kind() != '{' {
		return nil, errors.New("a line is no object")
	}
	isFirst := r.names == nil
	values := make([]any, 0, len(r.names))
	for r.d.PeekKind() == '"' {
		name, err := r.d.ReadValue()
		if err != nil {
			return nil, err
		}
		if i := len(values); isFirst {
			r.names = append(r.names, bytes.Clone(name))
		} else if i >= len(r.names) || !bytes.Equal(name, r.names[i]) {
			return nil, errors.New("its columns are not those of the first row")
		}
		value, err := readValue(r.d)
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	if _, err := r.d.ReadToken(); err != nil {
		return nil, err
	}
	if len(values) == 0 || len(values) != len(r.names) {
		return nil, errors.New("a column is missing")
	}
	return values, nil
}

func unquoteAll(quoted [][]byte) ([]string, error) {
	texts := make([]string, len(quoted))
	for i, q := range quoted {
		text, err := jsontext.AppendUnquote(nil, q)
		if err != nil {
			return nil, err
		}
		texts[i] = string(text)
	}
	return texts, nil
}

func readValue(d *jsontext.Decoder) (any, error) {
	raw, err := d.ReadValue()
	if err != nil {
		return nil, err
	}
	switch raw.Kind() {
	case '"':
		text, err := jsontext.AppendUnquote(nil, raw)
		return string(text), err
	case '0':
		return strconv.ParseInt(string(raw), 10, 64)
	case '{':
		encoded, ok := bytes.CutPrefix(raw, []byte(bytesBegin))
		encoded, complete := bytes.CutSuffix(encoded, []byte(bytesEnd))
		if !ok || !complete {
			return nil, errors.New("an object is not the base64 of bytes")
		}
		return base64.StdEncoding.Strict().AppendDecode(make([]byte, 0, base64.StdEncoding.DecodedLen(len(encoded))), encoded)
	default:
		return nil, fmt.Errorf("%s is no value of a column", raw)
	}
}
