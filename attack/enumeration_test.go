package attack_test

import (
	cryptorand "crypto/rand"
	"html"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/authn/srp"
	"cognate/cognatetest"
)

// random are parts of answers that differ between any two answers. Their lengths stay, because a length could tell names apart.
var random = regexp.MustCompile(`[A-Za-z0-9+/=_-]{40,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// shape returns everything that a client sees of an answer, with random parts as their lengths, and the name as NAME.
func shape(got reply, name string) string {
	var lines []string
	for header, values := range got.header {
		if header == "Date" || header == "X-Amzn-Requestid" {
			continue
		}
		lines = append(lines, header+": "+strings.Join(values, "|"))
	}
	sort.Strings(lines)
	text := strconv.Itoa(got.status) + "\n" + strings.Join(lines, "\n") + "\n\n" + got.body
	text = strings.ReplaceAll(text, name, "NAME")
	return random.ReplaceAllStringFunc(text, func(s string) string { return "<" + strconv.Itoa(len(s)) + ">" })
}

// namingRequest is a request without a signature that names a user, with the code of its answer; empty for no error.
type namingRequest struct{ operation, body, code string }

var namingRequests = map[string]namingRequest{
	"password":      {"InitiateAuth", `{"ClientId":"<client>","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"<name>","PASSWORD":"Wrong-horse-7"}}`, api.CodeNotAuthorizedException},
	"choice":        {"InitiateAuth", `{"ClientId":"<client>","AuthFlow":"USER_AUTH","AuthParameters":{"USERNAME":"<name>"}}`, ""},
	"recovery":      {"ForgotPassword", `{"ClientId":"<client>","Username":"<name>"}`, ""},
	"recovery code": {"ConfirmForgotPassword", `{"ClientId":"<client>","Username":"<name>","ConfirmationCode":"000000","Password":"Another-horse-7"}`, api.CodeCodeMismatchException},
	"sign-up code":  {"ConfirmSignUp", `{"ClientId":"<client>","Username":"<name>","ConfirmationCode":"000000"}`, api.CodeCodeMismatchException},
	"another code":  {"ResendConfirmationCode", `{"ClientId":"<client>","Username":"<name>"}`, ""},
}

// send sends the request with a name.
func (n namingRequest) send(t *testing.T, p *cognatetest.UserPool, name string) reply {
	t.Helper()
	got := call(t, p.Server, n.operation, strings.NewReplacer("<client>", p.ClientID, "<name>", name).Replace(n.body), nil)
	if got.code != n.code {
		t.Errorf("%s of %s = %d %s, want the code %q", n.operation, name, got.status, got.body, n.code)
	}
	return got
}

// hidingPool returns a pool where only administrators create users, with the users confirmed and disabled1, and none named nobody-11.
func hidingPool(t *testing.T, options ...cognatetest.Option) *cognatetest.UserPool {
	t.Helper()
	p := cognatetest.Pool(t, append(options, cognatetest.HideUsers(), cognatetest.AdminCreateOnly(), cognatetest.AutoVerify(api.VerifiedAttributeTypeEmail),
		cognatetest.Recovery("verified_email"), cognatetest.Flows("ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"))...)
	for _, name := range []string{"confirmed", "disabled1"} {
		p.MustUser(name, cognatetest.Attributes("email", name+"@example.com", "email_verified", "true")...)
	}
	p.Must(t).AdminDisableUser(&api.AdminDisableUserInput{UserPoolId: p.PoolID, Username: "disabled1"})
	return p
}

// In a pool where only administrators create users, all operations without a signature that take a username answer with the same status,
// headers and text for a user, a disabled user, and a name that no user has. docs/divergences/sign-in.md lists what other pools show.
func TestNamesByTheWholeAnswer(t *testing.T) {
	t.Parallel()
	p := hidingPool(t)
	ask := func(request namingRequest, name string) string { return masked(shape(request.send(t, p, name), name)) }
	for what, request := range namingRequests {
		want := ask(request, "nobody-11")
		for _, name := range []string{"confirmed", "disabled1"} {
			if diff := cmp.Diff(want, ask(request, name)); diff != "" {
				t.Errorf("%s: the answer for %s differs from that for an unknown name (-unknown +user):\n%s", what, name, diff)
			}
		}
	}
	guess := namingRequests["password"]
	for range 7 {
		for _, name := range []string{"confirmed", "nobody-11"} {
			_ = ask(guess, name)
		}
	}
	if diff := cmp.Diff(ask(guess, "nobody-11"), ask(guess, "confirmed")); diff != "" {
		t.Errorf("the lock of a user differs from that of an unknown name (-unknown +user):\n%s", diff)
	}
}

// The answer about a name that no user has takes as much work as one about a user: as many transactions of the database, and about the same
// time, with both stored forms of passwords.
func TestNamesByTheTime(t *testing.T) {
	t.Parallel()
	names := []string{"confirmed", "disabled1", "nobody-11"}
	for storage, options := range map[string][]cognatetest.Option{"srp": nil, "argon2id": {cognatetest.Tag("cognate:password-storage", "argon2id")}} {
		p := hidingPool(t, options...)
		attempts := map[string]func(name string){}
		for what, request := range namingRequests {
			attempts[what] = func(name string) { _ = request.send(t, p, name) }
		}
		if storage == "srp" {
			client := cognatetest.Try(srp.NewClient(cryptorand.Reader)).Of(t)
			attempts["a wrong proof"] = func(name string) {
				begun := mustStartSRP(t, p, name, client)
				_, err := p.Answer(api.ChallengeNameTypePasswordVerifier, "", begun.proof(t, p, "Wrong-horse-7", begun.challenge))
				cognatetest.WantError(t, "a wrong proof", err, api.ErrIncorrectPassword)
			}
		}
		for what, attempt := range attempts {
			c := newComparison()
			// Other tests run at the same time, so it takes more rounds until the least ones show the cost of the work.
			for round := 0; round < 20 || round < 500 && !c.isEven(); round++ {
				rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
				for _, name := range names {
					p.Clock.Advance(time.Hour) // earlier attempts are forgotten
					before, began := p.Store.Stats().Transactions, time.Now()
					attempt(name)
					c.add(name, time.Since(began), p.Store.Stats().Transactions-before)
				}
			}
			if !c.isEven() {
				t.Errorf("%s, pool that stores %s: least times %v, least numbers of transactions %v", what, storage, c.took, c.transactions)
			}
		}
	}
}

// comparison has the least time and the least number of transactions that a request has taken, by the name in it.
type comparison struct {
	took         map[string]time.Duration
	transactions map[string]int64
}

func newComparison() *comparison {
	return &comparison{make(map[string]time.Duration), make(map[string]int64)}
}

func (c *comparison) add(name string, took time.Duration, transactions int64) {
	if least, ok := c.took[name]; !ok || took < least {
		c.took[name] = took
	}
	if least, ok := c.transactions[name]; !ok || transactions < least {
		c.transactions[name] = transactions
	}
}

// isEven reports whether all names have taken as many transactions, and no name half as long again as another one.
func (c *comparison) isEven() bool {
	took, transactions := slices.Sorted(maps.Values(c.took)), slices.Sorted(maps.Values(c.transactions))
	last := len(took) - 1
	return took[last] < took[0]*3/2 && transactions[last] == transactions[0]
}

// destination matches a masked destination of a message. That of a decoy is made up, so its letters differ.
var destination = regexp.MustCompile(`"Destination":"[^"]\*\*\*@[^"]\*\*\*"`)

func masked(text string) string { return destination.ReplaceAllString(text, `"Destination":"*"`) }

// visitor is a browser without script: it keeps cookies and sends the form of the page.
type visitor struct {
	t       *testing.T
	cookies map[string]string
	at      *url.URL
	page    reply
}

func newVisitor(t *testing.T) *visitor {
	t.Helper()
	return &visitor{t: t, cookies: map[string]string{}}
}

func (v *visitor) open(address string) { v.send(http.MethodGet, address, nil, nil) }

var (
	action = regexp.MustCompile(`<form method="post" action="([^"]*)"`)
	hidden = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)
	alert  = regexp.MustCompile(`role="alert" id="alert"[^>]*>([^<]*)<`)
)

// submit sends the form of the page with values in pairs, and headers.
func (v *visitor) submit(headers http.Header, pairs ...string) {
	v.t.Helper()
	m := action.FindStringSubmatch(v.page.body)
	if m == nil {
		v.t.Fatalf("%s has no form:\n%s", v.at, v.page.body)
	}
	to, err := v.at.Parse(html.UnescapeString(m[1]))
	if err != nil {
		v.t.Fatal(err)
	}
	fields := url.Values{}
	for _, field := range hidden.FindAllStringSubmatch(v.page.body, -1) {
		fields.Set(field[1], html.UnescapeString(field[2]))
	}
	for i := 0; i < len(pairs); i += 2 {
		fields.Set(pairs[i], pairs[i+1])
	}
	v.send(http.MethodPost, to.String(), fields, headers)
}

// send sends a request and follows redirects on the same host.
func (v *visitor) send(method, address string, fields url.Values, headers http.Header) {
	v.t.Helper()
	for range 10 {
		r, err := http.NewRequestWithContext(v.t.Context(), method, address, strings.NewReader(fields.Encode()))
		if err != nil {
			v.t.Fatal(err)
		}
		if method == http.MethodPost {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", "same-origin")
		}
		maps.Copy(r.Header, headers)
		for name, value := range v.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		v.at, v.page = r.URL, do(v.t, r)
		response := http.Response{Header: v.page.header}
		for _, c := range response.Cookies() {
			v.cookies[c.Name] = c.Value
		}
		location := v.page.header.Get("Location")
		if location == "" {
			return
		}
		next, err := r.URL.Parse(location)
		if err != nil || next.Host != r.URL.Host {
			return
		}
		method, address, fields = http.MethodGet, next.String(), nil
	}
	v.t.Fatalf("%s redirects too often", address)
}

func (v *visitor) alert() string {
	if m := alert.FindStringSubmatch(v.page.body); m != nil {
		return html.UnescapeString(m[1])
	}
	return ""
}

// authorize returns the address of a page of a client at a domain.
func authorize(p *cognatetest.UserPool, domain, path string) string {
	return domain + path + "?" + url.Values{
		"client_id": {p.ClientID}, "response_type": {"code"}, "redirect_uri": {callback}, "scope": {"openid"}, "state": {"s"},
	}.Encode()
}

// The pages show the same to the byte for a user and for a name that no user has: a wrong password, a forgotten one, and a code.
func TestNamesOnPages(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, oauthClient, cognatetest.HideUsers(), cognatetest.AutoVerify(api.VerifiedAttributeTypeEmail), cognatetest.Recovery("verified_email"))
	domain := mustDomain(t, p)
	p.MustUser("confirmed", cognatetest.Attributes("email", "confirmed@example.com", "email_verified", "true")...)
	for alert, visit := range map[string]func(v *visitor, name string){
		"The username or the password is not correct.": func(v *visitor, name string) {
			v.open(authorize(p, domain, "/login"))
			v.submit(nil, "username", name, "password", "Wrong-horse-7")
		},
		"": func(v *visitor, name string) {
			v.open(authorize(p, domain, "/forgotPassword"))
			v.submit(nil, "username", name)
		},
		"The code is not correct. Try again.": func(v *visitor, name string) {
			v.open(authorize(p, domain, "/forgotPassword"))
			v.submit(nil, "username", name)
			v.submit(nil, "code", "000000", "new-password", "Another-horse-7", "repeat-password", "Another-horse-7")
		},
	} {
		var pages []string
		for _, name := range []string{"nobody-11", "confirmed"} {
			v := newVisitor(t)
			visit(v, name)
			if v.alert() != alert {
				t.Errorf("%s at %s: alert %q, want %q", name, v.at.Path, v.alert(), alert)
			}
			pages = append(pages, v.at.Path+"\n"+maskedPage(shape(v.page, name)))
		}
		if diff := cmp.Diff(pages[0], pages[1]); diff != "" {
			t.Errorf("the page with the alert %q differs for a user (-unknown +user):\n%s", alert, diff)
		}
	}
}

var maskedAddress = regexp.MustCompile(`[^\s>]\*\*\*@[^\s<]\*\*\*`)

func maskedPage(text string) string { return maskedAddress.ReplaceAllString(text, "*") }
