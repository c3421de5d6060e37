package config

import (
	"os"
	"slices"
	"strings"

	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"
)

// ListedKeys are the access keys of the settings file.
type ListedKeys struct {
	// Valid are the keys without a problem, with their secrets.
	Valid []AccessKey
	// names reports whether the file names a key with that ID.
	names func(id string) bool
}

// Lists reports whether the settings file still has an access key, also an invalid one. If the file cannot be parsed, it looks for
// the ID in its text. If the file cannot be read, it reports true.
func (l ListedKeys) Lists(id string) bool { return l.names(id) }

// AccessKeysOf returns the access keys of Serve. It uses no other settings but account, and checks no others. Also with an error, the
// keys tell which ones are valid and which ones the file has, so that no error keeps a removed key in use. Errors: as Load in
// Serve.
func AccessKeysOf(s Source) (ListedKeys, error) {
	s.Mode = Serve
	listed := ListedKeys{names: s.mentions}
	fromFile, unread := s.readFile()
	if unread != nil {
		return listed, unread
	}
	all, err := s.layers(fromFile)
	if err != nil {
		return listed, err
	}
	used := make(map[string]any)
	for _, name := range []string{"access_keys", "account"} {
		if all.Exists(name) {
			used[name] = all.Get(name)
		}
	}
	k := koanf.New(delimiter)
	if err := k.Load(confmap.Provider(used, delimiter), nil); err != nil {
		return listed, err
	}
	c := &Config{Mode: Serve}
	undecoded := decode(k, c)
	c.derive()
	if len(undecoded) == 0 {
		listed.names = func(id string) bool {
			return slices.ContainsFunc(c.AccessKeys, func(k AccessKey) bool { return k.ID == id })
		}
	}
	var checked, exposed Problems
	c.checkAccessKeys(&checked)
	if slices.ContainsFunc(c.AccessKeys, func(k AccessKey) bool { return k.Secret != "" }) {
		exposed = readable([]secretFile{{flagConfig, s.SettingsFile()}})
	}
	invalid := len(undecoded) > 0 || len(checked) > 0 || len(exposed) > 0 // which key is meant is unknown
	for _, key := range c.AccessKeys {
		var wrong Problems
		key.readSecret(&wrong)
		open := readable([]secretFile{{"secret_file of access key " + key.ID, key.SecretFile}})
		checked, exposed = append(checked, wrong...), append(exposed, open...)
		if !invalid && len(wrong) == 0 && len(open) == 0 {
			listed.Valid = append(listed.Valid, key)
		}
	}
	problems := append(append(undecoded, undecoded.others(checked)...), exposed...)
	switch {
	case len(exposed) > 0:
		return listed, &Readable{problems}
	case len(problems) > 0:
		return listed, problems
	default:
		return listed, nil
	}
}

// mentions reports whether the text of the settings file has a word, outside comments.
func (s Source) mentions(word string) bool {
	text, err := os.ReadFile(s.SettingsFile())
	if err != nil {
		return true
	}
	for line := range strings.Lines(string(text)) {
		if i := strings.Index(line, "#"); i >= 0 && strings.TrimSpace(line[:i]) == "" {
			continue
		} else if i := strings.Index(line, " #"); i >= 0 {
			line = line[:i]
		}
		words := strings.FieldsFunc(line, func(r rune) bool {
			return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
		})
		if slices.Contains(words, word) {
			return true
		}
	}
	return false
}
