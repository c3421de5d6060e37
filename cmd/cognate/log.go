package main

import (
	"encoding"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"slices"
	"strings"

	"cognate/config"
)

// secretWords returns the words in a field's name that mark its value as a secret.
func secretWords() []string {
	return []string{
		"password", "passphrase", "secret", "token", "code", "session", "authorization", "credential", "credentials", "cookie",
		"signature", "otp", "srp", "verifier", "key",
	}
}

const masked = "(masked)"

// newLog returns the logger of a server, which masks secrets.
func newLog(w io.Writer, c *config.Config) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.LogLevel, ReplaceAttr: mask}
	switch {
	case c.LogFormat == "json":
		return slog.New(slog.NewJSONHandler(w, options))
	case c.Mode == config.Dev && (c.LogFormat == "text" || c.LogFormat == "" && isTerminal(w)):
		return slog.New(newTextLog(w, options))
	default:
		return slog.New(slog.NewTextHandler(w, options))
	}
}

// mask hides the value of a field whose name marks it as a secret. It also hides composite values, because it does not see
// the names of their fields. It is a second protection: secrets must not be logged in the first place.
func mask(groups []string, a slog.Attr) slog.Attr {
	switch {
	case isBuiltIn(groups, a.Key):
		return a
	case slices.ContainsFunc(groups, isSecret) || isSecret(a.Key):
		return slog.String(a.Key, masked)
	case a.Value.Kind() == slog.KindAny && !isPlain(a.Value.Any()):
		return slog.String(a.Key, fmt.Sprintf("%T", a.Value.Any()))
	default:
		return a
	}
}

// isBuiltIn reports whether a field is the record's time, level or message.
func isBuiltIn(groups []string, key string) bool {
	return len(groups) == 0 && (key == slog.TimeKey || key == slog.LevelKey || key == slog.MessageKey)
}

// isSecret reports whether a word in name, in any case, marks a secret.
func isSecret(name string) bool {
	return slices.ContainsFunc(words(name), func(word string) bool {
		return slices.Contains(secretWords(), strings.TrimSuffix(word, "s")) || slices.Contains(secretWords(), word)
	})
}

// words splits a name into words: userPoolID, user_pool_id and "User-Pool-Id" are user, pool, id.
func words(name string) []string {
	var b strings.Builder
	for i, r := range name {
		if isUpper(r) && i > 0 && (!isUpper(rune(name[i-1])) || i+1 < len(name) && isLower(rune(name[i+1]))) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return strings.FieldsFunc(strings.ToLower(b.String()), func(r rune) bool { return !isLower(r) && (r < '0' || r > '9') })
}

func isUpper(r rune) bool { return r >= 'A' && r <= 'Z' }
func isLower(r rune) bool { return r >= 'a' && r <= 'z' }

// isPlain reports whether a value formats itself as text or has a basic type.
func isPlain(v any) bool {
	switch v.(type) {
	case nil, error, fmt.Stringer, encoding.TextMarshaler:
		return true
	}
	switch reflect.TypeOf(v).Kind() {
	case reflect.Struct, reflect.Map, reflect.Slice, reflect.Array, reflect.Pointer, reflect.Interface, reflect.Func, reflect.Chan:
		return false
	default:
		return true
	}
}
