package uicustomization_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
)

const css = ".label-customizable { font-weight: 400; } /* ours */"

// picture returns an image of incompressible pixels, so that its file is large.
func picture(side int) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, side, side))
	random := rand.New(rand.NewPCG(1, 2))
	for i := range m.Pix {
		m.Pix[i] = byte(random.Uint32())
	}
	return m
}

func pngOf(t *testing.T, side int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, picture(side)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func jpegOf(t *testing.T, side int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, picture(side), nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// poolWithDomain returns a pool whose pages can be customized.
func poolWithDomain(t *testing.T) *cognatetest.UserPool {
	t.Helper()
	p := cognatetest.Pool(t)
	p.Must(t).CreateUserPoolDomain(&api.CreateUserPoolDomainInput{UserPoolId: p.PoolID, Domain: "login"})
	return p
}

func wantSame(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// answer is what a browser gets.
type answer struct {
	StatusCode int
	Status     string
	Header     http.Header
}

// fetch returns the answer to a request of a browser.
func fetch(t *testing.T, method, url string) (answer, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Status, res.Header}, body
}

func TestUICustomization(t *testing.T) {
	t.Parallel()
	p := poolWithDomain(t)
	second := p.MustClient()
	get := func(client string) *api.UICustomizationType {
		return p.Must(t).GetUICustomization(&api.GetUICustomizationInput{UserPoolId: p.PoolID, ClientId: client}).UICustomization
	}
	set := func(client, css string, logo []byte) *api.UICustomizationType {
		return p.Must(t).SetUICustomization(&api.SetUICustomizationInput{
			UserPoolId: p.PoolID, ClientId: client, CSS: css, ImageFile: logo,
		}).UICustomization
	}
	none := &api.UICustomizationType{}
	wantSame(t, "GetUICustomization(unset)", none, get(p.ClientID))
	wantSame(t, "GetUICustomization(ALL, unset)", none, get("ALL"))

	now := api.EpochOf(p.Clock.Now())
	all := &api.UICustomizationType{
		UserPoolId: p.PoolID, ClientId: "ALL", CSS: css, CSSVersion: p.Clock.Now().UTC().Format("20060102150405"),
		CreationDate: now, LastModifiedDate: now,
	}
	wantSame(t, "SetUICustomization(without ClientId)", all, set("", css, nil))
	wantSame(t, "GetUICustomization(ALL)", all, get("ALL"))
	wantSame(t, "GetUICustomization(a client without its own)", all, get(p.ClientID))

	logo := pngOf(t, 8)
	own := set(p.ClientID, "", logo)
	wantSame(t, "GetUICustomization(its own)", own, get(p.ClientID))
	wantSame(t, "GetUICustomization(another client)", all, get(second.ClientId))
	res, body := fetch(t, http.MethodGet, own.ImageUrl)
	if res.StatusCode != http.StatusOK || !bytes.Equal(body, logo) {
		t.Errorf("GET %s = %s, %d bytes, want the logo", own.ImageUrl, res.Status, len(body))
	}
	for header, want := range map[string]string{
		"Content-Type": "image/png", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy":      "default-src 'none'; style-src 'unsafe-inline'; sandbox",
		"Cache-Control":                "public, max-age=31536000, immutable",
		"Cross-Origin-Resource-Policy": "cross-origin",
	} {
		if got := res.Header.Get(header); got != want {
			t.Errorf("%s of the image = %q, want %q", header, got, want)
		}
	}
	if res, body := fetch(t, http.MethodHead, own.ImageUrl); res.StatusCode != http.StatusOK || len(body) != 0 {
		t.Errorf("HEAD of the image = %s, %d bytes", res.Status, len(body))
	}

	// CSS and logo are set together: a new setting replaces both, and the old logo is gone.
	p.Clock.Advance(time.Hour)
	changed := set(p.ClientID, css, jpegOf(t, 8))
	if changed.CreationDate != own.CreationDate || changed.LastModifiedDate == own.LastModifiedDate || changed.ImageUrl == own.ImageUrl {
		t.Errorf("changed = %+v, created %+v", changed, own)
	}
	if res, _ := fetch(t, http.MethodGet, own.ImageUrl); res.StatusCode != http.StatusNotFound {
		t.Errorf("GET of the replaced logo = %s, want 404", res.Status)
	}
	if res, _ := fetch(t, http.MethodGet, changed.ImageUrl); res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("GET of the new logo = %s, %s", res.Status, res.Header.Get("Content-Type"))
	}
	wantSame(t, "SetUICustomization(only CSS)", "", set(p.ClientID, css, nil).ImageUrl)

	wantSame(t, "SetUICustomization(nothing)", none, set(p.ClientID, "", nil))
	wantSame(t, "GetUICustomization(removed)", all, get(p.ClientID))
	wantSame(t, "SetUICustomization(ALL, nothing)", none, set("ALL", "", nil))
	wantSame(t, "GetUICustomization(all removed)", none, get(p.ClientID))
}

func TestUICustomizationRejects(t *testing.T) {
	t.Parallel()
	p := poolWithDomain(t)
	bare := p.Pool(t)
	set := func(in api.SetUICustomizationInput) error {
		_, err := p.Client.SetUICustomization(t.Context(), &in)
		return err
	}
	get := func(pool, client string) error {
		_, err := p.Client.GetUICustomization(t.Context(), &api.GetUICustomizationInput{UserPoolId: pool, ClientId: client})
		return err
	}
	p.Must(t).SetUICustomization(&api.SetUICustomizationInput{UserPoolId: p.PoolID, CSS: css, ImageFile: pngOf(t, 8)})
	before := p.Must(t).GetUICustomization(&api.GetUICustomizationInput{UserPoolId: p.PoolID}).UICustomization

	noDomain := api.InvalidParameterException("There has to be an existing domain associated with this user pool")
	noClient := api.ResourceNotFoundException("User pool client " + bare.ClientID + " does not exist.")
	noPool := api.ResourceNotFoundException("User pool us-east-1_none does not exist.")
	cognatetest.WantError(t, "SetUICustomization(no domain)", set(api.SetUICustomizationInput{UserPoolId: bare.PoolID, CSS: css}), noDomain)
	cognatetest.WantError(t, "GetUICustomization(no domain)", get(bare.PoolID, bare.ClientID), noDomain)
	cognatetest.WantError(t, "SetUICustomization(client of another pool)", set(api.SetUICustomizationInput{UserPoolId: p.PoolID, ClientId: bare.ClientID, CSS: css}), noClient)
	cognatetest.WantError(t, "GetUICustomization(client of another pool)", get(p.PoolID, bare.ClientID), noClient)
	cognatetest.WantError(t, "SetUICustomization(unknown pool)", set(api.SetUICustomizationInput{UserPoolId: "us-east-1_none", CSS: "body {}"}), noPool)
	cognatetest.WantError(t, "GetUICustomization(unknown pool)", get("us-east-1_none", "ALL"), noPool)

	large := append(pngOf(t, 8), make([]byte, 100<<10)...)
	for what, tt := range map[string]struct {
		css  string
		logo []byte
		want string
	}{
		"selector":       {"body { color: red }", nil, "Invalid CSS: the selector body is not allowed"},
		"url":            {".banner-customizable { background: url(a) }", nil, "Invalid CSS: the value of background is not allowed"},
		"at-rule":        {"@import 'a';", nil, "Invalid CSS: @import is not allowed"},
		"large CSS":      {"/*" + strings.Repeat(" ", 3<<10) + "*/", nil, "The CSS must not be larger than 3 KB."},
		"large logo":     {"", large, "The image must not be larger than 100 KB."},
		"SVG":            {"", []byte("<svg xmlns='http://www.w3.org/2000/svg'/>"), "The image must be a PNG or JPEG file."},
		"HTML":           {css, []byte("<!doctype html><script>alert(1)</script>"), "The image must be a PNG or JPEG file."},
		"signature only": {"", []byte("\x89PNG\r\n\x1a\n<script>"), "The image must be a PNG or JPEG file."},
		"GIF":            {"", []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"), "The image must be a PNG or JPEG file."},
	} {
		err := set(api.SetUICustomizationInput{UserPoolId: p.PoolID, CSS: tt.css, ImageFile: tt.logo})
		cognatetest.WantError(t, "SetUICustomization("+what+")", err, api.InvalidParameterException(tt.want))
	}
	if err := set(api.SetUICustomizationInput{UserPoolId: p.PoolID, ImageFile: make([]byte, 103<<10)}); err == nil || !strings.Contains(err.Error(), "request parameters too large") {
		t.Errorf("SetUICustomization(a request over 135 KB) = %v", err)
	}
	wantSame(t, "after refused requests", before, p.Must(t).GetUICustomization(&api.GetUICustomizationInput{UserPoolId: p.PoolID}).UICustomization)
	if res, _ := fetch(t, http.MethodGet, before.ImageUrl); res.StatusCode != http.StatusOK {
		t.Errorf("GET of the logo after refused requests = %s", res.Status)
	}
}

// The largest logo fits into a request and is served whole.
func TestLargestLogo(t *testing.T) {
	t.Parallel()
	p := poolWithDomain(t)
	logo := pngOf(t, 158)
	if n := len(logo); n < 97<<10 || n > 100<<10 {
		t.Fatalf("the logo has %d bytes, want nearly 100 KB", n)
	}
	set := p.Must(t).SetUICustomization(&api.SetUICustomizationInput{UserPoolId: p.PoolID, ClientId: p.ClientID, ImageFile: logo}).UICustomization
	if _, body := fetch(t, http.MethodGet, set.ImageUrl); !bytes.Equal(body, logo) {
		t.Errorf("the image has %d bytes, want %d", len(body), len(logo))
	}
}

// Names that no image has are not found, also those that a database cannot store.
func TestUnknownImages(t *testing.T) {
	t.Parallel()
	p := poolWithDomain(t)
	for _, path := range []string{p.PoolID + "/images/none.png", "none/images/none.png", p.PoolID + "/images/%00", p.PoolID + "/images/%ff", p.PoolID + "/images/..%2f..%2fa", p.PoolID + "/images/"} {
		if res, _ := fetch(t, http.MethodGet, p.URL+"/"+path); res.StatusCode != http.StatusNotFound {
			t.Errorf("GET /%s = %s, want 404", path, res.Status)
		}
	}
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		for _, path := range []string{"us-east-1_a/images/%00", "us-east-1_a/images/%ff", "%00/images/a.png"} {
			if res, _ := fetch(t, http.MethodGet, s.URL+"/"+path); res.StatusCode != http.StatusNotFound {
				t.Errorf("GET /%s = %s, want 404", path, res.Status)
			}
		}
	})
}

// The customization of a client goes with the client. A fork has its own copy, with its own address.
func TestUICustomizationOfDeletedAndForkedClients(t *testing.T) {
	t.Parallel()
	p := poolWithDomain(t)
	own := p.Must(t).SetUICustomization(&api.SetUICustomizationInput{UserPoolId: p.PoolID, ClientId: p.ClientID, ImageFile: pngOf(t, 8)}).UICustomization
	p.Must(t).SetUICustomization(&api.SetUICustomizationInput{UserPoolId: p.PoolID, CSS: css})
	fork := p.WithFork(cognatetest.Try(p.Server.ForkPool(t.Context(), p.PoolID, "")).Of(t))
	p.Must(t).CreateUserPoolDomain(&api.CreateUserPoolDomainInput{UserPoolId: fork.PoolID, Domain: "fork"})
	forked := p.Must(t).GetUICustomization(&api.GetUICustomizationInput{UserPoolId: fork.PoolID, ClientId: fork.ClientID}).UICustomization
	forkedAll := p.Must(t).GetUICustomization(&api.GetUICustomizationInput{UserPoolId: fork.PoolID}).UICustomization
	if forked.ClientId != fork.ClientID || forked.ImageUrl == own.ImageUrl || forkedAll.CSS != css {
		t.Errorf("customizations of the fork = %+v and %+v", forked, forkedAll)
	}
	p.Must(t).DeleteUserPoolClient(&api.DeleteUserPoolClientInput{UserPoolId: p.PoolID, ClientId: p.ClientID})
	if res, _ := fetch(t, http.MethodGet, own.ImageUrl); res.StatusCode != http.StatusNotFound {
		t.Errorf("GET of the logo of a deleted client = %s, want 404", res.Status)
	}
	if res, _ := fetch(t, http.MethodGet, forked.ImageUrl); res.StatusCode != http.StatusOK {
		t.Errorf("GET of the logo of the fork = %s", res.Status)
	}
	if got := p.Must(t).GetUICustomization(&api.GetUICustomizationInput{UserPoolId: p.PoolID}).UICustomization.CSS; got != css {
		t.Errorf("CSS of ALL = %q after the deletion of a client", got)
	}
}
