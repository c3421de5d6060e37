package branding

import (
	"fmt"
	"iter"
	"maps"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Style has every setting of a login style by its path: "components.form.borderRadius". A setting that the style leaves out has
// its default.
type Style struct {
	values map[string]any // bool, float64, string or a list
}

// NewStyle returns the settings of a login style. settings have passed CheckSettings, or are nil.
func NewStyle(settings jsontext.Value) (*Style, error) {
	merged, err := MergeSettings(settings)
	if err != nil {
		return nil, err
	}
	var all map[string]any
	if err := json.Unmarshal(merged, &all); err != nil {
		return nil, fmt.Errorf("login style: %w", err)
	}
	s := &Style{values: make(map[string]any)}
	s.add("", all)
	return s, nil
}

func (s *Style) add(prefix string, values map[string]any) {
	for name, value := range values {
		if inner, ok := value.(map[string]any); ok {
			s.add(prefix+name+".", inner)
			continue
		}
		s.values[prefix+name] = value
	}
}

// Paths returns the paths of all settings, in no order.
func (s *Style) Paths() iter.Seq[string] { return maps.Keys(s.values) }

// IsOn returns a setting that is true or false.
func (s *Style) IsOn(path string) bool {
	on, _ := s.values[path].(bool)
	return on
}

// Word returns a setting that is a word in capitals.
func (s *Style) Word(path string) string {
	word, _ := s.values[path].(string)
	return word
}

// Pixels returns a setting that is a number of pixels.
func (s *Style) Pixels(path string) float64 {
	n, _ := s.values[path].(float64)
	return n
}

// Has reports whether a setting that is a list of words has the word.
func (s *Style) Has(path, word string) bool {
	list, _ := s.values[path].([]any)
	for _, value := range list {
		if value == word {
			return true
		}
	}
	return false
}

// HasAny reports whether a setting that is a list has an element.
func (s *Style) HasAny(path string) bool {
	list, _ := s.values[path].([]any)
	return len(list) > 0
}

// Mode is the part of a path that says for which pages a color is.
type Mode string

// The modes of colors.
const (
	Light Mode = "lightMode"
	Dark  Mode = "darkMode"
)

// modeSign stands for the mode in the path of a color.
const modeSign = "*"

// Color returns a color as 8 hex digits: red, green, blue and opacity. The path has an asterisk in place of the mode:
// "components.pageBackground.*.color".
func (s *Style) Color(path string, m Mode) string {
	return s.Word(strings.Replace(path, modeSign, string(m), 1))
}
