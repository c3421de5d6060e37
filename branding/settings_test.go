package branding_test

import (
	"errors"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"cognate/api"
	"cognate/branding"
	"cognate/cognatetest"
)

func TestCheckSettings(t *testing.T) {
	t.Parallel()
	whole, err := branding.MergeSettings(nil)
	if err != nil {
		t.Fatalf("MergeSettings() = %v", err)
	}
	for _, settings := range []string{
		`{}`, string(whole),
		`{"categories":{"global":{"colorSchemeMode":"DYNAMIC","pageHeader":{"enabled":true},"spacingDensity":"REGULAR"}}}`,
		`{"components":{"primaryButton":{"lightMode":{"hover":{"backgroundColor":"0972D3FF"}}},"favicon":{"enabledTypes":["SVG"]}}}`,
		`{"componentClasses":{"buttons":{"borderRadius":0}},"categories":{"auth":{"federation":{"order":["Google"]}}}}`,
	} {
		if err := branding.CheckSettings(jsontext.Value(settings)); err != nil {
			t.Errorf("CheckSettings(%s) = %v", settings, err)
		}
	}
	for settings, want := range map[string]string{
		`"text"`: "{property: $, errorType: InvalidValue}",
		`null`:   "{property: $, errorType: InvalidValue}",
		`[]`:     "{property: $, errorType: InvalidValue}",
		`{"components":{"form":{"instructions":{}}}}`: "{property: $.components.form.instructions, errorType: UnknownProperty}",
		`{"b":1,"a":1}`: "{property: $.a, errorType: UnknownProperty}, {property: $.b, errorType: UnknownProperty}",
		`{"categories":{"global":{"colorSchemeMode":"BROWSER"}}}`:                "{property: $.categories.global.colorSchemeMode, errorType: InvalidValue}",
		`{"categories":{"form":{"displayGraphics":"yes"}}}`:                      "{property: $.categories.form.displayGraphics, errorType: InvalidValue}",
		`{"components":{"pageBackground":{"lightMode":{"color":"#ffffff"}}}}`:    "{property: $.components.pageBackground.lightMode.color, errorType: InvalidValue}",
		`{"components":{"pageBackground":{"lightMode":{"color":"red;}body{"}}}}`: "{property: $.components.pageBackground.lightMode.color, errorType: InvalidValue}",
		`{"componentClasses":{"buttons":{"borderRadius":-1}}}`:                   "{property: $.componentClasses.buttons.borderRadius, errorType: InvalidValue}",
		`{"componentClasses":{"buttons":{"borderRadius":"8"}}}`:                  "{property: $.componentClasses.buttons.borderRadius, errorType: InvalidValue}",
		`{"components":{"favicon":{"enabledTypes":["ICO","GIF"]}}}`:              "{property: $.components.favicon.enabledTypes[1], errorType: InvalidValue}",
		`{"categories":{"auth":{"federation":{"order":["<script>"]}}}}`:          "{property: $.categories.auth.federation.order[0], errorType: InvalidValue}",
		`{"categories":null}`: "{property: $.categories, errorType: InvalidValue}",
	} {
		err := branding.CheckSettings(jsontext.Value(settings))
		cognatetest.WantError(t, "CheckSettings("+settings+")", err,
			api.InvalidParameterException("Invalid settings provided. Validation errors: ["+want+"]"))
	}
}

// Each default asset passes the check of assets.
func TestDefaultAssets(t *testing.T) {
	t.Parallel()
	for _, a := range branding.DefaultAssets() {
		if _, content, err := branding.CleanAsset(a); err != nil || string(content) != string(a.Bytes) {
			t.Errorf("CleanAsset(%s %s) = %s, %v, want the same", a.Category, a.ColorMode, content, err)
		}
	}
}

func TestCleanAsset(t *testing.T) {
	t.Parallel()
	svg := func(inner string) string { return `<svg xmlns="http://www.w3.org/2000/svg">` + inner + `</svg>` }
	for content, want := range map[string]string{
		svg(`<path d="M0 0" fill="url(#a)"/>`):                                             svg(`<path d="M0 0" fill="url(#a)"></path>`),
		svg(`<script>alert(1)</script><g onclick="alert(1)"/>`):                            svg(`<g></g>`),
		svg(`<a href="javascript:alert(1)"><path/></a><title>a</title>`):                   svg(`<title>a</title>`),
		svg(`<image href="https://evil.example/a.png"/>`):                                  svg(``),
		svg(`<use href="#a"/><foreignObject><path/></foreignObject>`):                      svg(``),
		svg(`<style>@import "https://evil.example"</style>`):                               svg(``),
		svg(`<rect fill="url(https://evil.example)" style="x:u\72l(a)"/>`):                 svg(`<rect></rect>`),
		svg(`<rect style="fill:#fff" width="1"/><animate/>`):                               svg(`<rect style="fill:#fff" width="1"></rect>`),
		`<?xml version="1.0"?><!-- c --><svg viewBox="0 0 1 1">&lt;</svg>`:                 `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1">&lt;</svg>`,
		svg(`<text xmlns:h="http://www.w3.org/1999/xhtml"><h:script>a</h:script>b</text>`): svg(`<text>b</text>`),
	} {
		a := api.AssetType{Category: api.AssetCategoryTypeEmailGraphic, ColorMode: "LIGHT", Extension: "SVG", Bytes: []byte(content)}
		if _, got, err := branding.CleanAsset(a); string(got) != want || err != nil {
			t.Errorf("CleanAsset(%s) = %s, %v, want %s", content, got, err, want)
		}
	}
	webp := "RIFF\x00\x00\x00\x00WEBPVP8X\x00\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x01\x00\x00" // 8 by 2
	for what, tt := range map[string]struct {
		category  api.AssetCategoryType
		extension api.AssetExtensionType
		content   string
		want      string // the part of the error after the name of the asset; "" for no error
	}{
		"ICO":             {"FAVICON_ICO", "ICO", "\x00\x00\x01\x00\x01\x00rest", ""},
		"WebP logo":       {"FORM_LOGO", "WEBP", webp, ""},
		"flat WebP logo":  {"FORM_LOGO", "WEBP", webp[:24] + "\x09" + webp[25:], "the ratio of width to height must be between 1:1 and 4:1"},
		"SVG logo":        {"FORM_LOGO", "SVG", `<svg viewBox="0 0 4 1"/>`, ""},
		"tall SVG logo":   {"PAGE_HEADER_LOGO", "SVG", `<svg viewBox="0 0 1 2"/>`, "the ratio of width to height must be between 1:1 and 4:1"},
		"tall background": {"PAGE_BACKGROUND", "SVG", `<svg viewBox="0 0 1 2"/>`, ""},
		"no bytes":        {"FORM_LOGO", "PNG", "", "Bytes are missing"},
		"base64 as bytes": {"FORM_LOGO", "PNG", "iVBORw0KGgo=", "the content is not PNG"},
		"PNG as JPEG":     {"FORM_LOGO", "JPEG", "\x89PNG\r\n\x1a\n", "the content is not JPEG"},
		"HTML as SVG":     {"FORM_LOGO", "SVG", "<html/>", "the content is not SVG"},
		"HTML namespace":  {"FORM_LOGO", "SVG", `<svg xmlns="http://www.w3.org/1999/xhtml"/>`, "the content is not SVG"},
		"entities":        {"FORM_LOGO", "SVG", `<!DOCTYPE svg [<!ENTITY a "b">]><svg>&a;</svg>`, "the content is not SVG"},
		"unknown entity":  {"FORM_LOGO", "SVG", `<svg>&a;</svg>`, "the content is not SVG"},
		"two roots":       {"FORM_LOGO", "SVG", `<svg/><svg/>`, "the content is not SVG"},
		"cut SVG":         {"FORM_LOGO", "SVG", `<svg><g>`, "the content is not SVG"},
		"ICO logo":        {"FORM_LOGO", "ICO", "\x00\x00\x01\x00\x01\x00rest", "the extension ICO is not allowed"},
		"PNG favicon":     {"FAVICON_SVG", "PNG", "\x89PNG", "the extension PNG is not allowed"},
	} {
		_, _, err := branding.CleanAsset(api.AssetType{Category: tt.category, ColorMode: "DARK", Extension: tt.extension, Bytes: []byte(tt.content)})
		if tt.want == "" {
			cognatetest.WantRefusal(t, "CleanAsset("+what+")", err, nil)
			continue
		}
		cognatetest.WantError(t, "CleanAsset("+what+")", err, api.InvalidParameterException("Invalid asset "+string(tt.category)+" DARK: "+tt.want))
	}
}

func FuzzCleanAsset(f *testing.F) {
	f.Add("SVG", []byte(`<svg><path fill="url(#a)" onclick="x"/><script>a</script></svg>`))
	f.Add("WEBP", []byte("RIFF\x00\x00\x00\x00WEBPVP8L"))
	f.Fuzz(func(t *testing.T, extension string, content []byte) {
		a := api.AssetType{Category: "EMAIL_GRAPHIC", ColorMode: "LIGHT", Extension: api.AssetExtensionType(extension), Bytes: content}
		_, clean, err := branding.CleanAsset(a)
		if err != nil || extension != "SVG" {
			return
		}
		a.Bytes = clean
		if _, again, err := branding.CleanAsset(a); string(again) != string(clean) || err != nil {
			t.Errorf("CleanAsset(%q) = %q, and of that %q, %v", content, clean, again, err)
		}
	})
}

// Settings that are accepted make a style.
func FuzzCheckSettings(f *testing.F) {
	for _, seed := range []string{
		`{}`, `null`, `[]`, `{"components":{"primaryButton":{"lightMode":{"defaults":{"backgroundColor":"0972d3ff"}}}}}`,
		`{"categories":{"global":{"colorSchemeMode":"DARK"}}}`, `{"a":{"a":1},"a":2}`, `{"components":[]}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if err := branding.CheckSettings(jsontext.Value(text)); err != nil {
			if !errors.Is(err, &api.Error{Code: api.CodeInvalidParameterException}) {
				t.Errorf("CheckSettings(%q) = %v", text, err)
			}
			return
		}
		merged, err := branding.MergeSettings(jsontext.Value(text))
		if err != nil || branding.CheckSettings(merged) != nil {
			t.Errorf("MergeSettings(%q) = %s, %v", text, merged, err)
		}
		if _, err := branding.NewStyle(jsontext.Value(text)); err != nil {
			t.Errorf("NewStyle(%q) = %v", text, err)
		}
	})
}
