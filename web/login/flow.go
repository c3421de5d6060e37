package login

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"github.com/go-json-experiment/json"

	"cognate"
	"cognate/sealing"
)

// flowAAD is the associated data of every flow, so that other sealed values are not accepted as flows.
const flowAAD = "login flow"

// Limits of a flow. The service gives five minutes for the sign-in prompt (docs/behaviour.md §7.6).
// Assumed: a sign-in takes five minutes at most from the first page to the last one. Pages of sign-up and recovery wait for a
// message to the user, and take one hour at most.
const (
	signInTime = 5 * time.Minute
	otherTime  = time.Hour
	maxFlow    = 8 << 10 // characters of a sealed flow
)

// flow is the state of a visit. A page shows only what is in the flow and in the store, so every page can be loaded again.
// The address of the page and its form contain the sealed flow.
type flow struct {
	PoolID string `json:"p"`
	// Site is the base URL of the pages: a flow of one address of a pool is not valid at another one.
	Site   string `json:"u"`
	Client string `json:"c"`
	// Browser is the SHA-256 of the browser's cookie, so that a flow is not valid in another browser.
	Browser []byte `json:"b"`
	// Query is the SHA-256 of the authorization request in the address of the page.
	Query []byte `json:"q"`
	// Started is when the first page was shown.
	Started time.Time `json:"t"`
	Page    pageName  `json:"n"`
	// Session is the Session of the engine. Username is the name that the user typed.
	Session  string `json:"s,omitzero"`
	Username string `json:"l,omitzero"`
	// Alert and Notice are keys of texts that are shown once. Reason is the text of a function of the pool about a refusal.
	Alert  string `json:"a,omitzero"`
	Notice string `json:"i,omitzero"`
	Reason string `json:"r,omitzero"`

	// After is the page that follows the sign-in; empty for the application.
	After pageName `json:"e,omitzero"`
	// Sub is the user whom the page shows: on an account page, the consent page and the choice of an account.
	Sub string `json:"w,omitzero"`

	// Device is the user code of a device: as the user typed it, or of a ticket.
	Device string `json:"d,omitzero"`

	Challenge challengeState `json:"h,omitzero"`
	// Typed are the values that the user has typed, without passwords, by the name of the field.
	Typed map[string]string `json:"v,omitzero"`
}

// challengeState is what the page of a challenge shows.
type challengeState struct {
	Medium      string   `json:"m,omitzero"` // "SMS" or "EMAIL"
	Destination string   `json:"d,omitzero"` // masked
	Choices     []string `json:"c,omitzero"` // challenges or factors to choose among
	Required    []string `json:"r,omitzero"` // attributes
	Secret      string   `json:"s,omitzero"` // of a new software token, in base32
	Device      string   `json:"n,omitzero"` // name of the software token
	// IsSetup says that the code sets up a factor, so it cannot be sent again.
	IsSetup bool   `json:"f,omitzero"`
	Options string `json:"o,omitzero"` // of a passkey
}

// errLate says that a flow is older than its page allows. errForeign says that it does not belong to this page: it was
// changed, or belongs to another browser, client, request or address.
var (
	errLate    = errors.New("login: the flow is too old")
	errForeign = errors.New("login: the flow is not of this page")
)

// sealer seals and opens flows.
type sealer struct {
	box *sealing.Box
	now func() time.Time
}

func (s sealer) seal(f *flow) (string, error) {
	plain, err := json.Marshal(f)
	if err != nil {
		return "", err
	}
	sealed, err := s.box.Seal(plain, flowAAD)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// open returns the flow that text contains, if it belongs to the visit that want describes. Errors: errForeign, errLate.
func (s sealer) open(text string, want *flow) (*flow, error) {
	if len(text) > maxFlow {
		return nil, errForeign
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, errForeign
	}
	plain, err := s.box.Open(sealed, flowAAD)
	if err != nil {
		return nil, errForeign
	}
	f := new(flow)
	if err := json.Unmarshal(plain, f); err != nil || !f.isOf(want) {
		return nil, errForeign
	}
	limit := signInTime
	if f.Page.isSlow() {
		limit = otherTime
	}
	if age := s.now().Sub(f.Started); age < 0 || age >= limit {
		return nil, errLate
	}
	return f, nil
}

// isOf reports whether the flow belongs to the pool, address, client, browser and request of want.
func (f *flow) isOf(want *flow) bool {
	return f.PoolID == want.PoolID && f.Site == want.Site && f.Client == want.Client &&
		len(want.Browser) == sha256.Size && bytes.Equal(f.Browser, want.Browser) && bytes.Equal(f.Query, want.Query)
}

// at returns a copy of the flow at another page, without messages.
func (f *flow) at(p pageName) *flow {
	next := *f
	next.Page, next.Alert, next.Notice, next.Reason = p, "", "", ""
	return &next
}

// showTo records the user of the session, whom the page shows; nil if the browser has no session.
func (f *flow) showTo(user *cognate.User) {
	f.Sub = ""
	if user != nil {
		f.Sub = user.Sub
	}
}

// isShownTo reports whether the page showed this user. The answer to a page must not apply to another user who has signed in
// since, in the same browser.
func (f *flow) isShownTo(user *cognate.User) bool { return user != nil && f.Sub == user.Sub }
