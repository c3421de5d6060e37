package login

import (
	"bytes"
	"html/template"
	"net/http"
	"strconv"
	"strings"
)

// view is a page as the layout shows it. Its texts are in the language of the page.
type view struct {
	Lang, Dir string
	App       string // name of the client; empty on a page of no client
	Heading   string
	Alert     string // why the last request was refused; announced and focused
	Notice    string
	Lead      string
	Content   template.HTML
	Terms     []link
	Agree     string // what the user accepts with the form
	// Graphic or Drawing, the path of an SVG image, shows which factor the page asks for.
	Graphic                 *picture
	Drawing                 string
	Timer                   string // how long the sign-in can take
	TimerRuns               bool
	Language, LanguageLabel string
	Languages               []languageChoice // empty if the user cannot choose
	// LanguageAction and LanguageFields are the address of this page, for the form that chooses a language.
	LanguageAction string
	LanguageFields map[string]string
	Icons          []icon
	Style          template.CSS
	// ClientStyle is the CSS of the client's looks. Package branding has checked it.
	ClientStyle template.CSS
	Script      template.JS // an ES module of this package

	status    int    // of the answer; 0 means 200
	template  string // of the content
	data      any    // of the template
	redirects []string
	images    []string // URLs
	*looks
}

// languageChoice is a language of the page. Name is the language's own.
type languageChoice struct {
	Tag, Name string
	IsCurrent bool
}

// link is a link to another page, after a text.
type link struct {
	Before, Label, URL string
}

// form is the content of most pages: one form.
type form struct {
	Action, Flow string
	start        string // address of the first page, with a flow, so that neither a session nor the request skips it
	Who          string // the account that the page is about, as the user typed it
	// Username is the account for password managers, in a form with a password and without a field for the username.
	Username string
	Fields   []field
	Buttons  []button
	Passkey  *passkeyField
	More     []link
	Setup    *tokenSetup
	// Scopes are what the application asks for, in the language of the page.
	Scopes      []string
	ScopesLabel string
	// Code is the code of a device, which the user compares. Warning says what to check before allowing access.
	Code, CodeLabel, Warning string
}

type field struct {
	ID, Name, Label, Type, Value, Autocomplete, InputMode, Class, Hint string
	Rules                                                              []string
	MaxLength                                                          int
	Required, Focused, Invalid                                         bool
	Text                                                               bool // a name or an address, not a sentence
}

// DescribedBy returns the IDs of the texts about the field.
func (f field) DescribedBy() string {
	var ids []string
	if f.Invalid {
		ids = append(ids, "alert")
	}
	if f.Hint != "" {
		ids = append(ids, f.ID+"-hint")
	}
	if len(f.Rules) > 0 {
		ids = append(ids, f.ID+"-rules")
	}
	return strings.Join(ids, " ")
}

// button sends the form with do=Value. Skips says that the fields may be empty.
type button struct {
	Label, Value, Class string
	Skips, NeedsScript  bool
}

// passkeyField is what the script of passkeys needs. Mode is "get", "create" or "autofill".
type passkeyField struct {
	Options, Mode, Failed, NoScript string
}

// tokenSetup is what a page shows of a new software token.
type tokenSetup struct {
	Picture    template.HTML // the QR code as SVG
	URL        template.URL  // otpauth:
	Secret     string        // in groups of four
	Scan, Alt  string
	Type, Link string
	EnterCode  string
}

// renderer writes pages.
type renderer struct {
	templates *template.Template
	style     string
	source    string // of style, for the Content-Security-Policy
	passkeys  string // the script of passkeys
}

// pageSpace is more than the HTML of most pages needs beside the style sheet, in bytes. It saves the growth of buffers.
const pageSpace = 8 << 10

// render returns the HTML of a page.
func (r *renderer) render(v *view) ([]byte, error) {
	var content, page bytes.Buffer
	content.Grow(pageSpace / 2)
	page.Grow(len(r.style) + pageSpace)
	if err := r.templates.ExecuteTemplate(&content, v.template, v.data); err != nil {
		return nil, err
	}
	v.Content = template.HTML(content.String()) //nolint:gosec // written by a template, which has escaped the values
	v.Style = template.CSS(r.style)             //nolint:gosec // a file of this package, or of the operator
	err := r.templates.ExecuteTemplate(&page, "layout", v)
	return page.Bytes(), err
}

// write writes a page with its headers.
func (r *renderer) write(w http.ResponseWriter, v *view) error {
	page, err := r.render(v)
	if err != nil {
		return err
	}
	setHeaders(w.Header(), policy{
		style: r.source, styles: []string{string(v.ClientStyle)}, scripts: []string{string(v.Script)},
		images: v.images, redirects: v.redirects,
	})
	w.Header().Set("Content-Length", strconv.Itoa(len(page)))
	if v.status != 0 {
		w.WriteHeader(v.status)
	}
	_, _ = w.Write(page) // the browser may have closed the connection
	return nil
}
