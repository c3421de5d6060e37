package login

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/text/language"

	"cognate/branding"
)

// TestLoadFiles replaces files of the program by those of a folder.
func TestLoadFiles(t *testing.T) {
	t.Parallel()
	f, err := LoadFiles(fstest.MapFS{
		"layout.html":   {Data: []byte(`{{define "layout"}}<title>Ours {{.Heading}}</title><style>{{.Style}}</style>{{.Content}}{{template "ours"}}{{end}}`)},
		"ours.html":     {Data: []byte(`{{define "ours"}}<p>Ours</p>{{end}}`)},
		"login.css":     {Data: []byte("h1 { color: red; }")},
		"texts/de.json": {Data: []byte(`{"signin.title": "Einloggen"}`)},
		"README.md":     {Data: []byte("Ours")},
	})
	if err != nil {
		t.Fatalf("LoadFiles() = %v", err)
	}
	page, err := f.parsed().renderer.render(&view{Heading: "Hello", template: "message", looks: new(looks)})
	if want := []byte("<title>Ours Hello</title><style>@layer pages{h1 { color: red; }\n}</style><p>Ours</p>"); err != nil || !bytes.Equal(page, want) {
		t.Errorf("render() = %s, %v, want %s", page, err, want)
	}
	for key, want := range map[string]string{"signin.title": "Einloggen", "signin.next": "Weiter"} {
		if got := f.parsed().languages.in(f.parsed().languages.tags[slices.IndexFunc(f.parsed().languages.tags, isGerman)]).text(key); got != want {
			t.Errorf("text(%s) = %q, want %q", key, got, want)
		}
	}
}

func TestLoadFilesRejects(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"layout.html":    `{{define "layout"}}{{.Nothing}}{{end}}`,
		"form.html":      `{{define "form"}}{{`,
		"other.html":     `{{define "field"}}{{template "nothing"}}{{end}}`,
		"leave.html":     `{{define "leave"}}{{template "nothing"}}{{end}}`,
		"login.css":      `</style><script>`,
		"logn.css":       ``,
		"pages/a.html":   ``,
		"texts/de.json":  `{"signin.title": 1}`,
		"texts/en.json":  `{"signin.titel": "Sign in"}`,
		"texts/fr.json":  `{"code.email": "{Adresse}"}`,
		"texts/nl.json":  `{"signin.title": "Inloggen"}`,
		"texts/sub/a.js": ``,
	} {
		if _, err := LoadFiles(fstest.MapFS{name: {Data: []byte(content)}}); (err == nil) != (name == "texts/sub/a.js") {
			t.Errorf("LoadFiles(%s) = %v", name, err)
		}
	}
}

// TestStyleSheetHasEverySetting compares the settings of login styles with what the code of the pages reads.
func TestStyleSheetHasEverySetting(t *testing.T) {
	t.Parallel()
	read := map[string]bool{
		"categories.global.colorSchemeMode": true, "categories.global.pageHeader.enabled": true, "categories.global.pageFooter.enabled": true,
		"categories.global.spacingDensity": true, "categories.signUp.acceptanceElements": true,
		"categories.form.displayGraphics": true, "categories.form.instructions.enabled": true, "categories.form.languageSelector.enabled": true,
		"categories.form.location.horizontal": true, "categories.form.location.vertical": true, "categories.form.sessionTimerDisplay": true,
		"components.favicon.enabledTypes": true, "components.form.logo.enabled": true, "components.form.logo.formInclusion": true,
		"components.form.logo.location": true, "components.form.logo.position": true,
		"components.pageHeader.logo.enabled": true, "components.pageHeader.logo.location": true,
		"components.pageFooter.logo.enabled": true, "components.pageFooter.logo.location": true,
	}
	for _, c := range colors {
		for _, mode := range []branding.Mode{branding.Light, branding.Dark} {
			read[strings.Replace(c.path, "*", string(mode), 1)] = true
		}
	}
	for _, r := range radii {
		read[r.path] = true
	}
	for _, b := range backgrounds {
		read[b.enabled] = true
	}
	s, err := branding.NewStyle(nil)
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]bool)
	for path := range s.Paths() {
		all[path] = true
		if !read[path] && !slices.ContainsFunc(withoutEffect, func(prefix string) bool { return strings.HasPrefix(path, prefix) }) {
			t.Errorf("no page reads the setting %s", path)
		}
	}
	for path := range maps.Keys(read) {
		if !all[path] {
			t.Errorf("a page reads the setting %s, which does not exist", path)
		}
	}
}

// withoutEffect are settings of what the pages do not have: buttons of identity providers, a choice of the country of a phone
// number.
var withoutEffect = []string{
	"categories.auth.", "componentClasses.idpButtons.", "components.idpButton.",
	"components.phoneNumberSelector.",
}

func isGerman(tag language.Tag) bool { return tag == language.German }
