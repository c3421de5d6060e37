package devapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed" // for the page
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"

	"cognate"
	"cognate/notify"
	"cognate/store"
)

// Limits of the page. A developer reads it; a test uses the API.
const (
	maxPagePools    = 20 // also app clients of each pool
	maxPageUsers    = 50 // of each pool
	maxPageMessages = 20
)

var (
	//go:embed page.html
	pageText string
	//go:embed page.css
	pageStyle string

	pageTemplate = sync.OnceValue(func() *template.Template { return template.Must(template.New("page").Parse(pageText)) })
)

// pagePolicy is the Content-Security-Policy of the page. The page has no script, loads nothing and has no forms.
var pagePolicy = func() string {
	sum := sha256.Sum256([]byte(pageStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}()

// page is the data of page.html.
type page struct {
	Style       template.CSS
	URL, Region string
	// Refreshing reports that the browser loads the page again after RefreshSeconds.
	Refreshing     bool
	RefreshSeconds int
	Messages       []pageMessage // the newest first
	Pools          []pagePool
	MorePools      bool
}

type pageMessage struct {
	notify.StoredMessage
	Medium, Secret string // "email" or "SMS"; what Code is
}

type pagePool struct {
	PoolClients
	Users     []pageUser
	MoreUsers bool
}

type pageUser struct {
	*cognate.User
	Name  string // as messages show it
	Codes []pageCode
}

// pageCode is a current code of an authenticator.
type pageCode struct {
	Code    string
	Pending bool // the software token is not verified yet
	// WorksIn is the time in seconds until the server accepts the code; 0 if it accepts it now.
	WorksIn int
}

const refreshSeconds = 5

// IsPage reports whether a request is for the page at "/": a browser's request that shows an answer to its user.
func IsPage(r *http.Request) bool {
	return r.URL.Path == "/" && (r.Method == http.MethodGet || r.Method == http.MethodHead) &&
		strings.Contains(r.Header.Get("Accept"), "text/html")
}

// getPage answers the page that shows the data of the server to a developer.
func (s *API) getPage(w http.ResponseWriter, r *http.Request) {
	p, err := s.page(r.Context())
	if err != nil {
		writeError(w, r, s.Log, err)
		return
	}
	p.Refreshing = r.URL.Query().Has("refresh")
	var body bytes.Buffer
	if err := pageTemplate().Execute(&body, p); err != nil {
		writeError(w, r, s.Log, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Add("Vary", "Accept")
	if p.Refreshing {
		h.Set("Refresh", fmt.Sprint(refreshSeconds))
	}
	_, _ = w.Write(body.Bytes()) // the client may have disconnected
}

func (s *API) page(ctx context.Context) (*page, error) {
	pools, more, err := s.Pools(ctx, maxPagePools)
	if err != nil {
		return nil, err
	}
	p := &page{
		Style: template.CSS(pageStyle), URL: s.PublicURL, Region: s.Options.Caller.Region, RefreshSeconds: refreshSeconds,
		Messages: s.pageMessages(), MorePools: more,
	}
	for _, pool := range pools {
		users, more, err := s.pageUsers(ctx, pool.UserPool)
		if err != nil {
			return nil, err
		}
		p.Pools = append(p.Pools, pagePool{PoolClients: pool, Users: users, MoreUsers: more})
	}
	return p, nil
}

func (s *API) pageMessages() []pageMessage {
	stored, _ := s.Options.Mailbox.Find(notify.Filter{})
	var messages []pageMessage
	for _, m := range slices.Backward(stored) {
		if len(messages) == maxPageMessages {
			break
		}
		messages = append(messages, pageMessage{StoredMessage: m, Medium: mediumName(m.Message), Secret: secretName(m.Message)})
	}
	return messages
}

func (s *API) pageUsers(ctx context.Context, pool *cognate.UserPool) (users []pageUser, more bool, err error) {
	found, end, err := s.Store.Users(ctx, store.UserQuery{PoolID: pool.ID, Limit: maxPageUsers})
	if err != nil {
		return nil, false, err
	}
	now := s.Options.Clock.Now()
	for _, listed := range found {
		user, err := s.Store.User(ctx, pool.ID, listed.Sub) // with its software tokens
		if errors.Is(err, store.ErrNotFound) {
			continue // it was deleted meanwhile
		}
		if err != nil {
			return nil, false, err
		}
		u := pageUser{User: user, Name: displayName(pool, user)}
		a := authenticatorAt(now, pool, user)
		if a.Active != nil {
			u.Codes = append(u.Codes, pageCode{Code: a.Active.NextCode, WorksIn: int(math.Ceil(a.NextIn))})
		}
		if a.Pending != nil {
			u.Codes = append(u.Codes, pageCode{Code: a.Pending.Code, Pending: true})
		}
		users = append(users, u)
	}
	return users, end != nil, nil
}
