package login_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"cognate/api"
)

// managedLogin switches the domain of a site to version 2.
func (s *site) managedLogin() {
	s.t.Helper()
	domain := s.base[strings.LastIndex(s.base, "/")+1:]
	s.Must(s.t).UpdateUserPoolDomain(&api.UpdateUserPoolDomainInput{UserPoolId: s.PoolID, Domain: domain, ManagedLoginVersion: new(2)})
}

// style gives the client a login style.
func (s *site) style(settings string, assets ...api.AssetType) {
	s.t.Helper()
	s.Must(s.t).CreateManagedLoginBranding(&api.CreateManagedLoginBrandingInput{
		UserPoolId: s.PoolID, ClientId: s.ClientID, Settings: jsontext.Value(settings), Assets: assets,
	})
}

func (b *browser) wants(parts ...string) {
	b.t.Helper()
	for _, part := range parts {
		if !strings.Contains(b.body, part) {
			b.t.Errorf("%s has no %s:\n%s", b.at.Path, part, b.body)
		}
	}
}

// imageSources matches the sources of images in a Content-Security-Policy.
var imageSources = regexp.MustCompile(`img-src ([^;]*)`)

func TestClassicLooks(t *testing.T) {
	t.Parallel()
	s := mustSite(t)
	logo := "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
	s.Must(t).SetUICustomization(&api.SetUICustomizationInput{
		UserPoolId: s.PoolID, ClientId: "ALL", CSS: ".submitButton-customizable{background-color:#123456}", ImageFile: []byte(logo),
	})
	b := s.browser()
	b.open(s.address("/login"))
	b.wants(".submitButton-customizable{background-color:#123456;}", `<img class="logo-customizable" src="`, `class="card background-customizable"`,
		"banner-customizable", "label-customizable", "inputField-customizable", `class="submitButton-customizable"`, "redirect-customizable")
	csp := b.header.Get("Content-Security-Policy")
	images := imageSources.FindStringSubmatch(csp)
	if images == nil || !strings.Contains(images[1], "/images/") || strings.Contains(csp, "unsafe") {
		t.Errorf("Content-Security-Policy = %s", csp)
	}
	for image := range strings.FieldsSeq(images[1]) {
		response, err := http.Get(image)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("GET %s = %s", image, response.Status)
		}
	}
	b.open(s.address("/signup"))
	b.wants("passwordCheck-notValid-customizable")
	// A client's own customization replaces that of ALL, the logo too.
	s.Must(t).SetUICustomization(&api.SetUICustomizationInput{UserPoolId: s.PoolID, ClientId: s.ClientID, CSS: ".label-customizable{color:#010101}"})
	b.open(s.address("/login"))
	b.wants(".label-customizable{color:#010101;}")
	if strings.Contains(b.body, "#123456") || strings.Contains(b.body, "/images/") {
		t.Error("a client with its own customization shows that of ALL")
	}
}

func TestManagedLoginNeedsStyle(t *testing.T) {
	t.Parallel()
	s := mustSite(t)
	s.managedLogin()
	b := s.browser()
	b.open(s.address("/login"))
	b.wants("Login pages unavailable. Please contact an administrator.")
	if b.status != http.StatusForbidden {
		t.Errorf("GET /login without a login style = %d, want 403", b.status)
	}
	s.style(`{}`)
	b.open(s.address("/login"))
	if b.status != http.StatusOK || b.first(headingText) != "Sign in" {
		t.Errorf("GET /login with a login style = %d %q", b.status, b.first(headingText))
	}
}

func TestManagedLooks(t *testing.T) {
	t.Parallel()
	s := mustSite(t)
	s.managedLogin()
	asset := func(category api.AssetCategoryType, mode api.ColorSchemeModeType, extension api.AssetExtensionType, content string) api.AssetType {
		return api.AssetType{Category: category, ColorMode: mode, Extension: extension, Bytes: []byte(content)}
	}
	const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 1"/>`
	const ico = "\x00\x00\x01\x00\x01\x00rest"
	assets := []api.AssetType{asset("FAVICON_ICO", "DYNAMIC", "ICO", ico)}
	for _, category := range []api.AssetCategoryType{
		"FAVICON_SVG", "FORM_LOGO", "FORM_BACKGROUND", "PAGE_BACKGROUND", "PAGE_HEADER_LOGO", "PAGE_HEADER_BACKGROUND", "PAGE_FOOTER_LOGO",
		"PAGE_FOOTER_BACKGROUND", "EMAIL_GRAPHIC", "SMS_GRAPHIC", "AUTH_APP_GRAPHIC", "PASSWORD_GRAPHIC", "PASSKEY_GRAPHIC",
	} {
		assets = append(assets, asset(category, "LIGHT", "SVG", svg), asset(category, "DARK", "SVG", svg))
	}
	s.style(`{
		"categories": {
			"global": {"colorSchemeMode": "DYNAMIC", "spacingDensity": "COMPACT", "pageHeader": {"enabled": true}, "pageFooter": {"enabled": true}},
			"form": {"instructions": {"enabled": true}, "languageSelector": {"enabled": true}, "sessionTimerDisplay": "DYNAMIC",
				"location": {"horizontal": "END", "vertical": "START"}}
		},
		"componentClasses": {"buttons": {"borderRadius": 3}, "link": {"darkMode": {"defaults": {"textColor": "01020304"}}}},
		"components": {
			"form": {"backgroundImage": {"enabled": true}, "logo": {"enabled": true, "formInclusion": "OUT", "position": "BOTTOM", "location": "END"}},
			"pageBackground": {"image": {"enabled": true}},
			"pageHeader": {"backgroundImage": {"enabled": true}, "logo": {"enabled": true, "location": "CENTER"}},
			"pageFooter": {"backgroundImage": {"enabled": true}, "logo": {"enabled": true}}
		}
	}`, assets...)
	b := s.browser()
	b.open(s.address("/login"))
	b.wants("color-scheme:light dark", "--button-radius:3px", "--link:light-dark(#0b5cadff,#01020304)", "--space:0.7;--across:end;--down:start",
		`body{background-image:url("`, `.card{background-image:url("`, `.header{background-image:url("`, `.footer{background-image:url("`,
		`<p class="logo banner-customizable end"><picture>`, `<header class="header"><p class="logo center">`, `<footer class="footer"><p class="logo start">`,
		`type="image/x-icon"`, `media="(prefers-color-scheme: dark)">`, "Sign in to your account.", "Remaining time: 5 min",
		`<details class="languages">`, `lang="ar"`)
	b.open(s.address("/forgotPassword"))
	b.wants(`<p class="graphic"><picture>`)
	images := imageSources.FindStringSubmatch(b.header.Get("Content-Security-Policy"))
	if images == nil || strings.Count(images[1], "/images/") != 1+2*13 {
		t.Errorf("img-src = %q, want each asset", images)
	}
}

func TestTermsByLanguage(t *testing.T) {
	t.Parallel()
	s := mustSite(t)
	terms := func(name string) {
		s.Must(t).CreateTerms(&api.CreateTermsInput{
			UserPoolId: s.PoolID, ClientId: s.ClientID, TermsName: name, TermsSource: "LINK", Enforcement: "NONE",
			Links: map[string]string{
				"cognito:default": "https://example.com/en/" + name, "cognito:french": "https://example.com/fr/" + name,
				"cognito:chinese-traditional": "https://example.com/tw/" + name,
			},
		})
	}
	terms("terms-of-use")
	b := s.browser()
	b.open(s.address("/login"))
	if strings.Contains(b.body, "example.com/en/") {
		t.Error("a page links to terms without both documents")
	}
	terms("privacy-policy")
	for lang, folder := range map[string]string{"fr": "fr", "de": "en", "ar": "en", "zh-TW": "tw"} {
		b.open(s.address("/login", "lang", lang))
		b.wants("https://example.com/"+folder+"/terms-of-use", "https://example.com/"+folder+"/privacy-policy")
	}
	b.open(s.address("/signup", "lang", "fr"))
	b.wants("En créant un compte, vous acceptez")
	s.managedLogin()
	for elements, accepts := range map[string]bool{`[]`: false, `[{"enforcement":"NONE","textKey":"en"}]`: true} {
		made := s.Must(t).CreateManagedLoginBranding(&api.CreateManagedLoginBrandingInput{
			UserPoolId: s.PoolID, ClientId: s.ClientID, Settings: jsontext.Value(`{"categories":{"signUp":{"acceptanceElements":` + elements + `}}}`),
		})
		b.open(s.address("/signup", "lang", "fr"))
		if got := strings.Contains(b.body, "vous acceptez"); got != accepts || !strings.Contains(b.body, "https://example.com/fr/terms-of-use") {
			t.Errorf("acceptanceElements %s: the page says what the user accepts: %t, want %t", elements, got, accepts)
		}
		s.Must(t).DeleteManagedLoginBranding(&api.DeleteManagedLoginBrandingInput{
			UserPoolId: s.PoolID, ManagedLoginBrandingId: made.ManagedLoginBranding.ManagedLoginBrandingId,
		})
	}
}

// TestLanguageOfUser chooses a language on a page: it replaces the one that the application asked for, on later pages too.
func TestLanguageOfUser(t *testing.T) {
	t.Parallel()
	s := mustSite(t)
	s.managedLogin()
	s.style(`{"categories":{"form":{"languageSelector":{"enabled":true}}}}`)
	b := s.browser()
	b.open(s.address("/login", "lang", "fr"))
	b.wants(`<html lang="fr" dir="ltr">`)
	choice := url.Values{"language": {"ar"}}
	for _, m := range regexp.MustCompile(`<input name="([^"]*)" type="hidden" value="([^"]*)">`).FindAllStringSubmatch(b.body, -1) {
		choice.Set(m[1], html.UnescapeString(m[2]))
	}
	b.open(s.base + "/login?" + choice.Encode())
	b.wants(`<html lang="ar" dir="rtl">`)
	b.submit("username", "nobody", "password", "Wrong-password1")
	b.wants(`<html lang="ar" dir="rtl">`, "هذا الحساب غير موجود")
	b.open(s.address("/login"))
	b.wants(`<html lang="ar" dir="rtl">`)
}

// TestContrast stores looks that are hard to read: the log warns, the request succeeds.
func TestContrast(t *testing.T) {
	t.Parallel()
	s := mustSite(t)
	s.style(`{"components":{"primaryButton":{"lightMode":{"defaults":{"backgroundColor":"ffff00ff"}}}}}`)
	s.Must(t).SetUICustomization(&api.SetUICustomizationInput{
		UserPoolId: s.PoolID, ClientId: s.ClientID, CSS: ".submitButton-customizable{color:#fff;background-color:#ff0}",
	})
	log := s.Log.String()
	for _, part := range []string{
		"texts of a login style are hard to read", "components.primaryButton.lightMode.defaults.textColor 1.1",
		"texts of a UI customization are hard to read", ".submitButton-customizable 1.1",
	} {
		if !strings.Contains(log, part) {
			t.Errorf("the log has no %s:\n%s", part, log)
		}
	}
}
