package api

import (
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// ContentType is the media type of requests and responses.
const ContentType = "application/x-amz-json-1.1"

// Marshal returns v, a wire type, as compact JSON: members in the order of the description, map entries sorted by key.
func Marshal(v any) ([]byte, error) {
	return json.Marshal(v, json.Deterministic(true))
}

// Unmarshal reads JSON into v, a pointer to a wire type. Names match exactly. Unknown members are ignored. A repeated
// member or invalid UTF-8 is an error. It does not check constraints; Operation.Validate does.
func Unmarshal(data []byte, v any) error {
	return json.Unmarshal(data, v)
}

// Epoch is a time in milliseconds since 1970-01-01T00:00:00Z. In JSON it is a number of seconds with up to three
// decimals. The zero value means that no time is set; it is omitted from responses.
// Source: AWS JSON 1.1 protocol, timestamp format epoch-seconds.
type Epoch int64

// The years 0001 to 9999, which are the years that time formats can write.
const (
	minEpoch = -62135596800000
	maxEpoch = 253402300799999
)

var errEpoch = errors.New("not a number of seconds since 1970")

// EpochOf returns t truncated to milliseconds. The zero time becomes the zero Epoch.
func EpochOf(t time.Time) Epoch {
	if t.IsZero() {
		return 0
	}
	return Epoch(t.UnixMilli())
}

// Time returns e in UTC. The zero Epoch becomes the zero time.
func (e Epoch) Time() time.Time {
	if e == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(e)).UTC()
}

// IsZero reports whether no time is set.
func (e Epoch) IsZero() bool { return e == 0 }

// MarshalJSONTo writes e in seconds, for example 1667864578.676.
func (e Epoch) MarshalJSONTo(enc *jsontext.Encoder) error {
	return enc.WriteValue(e.appendSeconds(enc.AvailableBuffer()))
}

// UnmarshalJSONFrom reads seconds and rounds them to milliseconds. It accepts exponent notation (1.667864578676E9).
func (e *Epoch) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	value, err := dec.ReadValue()
	if err != nil {
		return err
	}
	if value.Kind() == 'n' {
		*e = 0
		return nil
	}
	parsed, err := parseEpoch(value)
	if err != nil {
		return err
	}
	*e = parsed
	return nil
}

func parseEpoch(number []byte) (Epoch, error) {
	seconds, err := strconv.ParseFloat(string(number), 64)
	if err != nil {
		return 0, errEpoch
	}
	milliseconds := math.Round(seconds * 1000)
	if !(milliseconds >= minEpoch && milliseconds <= maxEpoch) {
		return 0, errEpoch
	}
	return Epoch(milliseconds), nil
}

// appendSeconds appends e in seconds, with up to three decimals and without trailing zeros.
func (e Epoch) appendSeconds(b []byte) []byte {
	ms := int64(e)
	if ms < 0 {
		b = append(b, '-')
		ms = -ms
	}
	b = strconv.AppendInt(b, ms/1000, 10)
	fraction := ms % 1000
	if fraction == 0 {
		return b
	}
	b = append(b, '.', byte('0'+fraction/100), byte('0'+fraction/10%10), byte('0'+fraction%10))
	for b[len(b)-1] == '0' {
		b = b[:len(b)-1]
	}
	return b
}

// IsTrue reports whether an optional boolean is present and true.
func IsTrue(b *bool) bool { return b != nil && *b }
