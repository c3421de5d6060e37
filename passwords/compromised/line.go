package compromised

import (
	"errors"
	"strings"
)

// Digits of a hash, and of its range, in hexadecimal.
const (
	hashDigits  = 40
	rangeDigits = 5
)

var (
	errNTLM = errors.New("has NTLM hashes of 32 digits; use the list of SHA-1 hashes")
	errLine = errors.New("has a line that is not HASH:COUNT")
)

const ntlmDigits = 32

// parseLine returns the hash of a line HASH:COUNT, in upper case, with the given number of digits. The count may be missing.
// counted is false if the count is 0: such lines only hide the size of a range.
func parseLine(line string, digits int) (hash string, counted bool, err error) {
	hash, count, _ := strings.Cut(strings.TrimSuffix(line, "\r"), ":")
	switch {
	case isHex(hash) && (len(hash) == ntlmDigits || len(hash) == ntlmDigits-rangeDigits):
		return "", false, errNTLM
	case !isHex(hash) || len(hash) != digits || strings.Trim(count, "0123456789") != "":
		return "", false, errLine
	default:
		return strings.ToUpper(hash), count == "" || strings.Trim(count, "0") != "", nil
	}
}

func isHex(text string) bool {
	return strings.Trim(text, "0123456789abcdefABCDEF") == ""
}
