package login_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
)

const (
	wrongUserCode  = "The code is not correct, or it is no longer valid. Check it, or start again on your device."
	lateUserCode   = "This page has expired. Enter the code again."
	deviceQuestion = "Allow this device?"
)

// mustDeviceSite is a site whose client has the device grant. It has the users ann and bob.
func mustDeviceSite(t *testing.T, options ...cognatetest.Option) *site {
	t.Helper()
	s := mustSite(t, append([]cognatetest.Option{cognatetest.PoolSettings(func(in *api.CreateUserPoolInput) {
		in.UserPoolTags = map[string]string{"cognate:client/tv/device-grant": "on"}
	}), cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) { in.ClientName = "tv" })}, options...)...)
	s.MustUser("ann")
	s.MustUser("bob")
	return s
}

// postForm sends a request of the device.
func (s *site) postForm(path string, form url.Values) (status int, body map[string]any) {
	s.t.Helper()
	response, err := http.PostForm(s.base+path, form)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
		s.t.Fatalf("POST %s = %d, %v", path, response.StatusCode, err)
	}
	return response.StatusCode, body
}

// startedDevice is a device that waits for its user.
type startedDevice struct {
	*site
	code, user, complete string
}

func (s *site) startDevice() *startedDevice {
	s.t.Helper()
	status, body := s.postForm("/oauth2/device_authorization", url.Values{"client_id": {s.ClientID}, "scope": {"openid email"}})
	if status != http.StatusOK {
		s.t.Fatalf("device_authorization = %d %v", status, body)
	}
	return &startedDevice{s, body["device_code"].(string), body["user_code"].(string), body["verification_uri_complete"].(string)}
}

// poll returns the error that the device gets; "" for tokens.
func (d *startedDevice) poll() string {
	d.t.Helper()
	_, body := d.postForm("/oauth2/token", url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "client_id": {d.ClientID}, "device_code": {d.code},
	})
	if code, ok := body["error"].(string); ok {
		return code
	}
	if body["id_token"] == nil || body["refresh_token"] == nil {
		d.t.Errorf("token = %v", body)
	}
	return ""
}

// enter enters the code of a device, and signs in if username is not empty.
func (b *browser) enter(d *startedDevice, username string) {
	b.t.Helper()
	b.open(b.base + "/device")
	b.submit("user_code", strings.ToLower(strings.ReplaceAll(d.user, "-", " ")))
	if username != "" {
		b.wantPage("Sign in", "")
		b.submit("username", username, "password", cognatetest.Password)
	}
}

// TestDevicePages lets ann connect a device, and deny another one with the session that she then has.
func TestDevicePages(t *testing.T) {
	t.Parallel()
	s := mustDeviceSite(t)
	d, b := s.startDevice(), s.browser()
	b.open(d.complete)
	b.wantPage("Connect a device", "")
	if !strings.Contains(b.body, `value="`+d.user+`"`) || !strings.Contains(b.body, `autocomplete="off"`) {
		t.Errorf("the code is not filled in:\n%s", b.body)
	}
	b.submit("user_code", d.user)
	b.wantPage("Sign in", "")
	b.submit("username", "ann", "password", cognatetest.Password)
	b.wantPage(deviceQuestion, "")
	b.wantText("tv", "ann", d.user, "only if you started this yourself", "Your email address")
	if csp := b.header.Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self';") || strings.Contains(csp, "script-src") {
		t.Errorf("CSP = %s", csp)
	}
	if got := d.poll(); got != "authorization_pending" {
		t.Errorf("before the decision: %q", got)
	}
	question := b.at.String()
	b.open(question) // loads the page again
	b.submit("do", "allow")
	b.wantNotice("The device is connected", "Return to your device. You can close this page.")
	b.open(b.at.String())
	b.wantNotice("The device is connected", "Return to your device. You can close this page.")
	if got := d.poll(); got != "" {
		t.Errorf("after the decision: %q", got)
	}
	b.open(question) // the button Back
	b.wantPage("Connect a device", wrongUserCode)
	b.open(d.complete)
	b.submit("user_code", d.user)
	b.wantPage("Connect a device", wrongUserCode)

	denied := s.startDevice()
	b.enter(denied, "")
	b.wantPage(deviceQuestion, "")
	address, fields := b.form()
	b.submit()
	b.wantPage("The device is not connected", "")
	if got := denied.poll(); got != "access_denied" {
		t.Errorf("a denied device gets %q", got)
	}
	if next := b.post(address, fields, "same-origin"); !strings.Contains(next, "/device/denied") { // a double click
		t.Errorf("the form again leads to %s", next)
	}
	s.Clock.Advance(2 * time.Hour)
	b.open(b.base + "/device")
	b.wantPage("Connect a device", "")
}

// The answer to a page applies only to the user whom the page shows, also if another one signs in there.
func TestDeviceAndOtherUsers(t *testing.T) {
	t.Parallel()
	s := mustDeviceSite(t)
	d, b := s.startDevice(), s.browser()
	b.enter(d, "ann")
	tab := *b // the same browser
	tab.enter(s.startDevice(), "")
	tab.wantPage(deviceQuestion, "")
	other, err := tab.at.Parse(tab.first(linkTarget)) // another account
	if err != nil {
		t.Fatal(err)
	}
	tab.open(other.String())
	tab.wantPage("Sign in", "")
	tab.submit("username", "bob", "password", cognatetest.Password)
	tab.wantText("bob")
	b.submit("do", "allow") // on the page that was shown to ann
	b.wantPage(deviceQuestion, "")
	b.wantText("bob", d.user)
	if got := d.poll(); got != "authorization_pending" {
		t.Errorf("after the answer of another user: %q", got)
	}
	b.submit("do", "allow")
	if got := d.poll(); got != "" {
		t.Errorf("after the decision: %q", got)
	}
}

// What the pages refuse.
func TestDeviceAttacks(t *testing.T) {
	t.Parallel()
	s := mustDeviceSite(t)
	d, b := s.startDevice(), s.browser()
	b.open(b.base + "/device")
	for typed, alert := range map[string]string{
		"": "Fill in all fields.", "x": wrongUserCode, "BBBB-BBBB": wrongUserCode, `"><script>`: wrongUserCode, strings.Repeat("B", 5000): wrongUserCode,
	} {
		b.submit("user_code", typed)
		b.wantPage("Connect a device", alert)
	}
	address, fields := b.form("user_code", d.user)
	if b.post(address, fields, "cross-site"); b.status != http.StatusForbidden {
		t.Errorf("a form of another site = %d, want 403", b.status)
	}
	stranger := s.browser()
	stranger.post(address, fields, "same-origin")
	stranger.wantPage("Connect a device", lateUserCode)
	b.post(address, url.Values{"user_code": {d.user}}, "same-origin")
	b.wantPage("Connect a device", lateUserCode)

	b.open(b.base + "/device")
	b.submit("user_code", d.user)
	signIn := b.at.String()
	stranger.open(signIn) // an attacker has sent the address to a victim
	stranger.wantPage("Connect a device", lateUserCode)
	for _, change := range []map[string]string{{"client_id": "other"}, {"device": "AAAA"}, {"device": fields.Get("flow")}} {
		query := b.at.Query()
		for name, value := range change {
			query.Set(name, value)
		}
		b.open(b.base + "/login?" + query.Encode())
		b.wantPage("Connect a device", lateUserCode)
		b.open(signIn)
	}
	query := b.at.Query()
	query.Set("redirect_uri", "https://evil.example")
	b.open(b.base + "/login?" + query.Encode())
	if b.at.Host == "evil.example" || !strings.HasPrefix(b.at.Path, "/domains/") || b.status != http.StatusBadRequest {
		t.Errorf("a redirect URI leads to %s (%d)", b.at, b.status)
	}

	b.open(signIn)
	s.Clock.Advance(6 * time.Minute) // the sign-in is late, the device is not
	b.submit("username", "ann", "password", cognatetest.Password)
	b.wantPage("Sign in", "This took too long. Sign in again.")
	b.submit("username", "ann", "password", cognatetest.Password)
	b.wantPage(deviceQuestion, "")
	s.Clock.Advance(4 * time.Minute) // now the device is late, too
	b.submit("do", "allow")
	b.wantPage("Connect a device", wrongUserCode)
	if got := d.poll(); got != "expired_token" {
		t.Errorf("a late device gets %q", got)
	}

	for range 20 {
		b.submit("user_code", "CCCC-CCCC")
	}
	b.submit("user_code", s.startDevice().user)
	b.wantPage("Connect a device", "There were too many requests. Wait a while, then try again.")

	without := newSite(t, s.Server)
	for _, path := range []string{"/device", "/device?user_code=BBBB-BBBB"} {
		w := without.browser()
		if w.open(without.base + path); w.status != http.StatusNotFound {
			t.Errorf("%s in a pool without the grant = %d, want 404", path, w.status)
		}
	}
}
