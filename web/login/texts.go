package login

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"golang.org/x/text/language"
)

// The texts of the pages: one file for each language, named by its tag, with a text for each key. A placeholder of a text
// has the form {Name}. English is the default: pages use it if a browser accepts none of the other languages.
//
//go:embed texts/*.json
var textFiles embed.FS

var english = language.English

// Languages are the languages in which pages can be shown.
type Languages struct {
	tags    []language.Tag // English first
	texts   map[language.Tag]texts
	matcher language.Matcher
}

// texts are the texts of one language, by key.
type texts map[string]string

// rightToLeft are the scripts that are written from right to left.
var rightToLeft = []string{"Arab", "Hebr"}

// loadLanguages reads the files of the languages. A text of a later source replaces that of an earlier one.
// Errors: a file is invalid, or a language does not have the same keys as English.
func loadLanguages(sources ...fs.FS) (*Languages, error) {
	l := &Languages{texts: make(map[language.Tag]texts)}
	var invalid []error
	for _, files := range sources {
		invalid = append(invalid, l.add(files))
	}
	if err := errors.Join(invalid...); err != nil {
		return nil, err
	}
	l.tags = slices.Insert(l.tags, 0, english)
	l.matcher = language.NewMatcher(l.tags)
	if err := l.check(); err != nil {
		return nil, err
	}
	return l, nil
}

// add reads the files of one source.
func (l *Languages) add(files fs.FS) error {
	names, err := fs.Glob(files, "texts/*.json")
	if err != nil {
		return err
	}
	var invalid []error
	for _, name := range names {
		tag, t, err := readTexts(files, name)
		if err != nil {
			invalid = append(invalid, err)
			continue
		}
		if l.texts[tag] == nil {
			l.texts[tag] = make(texts)
			if tag != english {
				l.tags = append(l.tags, tag)
			}
		}
		maps.Copy(l.texts[tag], t)
	}
	return errors.Join(invalid...)
}

// readTexts reads the texts of one language.
func readTexts(files fs.FS, name string) (language.Tag, texts, error) {
	tag, err := language.Parse(strings.TrimSuffix(path.Base(name), ".json"))
	if err != nil {
		return tag, nil, fmt.Errorf("%s: %w", name, err)
	}
	content, err := fs.ReadFile(files, name)
	if err != nil {
		return tag, nil, err
	}
	var t texts
	if err := json.Unmarshal(content, &t); err != nil {
		return tag, nil, fmt.Errorf("%s: %w", name, err)
	}
	return tag, t, nil
}

// check returns an error with every text that a language does not have, that English does not have, or that has other values
// than the English one.
func (l *Languages) check() error {
	var problems []error
	for tag, t := range l.texts {
		for key, text := range l.texts[english] {
			translated, ok := t[key]
			switch {
			case !ok:
				problems = append(problems, fmt.Errorf("texts/%s.json has no text %q", tag, key))
			case !slices.Equal(placeholders(text), placeholders(translated)):
				problems = append(problems, fmt.Errorf("texts/%s.json: the text %q has other values than the English one", tag, key))
			}
		}
		for key := range t {
			if _, ok := l.texts[english][key]; !ok {
				problems = append(problems, fmt.Errorf("texts/%s.json: no page has the text %q", tag, key))
			}
		}
	}
	slices.SortFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(problems...)
}

// placeholders returns the names of the values in a text, sorted.
func placeholders(text string) []string {
	var names []string
	for {
		_, rest, ok := strings.Cut(text, "{")
		if !ok {
			slices.Sort(names)
			return names
		}
		var name string
		name, text, _ = strings.Cut(rest, "}")
		names = append(names, name)
	}
}

// The sources of the language of a page, in order of precedence. Source: docs/behaviour.md §7.6 (cookie lang).
const (
	langParameter = "lang"
	langCookie    = "lang"
	langAge       = 365 * 24 * 60 * 60 // seconds
	maxLanguages  = 512                // bytes of a list of languages that are read
)

// match returns the language of a page: the one that the request names, else that of the cookie, else the first of uiLocales
// or of Accept-Language that the pages have. Invalid names are ignored.
func (l *Languages) match(r *http.Request, named string, uiLocales []string) language.Tag {
	var wanted []language.Tag
	add := func(list string) {
		if len(list) > maxLanguages {
			return
		}
		if tags, _, err := language.ParseAcceptLanguage(list); err == nil {
			wanted = append(wanted, tags...)
		}
	}
	add(named)
	if c, err := r.Cookie(langCookie); err == nil {
		add(c.Value)
	}
	for _, locale := range uiLocales {
		add(locale)
	}
	add(r.Header.Get("Accept-Language"))
	_, i, confidence := l.matcher.Match(wanted...)
	if confidence == language.No {
		return english
	}
	return l.tags[i]
}

// translator gives the texts of one language.
type translator struct {
	tag   language.Tag
	texts texts
}

func (l *Languages) in(tag language.Tag) translator { return translator{tag: tag, texts: l.texts[tag]} }

// dir returns the direction of the language, as in the attribute dir.
func (t translator) dir() string {
	if script, _ := t.tag.Script(); slices.Contains(rightToLeft, script.String()) {
		return "rtl"
	}
	return "ltr"
}

// text returns a text. values are the names and the values of its placeholders, in pairs.
func (t translator) text(key string, values ...string) string {
	text := t.texts[key]
	if len(values) == 0 {
		return text
	}
	pairs := slices.Clone(values)
	for i := 0; i < len(pairs); i += 2 {
		pairs[i] = "{" + pairs[i] + "}"
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
