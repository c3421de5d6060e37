// Package apitest computes valid requests from the shapes of the API description, for tests that send a request of every operation.
package apitest

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"cognate/api"
)

// samples are valid texts. For each pattern of the description, one of them matches.
var samples = []string{
	"sample", "us-east-1_Sample000", "arn:aws:iam::123456789012:role/sample", "123456", "a@example.com", "code {####} here",
	"link {##here##} here", "00000000-0000-4000-8000-000000000000", "import-sample", "us-east-1_00000000-0000-0000-0000-000000000000",
	"cognito:default", "terms-of-use", "arn:aws:s3:::sample", "https://example.com/", "abcdefghijklmnopqrstuvwxyz",
}

// Sample returns a valid text.
func Sample(s *api.Shape) string {
	if s.Enum != nil {
		return s.Enum[0]
	}
	if i := slices.IndexFunc(samples, func(text string) bool { return isValid(s, text) }); i >= 0 {
		return samples[i]
	}
	panic("no sample is valid for " + s.Name)
}

func isValid(s *api.Shape, text string) bool {
	length := int64(len(utf16.Encode([]rune(text))))
	return (s.Min == api.Unbounded || length >= s.Min) && (s.Max == api.Unbounded || length <= s.Max) &&
		(s.Pattern == nil || s.Pattern.Match([]byte(text)))
}

// Minimal returns a valid JSON value with only the required members.
func Minimal(s *api.Shape) string {
	switch s.Kind {
	case api.KindStructure:
		return Object(s, nil)
	case api.KindList:
		return "[" + Times(Minimal(s.Element), max(1, s.Min)) + "]"
	case api.KindMap:
		return "{" + Entries(Sample(s.Key), Minimal(s.Element), max(1, s.Min)) + "}"
	case api.KindString:
		return Quote(Sample(s))
	case api.KindInteger, api.KindLong:
		return strconv.FormatInt(max(1, s.Min), 10)
	case api.KindTimestamp:
		return "1"
	case api.KindBoolean:
		return "true"
	case api.KindBlob:
		return `"AAAA"`
	case api.KindDocument:
		return "{}"
	}
	panic("unknown kind of " + s.Name)
}

// Object returns a structure with its required members and those of values, which are JSON. An empty value removes a member.
func Object(s *api.Shape, values map[string]string) string {
	var members []string
	for _, m := range s.Members {
		value, given := values[m.Name]
		if !given && m.Required {
			value = Minimal(m.Shape)
		}
		if value != "" {
			members = append(members, Quote(m.Name)+":"+value)
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

// Times returns the entries of a list with a value n times.
func Times(value string, n int64) string {
	return strings.TrimSuffix(strings.Repeat(value+",", int(n)), ",")
}

// Entries returns n entries of a map with different keys.
func Entries(key, value string, n int64) string {
	list := []string{Quote(key) + ":" + value}
	for i := int64(1); i < n; i++ {
		list = append(list, Quote(key+strconv.FormatInt(i, 10))+":"+value)
	}
	return strings.Join(list, ",")
}

// Quote returns a text as JSON.
func Quote(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(quoted)
}
