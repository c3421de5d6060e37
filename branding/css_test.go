package branding_test

import (
	"errors"
	"strings"
	"testing"

	"cognate/api"
	"cognate/branding"
)

func TestCleanCSS(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                 "",
		"/* a comment */":                  "",
		".label-customizable { color: red": ".label-customizable{color:red;}\n",
		".label-customizable { font-weight: 400; }":                                                               ".label-customizable{font-weight:400;}\n",
		".submitButton-customizable:hover{ color : #fff ; background-color: RGB(1, 2,3) !important }":             ".submitButton-customizable:hover{color:#fff;background-color:RGB(1,2,3)!important;}\n",
		".idpButton-customizable, .socialButton-customizable { padding: 25px 0px 25px 0px; }":                     ".idpButton-customizable,.socialButton-customizable{padding:25px 0px 25px 0px;}\n",
		".inputField-customizable:focus { border: 1px solid #ccc /* grey */; outline: 0 }\n.logo-customizable {}": ".inputField-customizable:focus{border:1px solid #ccc;outline:0;}\n.logo-customizable{}\n",
		`.banner-customizable { font-family: "Helvetica Neue", sans-serif; width: calc(100% - 2px); }`:            `.banner-customizable{font-family:"Helvetica Neue",sans-serif;width:calc(100% - 2px);}` + "\n",
	} {
		got, err := branding.CleanCSS(text)
		if got != want || err != nil {
			t.Errorf("CleanCSS(%q) = %q, %v, want %q", text, got, err, want)
			continue
		}
		if again, err := branding.CleanCSS(got); again != got || err != nil {
			t.Errorf("CleanCSS(%q) = %q, %v, want the same", got, again, err)
		}
	}
}

func TestCleanCSSRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"body { color: red }",
		"* { color: red }",
		".other { color: red }",
		"#label-customizable { color: red }",
		".label-customizable .logo-customizable { color: red }",
		".label-customizable > input { color: red }",
		".label-customizable:hover { color: red }",
		".label-customizable::before { color: red }",
		".label-customizable:focus:hover { color: red }",
		".label-customizable[value^='a'] { color: red }",
		"input.label-customizable { color: red }",
		".label-customizable, body { color: red }",
		".background-customizable { background: url(https://example.com/a.png) }",
		".background-customizable { background: URL('https://example.com/a.png') }",
		".background-customizable { background: u\\72l(https://example.com/a.png) }",
		".background-customizable { background: url (https://example.com/a.png) url(x) }",
		".background-customizable { background: image-set('a.png' 1x) }",
		".background-customizable { width: expression(alert(1)) }",
		".background-customizable { color: var(--a) }",
		".background-customizable { --a: red }",
		".background-customizable { position: fixed }",
		".background-customizable { content: 'Enter your password below' }",
		".background-customizable { behavior: none }",
		"@import 'https://example.com/a.css';",
		"@import url(https://example.com/a.css);",
		"@media print { .label-customizable { color: red } }",
		"@font-face { font-family: a; src: url(https://example.com/a) }",
		"@charset 'utf-8';",
		".label-customizable { color: red; } }",
		".label-customizable { .logo-customizable { color: red } }",
		".label-customizable { color: rgb(1,2 }",
		".label-customizable { color }",
		".label-customizable { color: }",
		".label-customizable { color: red; @media x {} }",
		".label-customizable { color: {} }",
		".label-customizable",
		"</style><script>alert(1)</script>",
		"/* </style><script>alert(1)</script> */",
		".label-customizable { color: red; } </style>",
		"<!-- .label-customizable { color: red } -->",
		"/* " + strings.Repeat("a", 3<<10) + " */",
	} {
		if got, err := branding.CleanCSS(text); !errors.Is(err, api.InvalidParameterException("")) || got != "" {
			t.Errorf("CleanCSS(%q) = %q, %v, want a refusal", text, got, err)
		}
	}
}

func FuzzCleanCSS(f *testing.F) {
	f.Add(".label-customizable { color: red; } /* a */ .logo-customizable:hover { width: calc(1px) }")
	f.Add("@import url(a); .label-customizable { background: url(a) !important }")
	f.Fuzz(func(t *testing.T, text string) {
		clean, err := branding.CleanCSS(text)
		if err != nil {
			return
		}
		again, err := branding.CleanCSS(clean)
		if len(clean) <= 3<<10 && (again != clean || err != nil) {
			t.Errorf("CleanCSS(%q) = %q, and of that %q, %v", text, clean, again, err)
		}
		if strings.Contains(strings.ToLower(clean), "url(") || strings.ContainsAny(clean, "@<\\") {
			t.Errorf("CleanCSS(%q) = %q", text, clean)
		}
	})
}
