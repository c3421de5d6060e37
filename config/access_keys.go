package config

import (
	"slices"

	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"
)

// AccessKeysOf returns the access keys of Serve with their secrets. It uses no other settings but account, and checks no others,
// so an error in another setting does not keep a removed key in use. Errors: as Load in Serve.
func AccessKeysOf(s Source) ([]AccessKey, error) {
	s.Mode = Serve
	fromFile, err := s.readFile()
	if err != nil {
		return nil, err
	}
	all, err := s.layers(fromFile)
	if err != nil {
		return nil, err
	}
	used := make(map[string]any)
	for _, name := range []string{"access_keys", "account"} {
		if all.Exists(name) {
			used[name] = all.Get(name)
		}
	}
	k := koanf.New(delimiter)
	if err := k.Load(confmap.Provider(used, delimiter), nil); err != nil {
		return nil, err
	}
	c := &Config{Mode: Serve}
	undecoded := decode(k, c)
	c.derive()
	files := c.secretFiles()
	if slices.ContainsFunc(c.AccessKeys, func(k AccessKey) bool { return k.Secret != "" }) {
		files = append(files, secretFile{flagConfig, s.file()})
	}
	exposed := readable(files)
	var checked Problems
	c.checkAccessKeys(&checked)
	for i := range c.AccessKeys {
		c.AccessKeys[i].readSecret(&checked)
	}
	problems := append(append(undecoded, undecoded.others(checked)...), exposed...)
	switch {
	case len(exposed) > 0:
		return nil, &Readable{problems}
	case len(problems) > 0:
		return nil, problems
	default:
		return c.AccessKeys, nil
	}
}
