package oauth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"cognate"
	"cognate/internal/pause"
	"cognate/store"
	"cognate/tokens"
)

// MediumLogout is the medium of logout tokens in the table of outgoing messages, which also has emails and text messages.
const MediumLogout = "BACKCHANNEL_LOGOUT"

const (
	logoutPoll     = time.Second
	logoutBatch    = 8
	logoutLease    = time.Minute // longer than a batch of attempts
	logoutTimeout  = 5 * time.Second
	logoutLifetime = 24 * time.Hour // then the message is dropped
)

// logoutDocument is the stored form of a logout that a client does not know yet.
type logoutDocument struct {
	ClientID   string `json:"ClientID"`
	SSOSession string `json:"SSOSession"`
}

// queueLogout stores the logout for each client that has tokens of the SSO session and an address for logouts.
func (s *Service) queueLogout(ctx context.Context, tx *store.Tx, pool *cognate.UserPool, session *cognate.SSOSession) error {
	if !pool.HasBackchannelLogout() {
		return nil
	}
	grants, err := tx.LiveGrants(ctx, pool.ID, session.Sub, s.Now())
	if err != nil {
		return err
	}
	queued := make(map[string]bool)
	for _, g := range grants {
		if g.SSOSession != session.ID || queued[g.ClientID] {
			continue
		}
		queued[g.ClientID] = true
		body, err := json.Marshal(logoutDocument{g.ClientID, session.ID})
		if err != nil {
			return err
		}
		err = tx.CreateOutgoing(ctx, store.Outgoing{
			OutgoingKey: store.OutgoingKey{PoolID: pool.ID, ID: uuid.NewString()}, Sub: session.Sub, Medium: MediumLogout, Body: body,
			Due: s.Now(), Expires: s.Now().Add(logoutLifetime),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// LogoutSender tells clients that users have logged out. A server claims each message with a lease, so a message is sent at least
// once, and it is sent again if the client does not answer. Source: OpenID Connect Back-Channel Logout 1.0.
type LogoutSender struct {
	Store  *store.Store
	Tokens *tokens.Service
	// Client sends the requests. It allows only the addresses to which API input may lead the server.
	Client *http.Client
	// Observe, if not nil, is called after each attempt.
	Observe func(LogoutOutcome)
	Now     func() time.Time
	Log     *slog.Logger
}

// LogoutOutcome is the outcome of an attempt to send a logout to a client.
type LogoutOutcome string

// The outcomes. Only a postponed message is sent again.
const (
	LogoutDelivered LogoutOutcome = "delivered"
	LogoutRefused   LogoutOutcome = "refused"
	LogoutExpired   LogoutOutcome = "expired"
	LogoutPostponed LogoutOutcome = "postponed"
)

func (l *LogoutSender) observe(o LogoutOutcome) {
	if l.Observe != nil {
		l.Observe(o)
	}
}

// Run sends messages until ctx ends.
func (l *LogoutSender) Run(ctx context.Context) error {
	tick := time.NewTicker(logoutPoll)
	defer tick.Stop()
	for {
		if err := l.SendDue(ctx); err != nil && ctx.Err() == nil {
			l.Log.ErrorContext(ctx, "waiting logout messages could not be claimed", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// SendDue makes one attempt for every message that is due. It returns errors of the database only.
func (l *LogoutSender) SendDue(ctx context.Context) error {
	for {
		keys, err := l.Store.DueOutgoing(ctx, MediumLogout, l.Now(), logoutBatch)
		if err != nil || len(keys) == 0 {
			return err
		}
		for _, key := range keys {
			if err := l.sendOne(ctx, key); err != nil {
				return err
			}
		}
	}
}

// sendOne claims a message, sends it, and stores the outcome. If the outcome cannot be stored, the lease expires.
func (l *LogoutSender) sendOne(ctx context.Context, key store.OutgoingKey) error {
	lease := uuid.NewString()
	var claimed store.Claimed
	err := l.Store.Write(ctx, func(tx *store.Tx) (err error) {
		claimed, err = tx.ClaimOutgoing(ctx, key, lease, l.Now(), l.Now().Add(logoutLease))
		return err
	})
	if errors.Is(err, store.ErrNotFound) { // another server has claimed it
		return nil
	}
	if err != nil {
		return err
	}
	refused := l.try(ctx, claimed)
	ctx = context.WithoutCancel(ctx) // the outcome must be stored; otherwise the message is sent again
	return l.Store.Write(ctx, func(tx *store.Tx) error {
		if refused != nil && l.Now().Before(claimed.Expires) {
			return tx.PostponeOutgoing(ctx, key, lease, l.Now().Add(pause.Backoff(claimed.Attempts)))
		}
		return tx.DeleteOutgoing(ctx, key)
	})
}

// try sends a message, unless it has expired, and logs an error. It returns an error if another attempt may succeed.
func (l *LogoutSender) try(ctx context.Context, c store.Claimed) error {
	err := l.send(ctx, c)
	log := l.Log.With("pool", c.PoolID, "sub", c.Sub, "id", c.ID, "attempt", c.Attempts)
	switch {
	case err == nil:
		l.observe(LogoutDelivered)
		return nil
	case errors.Is(err, errLogoutRefused):
		l.observe(LogoutRefused)
		log.WarnContext(ctx, "the client refused a logout", "error", err)
		return nil
	case !l.Now().Before(c.Expires):
		l.observe(LogoutExpired)
		log.ErrorContext(ctx, "logout dropped: the client did not accept it in time", "error", err)
		return nil
	default:
		l.observe(LogoutPostponed)
		log.WarnContext(ctx, "logout not sent yet", "error", err)
		return err
	}
}

// errLogoutRefused means that the client refuses the message, so no other attempt follows.
var errLogoutRefused = errors.New("the client answered")

// send sends a message to the client's address, if the pool still has one for it. Source: OpenID Connect Back-Channel Logout 1.0
// sections 2.5 and 2.8.
func (l *LogoutSender) send(ctx context.Context, c store.Claimed) error {
	body, err := l.Store.OutgoingBody(c)
	if err != nil {
		return err
	}
	var document logoutDocument
	if err := json.Unmarshal(body, &document); err != nil {
		return err
	}
	client, pool, err := l.Store.AppClientWithPool(ctx, document.ClientID)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	uri := pool.BackchannelLogoutURI(client)
	if uri == "" || client.PoolID != c.PoolID {
		return nil
	}
	token, err := l.Tokens.LogoutToken(ctx, pool, client.ID, c.Sub, document.SSOSession)
	if err != nil {
		return err
	}
	return l.post(ctx, uri, token)
}

func (l *LogoutSender) post(ctx context.Context, uri, token string) error {
	ctx, stop := context.WithTimeout(ctx, logoutTimeout)
	defer stop()
	form := strings.NewReader(url.Values{"logout_token": {token}}.Encode())
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, uri, form)
	if err != nil {
		return fmt.Errorf("%w: %w", errLogoutRefused, err) // the tag has no valid URL
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := l.Client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.CopyN(io.Discard, response.Body, 4<<10) // so that the connection can be used again
	switch status := response.StatusCode; {
	case status/100 == 2:
		return nil
	case status/100 == 4 && status != http.StatusRequestTimeout && status != http.StatusTooEarly && status != http.StatusTooManyRequests:
		return fmt.Errorf("%w %d", errLogoutRefused, status)
	default:
		return fmt.Errorf("the client answered %d", status)
	}
}
