package login

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/text/language"
)

func mustLanguages(t *testing.T) *Languages {
	t.Helper()
	l, err := loadLanguages(textFiles)
	if err != nil {
		t.Fatalf("loadLanguages() = %v", err)
	}
	return l
}

// TestTextsAreUsed compares the keys of the English texts with those in the code: no page shows a text that does not exist, and no
// text is unused.
func TestTextsAreUsed(t *testing.T) {
	t.Parallel()
	all := mustLanguages(t).texts[english]
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(content)
	}
	code := source.String()
	for key := range all {
		prefix, name, _ := strings.Cut(key, ".")
		isComputed := strings.Contains(code, `"`+prefix+`."`) || strings.Contains(code, `prefix+".`+name+`"`) || strings.Contains(code, `prefix + ".`+name+`"`)
		if !strings.Contains(code, `"`+key+`"`) && !isComputed {
			t.Errorf("no page has the text %q", key)
		}
	}
	for _, m := range regexp.MustCompile(`(?:text\(|Alert = |Notice = |alert\(\w+, |, )"([a-z-]+\.[a-z_-]+)"`).FindAllStringSubmatch(code, -1) {
		if _, ok := all[m[1]]; !ok {
			t.Errorf("a page has the text %q, which does not exist", m[1])
		}
	}
}

// TestLanguages names the languages of the pages. loadLanguages compares the texts of each one with the English ones.
func TestLanguages(t *testing.T) {
	t.Parallel()
	l := mustLanguages(t)
	for _, name := range []string{"ar", "de", "en", "es", "fr", "id", "it", "ja", "ko", "pt-BR", "zh-CN", "zh-TW"} {
		tag := language.MustParse(name)
		if l.texts[tag] == nil {
			t.Errorf("there are no texts in %s", name)
		}
		for key, text := range l.texts[tag] {
			if strings.TrimSpace(text) != text || text == "" {
				t.Errorf("%s: the text %q is empty, or has spaces around it", name, key)
			}
		}
	}
}

func TestLoadLanguagesRejects(t *testing.T) {
	t.Parallel()
	const en = `{"a.b": "Hello {Name}"}`
	for _, tt := range []struct{ name, file, content string }{
		{"no JSON", "texts/de.json", `{`},
		{"a missing text", "texts/de.json", `{}`},
		{"an unknown text", "texts/de.json", `{"a.b": "Hallo {Name}", "a.c": ""}`},
		{"another value", "texts/de.json", `{"a.b": "Hallo {Other}"}`},
		{"no language", "texts/x_y_z_!.json", en},
	} {
		files := fstest.MapFS{"texts/en.json": {Data: []byte(en)}, tt.file: {Data: []byte(tt.content)}}
		if _, err := loadLanguages(files); err == nil {
			t.Errorf("loadLanguages(%s) = no error", tt.name)
		}
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	l, err := loadLanguages(fstest.MapFS{
		"texts/en.json": {Data: []byte(`{}`)}, "texts/de.json": {Data: []byte(`{}`)}, "texts/pt-BR.json": {Data: []byte(`{}`)},
		"texts/ar.json": {Data: []byte(`{}`)}, "texts/zh-TW.json": {Data: []byte(`{}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, lang, cookie, uiLocales, browser, want string
	}{
		{name: "nothing", want: "en"},
		{name: "browser", browser: "fr;q=0.9, de-CH;q=0.8, en;q=0.1", want: "de"},
		{name: "ui_locales before the browser", uiLocales: "xx de", browser: "ar", want: "de"},
		{name: "cookie before ui_locales", cookie: "ar", uiLocales: "de", want: "ar"},
		{name: "the request before the cookie", lang: "pt-BR", cookie: "ar", want: "pt-BR"},
		{name: "unknown", lang: "tlh", browser: "de", want: "de"},
		{name: "invalid", lang: "<script>", browser: "de", want: "de"},
		{name: "too long", lang: strings.Repeat("de,", 300), browser: "ar", want: "ar"},
		{name: "Hong Kong", browser: "zh-HK", want: "zh-TW"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/login", nil)
		r.Header.Set("Accept-Language", tt.browser)
		if tt.cookie != "" {
			r.AddCookie(&http.Cookie{Name: langCookie, Value: tt.cookie})
		}
		if got := l.match(r, tt.lang, strings.Fields(tt.uiLocales)); got.String() != tt.want {
			t.Errorf("match(%s) = %s, want %s", tt.name, got, tt.want)
		}
	}
	for tag := range l.texts {
		want := "ltr"
		if tag.String() == "ar" {
			want = "rtl"
		}
		if got := l.in(tag).dir(); got != want {
			t.Errorf("dir(%s) = %s, want %s", tag, got, want)
		}
	}
}

// Whatever a browser sends, the page has a language with texts.
func FuzzMatch(f *testing.F) {
	l, err := loadLanguages(fstest.MapFS{
		"texts/en.json": {Data: []byte(`{}`)}, "texts/pt-BR.json": {Data: []byte(`{}`)}, "texts/zh-TW.json": {Data: []byte(`{}`)},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("de", "ar", "pt-BR zh", "fr;q=0.9, de-CH;q=0.8")
	f.Add("\xff", "%", "x-y-z", "*;q=0")
	f.Add("en-u-va-posix", "i-klingon", "und", "zh-Hant-HK-x-a")
	f.Fuzz(func(t *testing.T, lang, cookie, uiLocales, browser string) {
		r := httptest.NewRequest(http.MethodGet, "/login", http.NoBody)
		r.Header.Set("Accept-Language", browser)
		r.AddCookie(&http.Cookie{Name: langCookie, Value: cookie})
		if got := l.match(r, lang, strings.Fields(uiLocales)); l.texts[got] == nil {
			t.Errorf("match(%q, %q, %q, %q) = %s, which has no texts", lang, cookie, uiLocales, browser, got)
		}
	})
}
