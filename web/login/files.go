package login

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"
	"sync"
)

// The templates and the style sheet of the pages, with the script of passkeys.
//
//go:embed pages
var pageFiles embed.FS

// Files are the templates, the style sheet and the texts of the pages.
type Files struct {
	parsed func() *parsedFiles
}

type parsedFiles struct {
	languages *Languages
	renderer  *renderer
}

// LoadFiles returns the files of the pages. A file in folder replaces that of the program: a template such as layout.html,
// login.css, or a text in a file such as texts/de.json. folder can have more templates, and texts in more languages. It can be
// nil.
// Errors: files have unknown names, are invalid, or cannot show a page. The errors of several files are joined.
func LoadFiles(folder fs.FS) (*Files, error) {
	parsed, err := parseFiles(folder)
	if err != nil {
		return nil, err
	}
	return &Files{func() *parsedFiles { return parsed }}, nil
}

func parseFiles(folder fs.FS) (*parsedFiles, error) {
	if folder == nil {
		folder = embed.FS{}
	}
	languages, wrongTexts := loadLanguages(textFiles, folder)
	renderer, wrongTemplates := newRenderer(folder)
	if err := errors.Join(checkNames(folder), wrongTexts, wrongTemplates); err != nil {
		return nil, err
	}
	f := &parsedFiles{languages, renderer}
	if err := f.try(); err != nil {
		return nil, err
	}
	return f, nil
}

// ProgramFiles returns the files of the program. They are parsed when the first page is shown, because that takes milliseconds and a
// megabyte. Every test of a page uses them, so they are valid.
func ProgramFiles() *Files { return programFiles }

var programFiles = &Files{sync.OnceValue(func() *parsedFiles {
	parsed, err := parseFiles(nil)
	if err != nil {
		panic(err)
	}
	return parsed
})}

// styleFile is the name of the style sheet.
const styleFile = "login.css"

// checkNames returns an error for each file that would have no effect, because its name is misspelled.
func checkNames(folder fs.FS) error {
	var misspelled []error
	err := fs.WalkDir(folder, ".", func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && name == "." {
			return nil // embed.FS without files
		}
		if err != nil || d.IsDir() {
			return err
		}
		inTexts := path.Dir(name) == "texts"
		switch {
		case name == styleFile, path.Dir(name) == "." && path.Ext(name) == ".html", inTexts && path.Ext(name) == ".json":
			return nil
		case path.Ext(name) == ".css", path.Ext(name) == ".html", path.Ext(name) == ".json":
			misspelled = append(misspelled, fmt.Errorf(
				"%s is no file of the login pages: they are layout.html, form.html, other templates, login.css, and texts/LANGUAGE.json", name))
			return nil
		default:
			return nil
		}
	})
	return errors.Join(append(misspelled, err)...)
}

// newRenderer reads the templates and the style sheet: those in folder, and those of the program.
func newRenderer(folder fs.FS) (*renderer, error) {
	templates, err := template.ParseFS(pageFiles, "pages/*.html")
	if err != nil {
		return nil, err
	}
	own, err := fs.Glob(folder, "*.html")
	if err != nil {
		return nil, err
	}
	var invalid []error
	for _, name := range own {
		if _, err := templates.ParseFS(folder, name); err != nil {
			invalid = append(invalid, err)
		}
	}
	style, err := fs.ReadFile(folder, styleFile)
	if errors.Is(err, fs.ErrNotExist) {
		style, err = pageFiles.ReadFile("pages/login.css")
	}
	if err != nil {
		return nil, err
	}
	if strings.Contains(string(style), "</") {
		invalid = append(invalid, errors.New(`login.css contains "</", which ends the element of the style sheet`))
	}
	if err := errors.Join(invalid...); err != nil {
		return nil, err
	}
	script, err := pageFiles.ReadFile("pages/passkeys.mjs")
	if err != nil {
		return nil, err
	}
	sheet := layered(minify(string(style)))
	return &renderer{templates: templates, style: sheet, source: source(sheet), passkeys: string(script)}, nil
}

// layered returns a style sheet over which the rules of a client have precedence, however specific its own rules are.
func layered(css string) string { return "@layer pages{" + css + "}" }

// minify removes the line breaks and the indentation of a style sheet.
func minify(css string) string {
	var out strings.Builder
	for line := range strings.Lines(css) {
		out.WriteString(strings.TrimSpace(line))
		if !strings.HasSuffix(strings.TrimSpace(line), ";") {
			out.WriteByte('\n')
		}
	}
	return out.String()
}

// try shows each kind of page once, with a value for every field of a page. Errors: a template cannot be executed.
func (f *parsedFiles) try() error {
	image := &picture{URL: "https://example.com/a.svg", Dark: "https://example.com/b.svg"}
	all := &form{
		Action: "/login", Flow: "flow", Who: "ann", Username: "ann", Scopes: []string{"openid"}, ScopesLabel: "openid",
		Code: "AAAA", CodeLabel: "A", Warning: "A",
		Fields: []field{
			{ID: "a", Name: "a", Label: "A", Type: "text", Value: "a", Hint: "A", Rules: []string{"A"}, MaxLength: 1, Required: true, Invalid: true},
			{ID: "b", Name: "b", Label: "B", Type: "checkbox", Value: "true"},
		},
		Buttons: []button{{Label: "A"}, {Label: "B", Value: "b", Class: "plain", Skips: true, NeedsScript: true}},
		Passkey: &passkeyField{Options: "{}", Mode: "get", Failed: "A", NoScript: "A"},
		More:    []link{{Before: "A", Label: "B", URL: "/"}},
		Setup:   &tokenSetup{Picture: "<svg></svg>", URL: "otpauth://totp/a", Secret: "AAAA", Scan: "A", Alt: "A", Type: "A", Link: "A", EnterCode: "A"},
	}
	sections := []section{{
		ID: "a", Heading: "A", Lines: []string{"A"}, Links: all.More, Button: button{Label: "A", Value: "a", Class: "plain"},
	}}
	choices := []factorChoice{{Name: "a", Value: "a", Label: "A", Checked: true}}
	for name, data := range map[string]any{
		"account":  &overview{Who: "ann", Sections: sections, More: all.More},
		"sections": &sectionForm{Action: "/account", Flow: "flow", Sections: sections, More: all.More},
		"factors": &factorForm{
			Action: "/account", Flow: "flow", OnLabel: "A", Factors: choices, PreferredLabel: "B", PreferredField: "b", Preferred: choices,
			Submit: "A", More: all.More,
		},
		"feedback": &feedbackForm{Action: "/feedback", Fields: []hiddenField{{"a", "b"}}, Button: "A"},

		"form": all, "message": []link{{Label: "A", URL: "/"}},
		"leave": map[string]any{"URL": template.URL("https://example.com"), "Label": "A"},
		"post":  map[string]any{"URI": template.URL("https://example.com"), "Parameters": []struct{ Name, Value string }{{"a", "b"}}, "Label": "A"},
	} {
		page := &view{
			Lang: "en", Dir: "ltr", App: "App", Heading: "Heading", Alert: "A", Notice: "B", Lead: "C", Terms: all.More, Agree: "D",
			Graphic: image, Timer: "5", TimerRuns: true, Language: "English", LanguageLabel: "Language",
			Languages:      []languageChoice{{Tag: "en", Name: "English", IsCurrent: true}},
			LanguageAction: "/login", LanguageFields: map[string]string{"client_id": "a"},
			Icons: []icon{{image.URL, "image/svg+xml", ""}}, ClientStyle: "a{}", Script: "1", template: name, data: data,
			looks: &looks{Header: &bar{image, "start"}, Footer: &bar{image, "end"}, Logo: image, LogoPlace: "center"},
		}
		for range 2 { // with the logo in and below the card
			if _, err := f.renderer.render(page); err != nil {
				return fmt.Errorf("a login page with example data: %w", err)
			}
			page.LogoOutside, page.LogoBelow = true, true
			page.Graphic, page.Drawing = nil, "M0 0"
		}
	}
	return nil
}
