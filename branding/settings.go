package branding

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"cognate/api"
	"cognate/internal/lazyregexp"
)

// defaultSettings has every setting of a login style with its default. It is also the schema: a setting has the type of its
// default. Source: docs/behaviour.md §5.8 for the names.
//
// Assumed: the colours of managed login, and the settings beyond those that are known, have the defaults of this file.
//
//go:embed default_settings.json
var defaultSettings jsontext.Value

// defaults is defaultSettings, decoded.
var defaults = sync.OnceValue(func() map[string]any {
	var settings map[string]any
	if err := json.Unmarshal(defaultSettings, &settings); err != nil {
		panic(err) // the file is part of the program, and every test reads it
	}
	return settings
})

// choices has the values of the settings that are words, by the last name in their path.
// Assumed: the words beyond the known ones, such as START and END for a location, and COMPACT for a spacing.
var choices = map[string][]string{
	"colorSchemeMode":     {"LIGHT", "DARK", "DYNAMIC"},
	"display":             {"BUTTON", "INPUT"},
	"displayType":         {"TEXT", "FLAG"},
	"enabledTypes":        {"ICO", "SVG"},
	"enforcement":         {"NONE"},
	"formInclusion":       {"IN", "OUT"},
	"horizontal":          {"START", "CENTER", "END"},
	"interfaceStyle":      {"BUTTON_LIST", "DROPDOWN"},
	"location":            {"START", "CENTER", "END"},
	"position":            {"TOP", "BOTTOM"},
	"sessionTimerDisplay": {"NONE", "STATIC", "DYNAMIC"},
	"spacingDensity":      {"REGULAR", "COMPACT"},
	"type":                {"FEDERATED", "USERNAME_PASSWORD"},
	"vertical":            {"START", "CENTER", "END"},
}

const (
	maxBorderRadius = 100 // pixels
	maxList         = 50
)

var (
	color    = lazyregexp.New(`^[0-9A-Fa-f]{8}$`)
	freeText = lazyregexp.New(`^[\p{L}\p{N} ._-]{1,64}$`) // names of providers and languages
)

// CheckSettings checks the settings of a login style. The error names every setting that is unknown or has a wrong value.
// Errors: InvalidParameterException.
func CheckSettings(settings jsontext.Value) error {
	var value any
	if err := json.Unmarshal(settings, &value); err != nil {
		return invalidSettings([]string{invalidValue("$")})
	}
	if problems := check("$", "", value, defaults()); len(problems) > 0 {
		return invalidSettings(problems)
	}
	return nil
}

func invalidSettings(problems []string) error {
	return api.InvalidParameterException("Invalid settings provided. Validation errors: [" + strings.Join(problems, ", ") + "]")
}

// Assumed: the errorType InvalidValue for a known setting with a wrong value.
func invalidValue(path string) string { return problem(path, "InvalidValue") }

func problem(path, kind string) string {
	return fmt.Sprintf("{property: %s, errorType: %s}", path, kind)
}

// check returns the problems of a value whose default is schema, in order of their paths. name is the last name in path.
func check(path, name string, value, schema any) []string {
	valid := false
	switch schema := schema.(type) {
	case map[string]any:
		object, ok := value.(map[string]any)
		if !ok {
			break
		}
		return checkObject(path, object, schema)
	case []any:
		list, ok := value.([]any)
		if !ok || len(list) > maxList {
			break
		}
		return checkList(path, name, list, schema)
	case bool:
		_, valid = value.(bool)
	case float64:
		n, ok := value.(float64)
		valid = ok && n >= 0 && n <= maxBorderRadius
	case string:
		text, ok := value.(string)
		valid = ok && isAllowed(name, text, schema)
	}
	if valid {
		return nil
	}
	return []string{invalidValue(path)}
}

func checkObject(path string, object, schema map[string]any) (problems []string) {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		inner := path + "." + name
		if schema[name] == nil {
			problems = append(problems, problem(inner, "UnknownProperty"))
			continue
		}
		problems = append(problems, check(inner, name, object[name], schema[name])...)
	}
	return problems
}

// checkList checks the elements of a list against the first and the other elements of its default. An empty default is one for
// texts.
func checkList(path, name string, list, schema []any) (problems []string) {
	var element any = ""
	if len(schema) > 0 {
		element = schema[0]
	}
	for i, value := range list {
		problems = append(problems, check(fmt.Sprintf("%s[%d]", path, i), name, value, element)...)
	}
	return problems
}

func isAllowed(name, text, standard string) bool {
	if allowed, ok := choices[name]; ok {
		return slices.Contains(allowed, text)
	}
	if color.MatchString(standard) {
		return color.MatchString(text)
	}
	return freeText.MatchString(text)
}

// MergeSettings returns settings with the defaults for everything that they leave out. settings may be nil.
func MergeSettings(settings jsontext.Value) (jsontext.Value, error) {
	var own map[string]any
	if settings != nil {
		if err := json.Unmarshal(settings, &own); err != nil {
			return nil, fmt.Errorf("merge settings: %w", err)
		}
	}
	return json.Marshal(merge(defaults(), own), json.Deterministic(true))
}

// merge returns base with the values of over. It merges objects, and replaces everything else.
func merge(base, over map[string]any) map[string]any {
	merged := maps.Clone(base)
	for name, value := range over {
		inner, isObject := value.(map[string]any)
		standard, hasObject := merged[name].(map[string]any)
		if isObject && hasObject {
			value = merge(standard, inner)
		}
		merged[name] = value
	}
	return merged
}
