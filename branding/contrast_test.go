package branding_test

import (
	"slices"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"cognate/branding"
)

func TestLowContrastOfStyle(t *testing.T) {
	t.Parallel()
	for settings, want := range map[string][]string{
		`{}`: nil,
		`{"categories":{"global":{"colorSchemeMode":"DYNAMIC"}}}`:                                                                      nil,
		`{"components":{"primaryButton":{"lightMode":{"defaults":{"backgroundColor":"ffff00ff"}}}}}`:                                   {"components.primaryButton.lightMode.defaults.textColor 1.1"},
		`{"components":{"primaryButton":{"darkMode":{"defaults":{"backgroundColor":"000000ff"}}}}}`:                                    nil, // pages are never dark
		`{"components":{"pageText":{"lightMode":{"headingColor":"00000020"}}}}`:                                                        {"components.pageText.lightMode.headingColor 1.3"},
		`{"categories":{"global":{"colorSchemeMode":"DARK"}},"componentClasses":{"inputLabel":{"darkMode":{"textColor":"222222ff"}}}}`: {"componentClasses.inputLabel.darkMode.textColor 1.1"},
	} {
		s, err := branding.NewStyle(jsontext.Value(settings))
		if err != nil {
			t.Fatalf("NewStyle(%s) = %v", settings, err)
		}
		if got := s.LowContrast(); !slices.Equal(got, want) {
			t.Errorf("LowContrast(%s) = %q, want %q", settings, got, want)
		}
	}
}

func TestLowContrastOfCSS(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		".submitButton-customizable{color:#fff;background-color:#000}":    nil,
		".submitButton-customizable{color:#fff;background-color:#ffff00}": {".submitButton-customizable 1.1"},
		".label-customizable{color:#fff}":                                 nil, // the background is not known
		".label-customizable{background: #777; color: #888888;}":          {".label-customizable 1.3"},
	} {
		clean, err := branding.CleanCSS(text)
		if err != nil {
			t.Fatalf("CleanCSS(%s) = %v", text, err)
		}
		if got := branding.LowContrast(clean); !slices.Equal(got, want) {
			t.Errorf("LowContrast(%s) = %q, want %q", text, got, want)
		}
	}
}
