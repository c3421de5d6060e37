package ops_test

import (
	"errors"
	"strings"
	"testing"

	"cognate/api"
	"cognate/ops"
)

// FuzzPageKey checks that PageKey returns only keys of the list for any token, and that it accepts every token of PageToken.
func FuzzPageKey(f *testing.F) {
	isKey := func(key string) bool { return strings.HasPrefix(key, "us-east-1_") }
	for _, token := range []string{"", "!", ops.PageToken("us-east-1_abcdefghi"), ops.PageToken("other"), "dXMtZWFzdC0xX2E=", "dXMtZWFzdC0x\nX2E"} {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		key, err := ops.PageKey(token, isKey)
		switch {
		case err != nil && (key != "" || !errors.Is(err, api.InvalidParameterException(""))):
			t.Errorf("PageKey(%q) = %q, %v, want no key and InvalidParameterException", token, key, err)
		case err == nil && token != "" && (!isKey(key) || ops.PageToken(key) != token):
			t.Errorf("PageKey(%q) = %q, which is no key or has another token", token, key)
		}
	})
}
