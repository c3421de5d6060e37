package login

import (
	"errors"
	"fmt"
	"html/template"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"cognate"
	"cognate/api"
	"cognate/branding"
	"cognate/oauth"
)

// looks are the parts of its client's looks that a page shows.
type looks struct {
	Header, Footer *bar
	Logo           *picture
	LogoOutside    bool   // of the card
	LogoBelow      bool   // the form
	LogoPlace      string // class: "start", "center" or "end"
	Icons          []icon

	style        string // CSS
	graphics     map[api.AssetCategoryType]*picture
	hasGraphics  bool
	instructions bool
	accepts      bool // sign-up says what the user accepts
	languages    bool
	timer        string // NONE, STATIC or DYNAMIC
	images       []string
	terms        map[string]map[string]string
}

// bar is the header or the footer of a page.
type bar struct {
	Logo  *picture
	Place string // class
}

// picture is an image of a page. Dark is the image for dark pages, "" if it is the same.
type picture struct{ URL, Dark string }

// icon is an icon of the page in the browser. Media is the media query for which the icon applies.
type icon struct{ URL, Type, Media string }

// looksKey identifies the input of the looks of a page. Package branding returns the same pointer until its looks change.
type looksKey struct {
	looks   *branding.Looks
	version int
}

// looksCache keeps the looks of pages.
type looksCache struct {
	mu   sync.Mutex
	made map[looksKey]*looks
}

// maxCachedLooks is the number of looks in a cache.
const maxCachedLooks = 1000

func (c *looksCache) get(key looksKey) *looks {
	c.mu.Lock()
	defer c.mu.Unlock()
	made, ok := c.made[key]
	if ok {
		return made
	}
	if len(c.made) >= maxCachedLooks || c.made == nil {
		c.made = make(map[looksKey]*looks)
	}
	made = newLooks(key.looks, key.version)
	c.made[key] = made
	return made
}

// newLooks returns the looks of pages with a version of managed login.
func newLooks(b *branding.Looks, version int) *looks {
	l := &looks{terms: b.Terms, accepts: true}
	if version != cognate.ManagedLogin {
		if b.CSS != "" { // classic CSS is for light pages only
			l.style = ":root{color-scheme:light}" + b.CSS
		}
		if b.LogoURL != "" {
			l.Logo, l.images = &picture{URL: b.LogoURL}, []string{b.LogoURL}
		}
		return l
	}
	a := assets{list: b.Assets, scheme: b.Style.Word("categories.global.colorSchemeMode")}
	s := b.Style
	l.style = styleSheet(s, &a)
	l.hasGraphics = s.IsOn("categories.form.displayGraphics")
	l.instructions = s.IsOn("categories.form.instructions.enabled")
	l.accepts = s.HasAny("categories.signUp.acceptanceElements")
	l.languages = s.IsOn("categories.form.languageSelector.enabled")
	l.timer = s.Word("categories.form.sessionTimerDisplay")
	l.Header = a.bar(s, "pageHeader", api.AssetCategoryTypePageHeaderLogo)
	l.Footer = a.bar(s, "pageFooter", api.AssetCategoryTypePageFooterLogo)
	if s.IsOn("components.form.logo.enabled") {
		l.Logo = a.picture(api.AssetCategoryTypeFormLogo)
		l.LogoOutside = s.Word("components.form.logo.formInclusion") == "OUT"
		l.LogoBelow = s.Word("components.form.logo.position") == "BOTTOM"
		l.LogoPlace = places[s.Word("components.form.logo.location")]
	}
	if l.hasGraphics {
		l.graphics = make(map[api.AssetCategoryType]*picture)
		for _, category := range pageGraphics {
			l.graphics[category] = a.picture(category)
		}
	}
	if s.Has("components.favicon.enabledTypes", "ICO") {
		l.Icons = a.icons(api.AssetCategoryTypeFaviconIco, "image/x-icon", l.Icons)
	}
	if s.Has("components.favicon.enabledTypes", "SVG") {
		l.Icons = a.icons(api.AssetCategoryTypeFaviconSvg, "image/svg+xml", l.Icons)
	}
	l.images = a.used
	return l
}

// places are the CSS classes of the positions in settings.
var places = map[string]string{"START": "start", "CENTER": "center", "END": "end"}

// pageGraphics are the graphics of the pages that ask for a factor.
var pageGraphics = map[pageName]api.AssetCategoryType{
	pagePassword:    api.AssetCategoryTypePasswordGraphic,
	pageNewPassword: api.AssetCategoryTypePasswordGraphic,
	pageForgot:      api.AssetCategoryTypePasswordGraphic,
	pageReset:       api.AssetCategoryTypePasswordGraphic,
	pagePasskey:     api.AssetCategoryTypePasskeyGraphic,
	pageAddPasskey:  api.AssetCategoryTypePasskeyGraphic,
	pageEmail:       api.AssetCategoryTypeEmailGraphic,
	pageSetupEmail:  api.AssetCategoryTypeEmailGraphic,
	pageConfirm:     api.AssetCategoryTypeEmailGraphic,
	pageSMSFirst:    api.AssetCategoryTypeSmsGraphic,
	pageSMS:         api.AssetCategoryTypeSmsGraphic,
	pageSetupSMS:    api.AssetCategoryTypeSmsGraphic,
	pageToken:       api.AssetCategoryTypeAuthAppGraphic,
	pageSetupToken:  api.AssetCategoryTypeAuthAppGraphic,
}

// assets are the images of a login style. used are the URLs of those that a page shows.
type assets struct {
	list   []branding.Asset
	scheme string // LIGHT, DARK or DYNAMIC
	used   []string
}

// picture returns the image of a category; nil without one.
// Assumed: pages of one color scheme show the asset of the scheme, else the DYNAMIC one. Pages of both show the asset of each
// scheme, else the DYNAMIC one, else that of the other scheme.
func (a *assets) picture(category api.AssetCategoryType) *picture {
	find := func(modes ...api.ColorSchemeModeType) string {
		for _, mode := range modes {
			for _, asset := range a.list {
				if asset.Category == category && asset.ColorMode == mode {
					return asset.URL
				}
			}
		}
		return ""
	}
	const light, dark, dynamic = api.ColorSchemeModeTypeLight, api.ColorSchemeModeTypeDark, api.ColorSchemeModeTypeDynamic
	p := new(picture)
	switch a.scheme {
	case string(light):
		p.URL = find(light, dynamic)
	case string(dark):
		p.URL = find(dark, dynamic)
	default:
		p.URL, p.Dark = find(light, dynamic, dark), find(dark, dynamic, light)
	}
	if p.URL == "" {
		return nil
	}
	a.used = append(a.used, p.URL)
	if p.Dark == p.URL {
		p.Dark = ""
	}
	if p.Dark != "" {
		a.used = append(a.used, p.Dark)
	}
	return p
}

func (a *assets) bar(s *branding.Style, name string, logo api.AssetCategoryType) *bar {
	if !s.IsOn("categories.global." + name + ".enabled") {
		return nil
	}
	b := &bar{Place: places[s.Word("components."+name+".logo.location")]}
	if s.IsOn("components." + name + ".logo.enabled") {
		b.Logo = a.picture(logo)
	}
	return b
}

func (a *assets) icons(category api.AssetCategoryType, mediaType string, list []icon) []icon {
	p := a.picture(category)
	switch {
	case p == nil:
		return list
	case p.Dark == "":
		return append(list, icon{URL: p.URL, Type: mediaType})
	default:
		return append(list, icon{p.URL, mediaType, "(prefers-color-scheme: light)"}, icon{p.Dark, mediaType, "(prefers-color-scheme: dark)"})
	}
}

// iconPath is the path of our icon.
const iconPath = "/favicon.svg"

// serveIcon sends our icon, for pages whose client has none.
func serveIcon(w http.ResponseWriter, _ *http.Request, _ *oauth.Site) {
	for _, a := range branding.DefaultAssets() {
		if a.Category == api.AssetCategoryTypeFaviconSvg {
			w.Header().Set("Content-Type", "image/svg+xml")
			w.Header().Set("X-Content-Type-Options", "nosniff")
			w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
			w.Header().Set("Cache-Control", "public, max-age=86400")
			_, _ = w.Write(a.Bytes) // the browser may have closed the connection
			return
		}
	}
}

// errUnstyled says that managed login has no pages for the client.
var errUnstyled = errors.New("login: the client has no login style")

// loadLooks returns the looks of the client of the visit. It reads them once.
func (v *visit) loadLooks() (*branding.Looks, error) {
	if v.clientLooks != nil {
		return v.clientLooks, nil
	}
	b, err := v.Branding.Looks(v.r.Context(), v.site.Pool.ID, v.client.ID)
	if err != nil {
		return nil, err
	}
	v.clientLooks = b
	return b, nil
}

// requireStyle returns errUnstyled if managed login has no pages for the client. Source: docs/behaviour.md §5.8.
func (v *visit) requireStyle() error {
	if v.site.Domain.ManagedLoginVersion != cognate.ManagedLogin || v.DefaultStyle {
		return nil
	}
	b, err := v.loadLooks()
	if err == nil && !b.Styled {
		return errUnstyled
	}
	return err
}

// addLooks adds the looks of the client to a page.
func (v *visit) addLooks(page *view) {
	page.looks = new(looks)
	if v.client != nil {
		page.App = v.client.Name
		b, err := v.loadLooks()
		if err != nil { // a page without looks is better than none
			v.Log.ErrorContext(v.r.Context(), "the look of a login page could not be read; the page is shown without it", "pool", v.site.Pool.ID, "client", v.client.ID, "error", err)
		} else {
			page.looks = v.looks.get(looksKey{b, v.site.Domain.ManagedLoginVersion})
		}
	}
	page.images = page.looks.images
	if page.Icons = page.looks.Icons; len(page.Icons) == 0 {
		page.Icons = []icon{{URL: v.site.URL + iconPath, Type: "image/svg+xml"}}
		page.images = append(slices.Clone(page.images), v.site.URL+iconPath)
	}
	page.ClientStyle = template.CSS(page.style) //nolint:gosec // package branding has checked it, or it is of styleSheet
	page.Terms = v.terms(page.terms)
}

// addToFlow adds what only pages with a flow have: the graphic, the instructions, the time, and the choice of the language.
func (v *visit) addToFlow(page *view, f *flow) {
	l := page.looks
	if category, ok := pageGraphics[f.Page]; ok && l.hasGraphics {
		if f.Page == pageConfirm && v.request != nil && f.Challenge.Medium == string(api.DeliveryMediumTypeSms) {
			category = api.AssetCategoryTypeSmsGraphic
		}
		if page.Graphic = l.graphics[category]; page.Graphic == nil {
			page.Drawing = branding.Drawing(category)
		}
	}
	if l.instructions && page.Lead == "" {
		switch f.Page {
		case pageLogin:
			page.Lead = v.text("instructions.login")
		case pageSignUp:
			page.Lead = v.text("instructions.signup")
		}
	}
	if f.Page == pageSignUp && len(page.Terms) > 0 && l.accepts {
		page.Agree = v.text("signup.terms")
	}
	if !f.Page.isSlow() {
		v.addTimer(page, f, l.timer)
	}
	if l.languages {
		v.addLanguages(page, f)
	}
}

// addTimer shows how long the sign-in can take. A STATIC timer shows the whole time. A DYNAMIC timer shows the remaining time,
// with a line that becomes shorter.
func (v *visit) addTimer(page *view, f *flow, display string) {
	left := signInTime
	switch display {
	case "STATIC":
	case "DYNAMIC":
		left = min(max(signInTime-v.Now().Sub(f.Started), 0), signInTime)
		page.ClientStyle += template.CSS(fmt.Sprintf(".timer i{animation-delay:%ds;animation-duration:%ds}", //nolint:gosec // two numbers
			int((left - signInTime).Seconds()), int(signInTime.Seconds())))
		page.TimerRuns = true
	default:
		return
	}
	page.Timer = v.text("timer.minutes", "Minutes", strconv.Itoa(int(math.Ceil(left.Minutes()))))
}

// languageParameter is the parameter of an address with which the user chooses another language than the application did.
const languageParameter = "language"

// addLanguages adds a choice of languages, which shows this page again. Its form contains the query only once, because a flow is
// long.
func (v *visit) addLanguages(page *view, f *flow) {
	page.LanguageLabel, page.Language = v.text("language.label"), v.text("language.name")
	page.LanguageAction = v.site.Path + v.pages[f.Page].path
	page.LanguageFields = make(map[string]string)
	query, _ := url.ParseQuery(v.request.Query) // canonical: it can be parsed, and each parameter is there once
	for name := range query {
		page.LanguageFields[name] = query.Get(name)
	}
	if text := v.r.URL.Query().Get(flowParameter); text != "" {
		page.LanguageFields[flowParameter] = text
	}
	for _, tag := range v.languages().tags {
		page.Languages = append(page.Languages, languageChoice{
			Tag: tag.String(), Name: v.languages().in(tag).text("language.name"), IsCurrent: tag == v.tag,
		})
	}
	slices.SortFunc(page.Languages, func(a, b languageChoice) int { return strings.Compare(a.Tag, b.Tag) })
}

// termsLanguages are the languages of links to terms. Source: docs/behaviour.md §5.8.
var termsLanguages = map[string]string{
	"de": "cognito:german", "en": "cognito:english", "es": "cognito:spanish", "fr": "cognito:french", "id": "cognito:bahasa-indonesia",
	"it": "cognito:italian", "ja": "cognito:japanese", "ko": "cognito:korean", "nl": "cognito:dutch", "pt-BR": "cognito:portuguese-brazil",
	"zh-CN": "cognito:chinese-simplified", "zh-TW": "cognito:chinese-traditional",
}

// terms returns the links to the documents of the client, in the language of the page.
func (v *visit) terms(documents map[string]map[string]string) []link {
	var list []link
	for _, name := range []string{"terms-of-use", "privacy-policy"} {
		links := documents[name]
		address := links[termsLanguages[v.tag.String()]]
		if address == "" {
			address = links[cognate.DefaultLanguage]
		}
		if address != "" {
			list = append(list, link{Label: v.text("terms." + name), URL: address})
		}
	}
	return list
}
