package signin

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"

	"github.com/google/uuid"

	"cognate"
	"cognate/api"
	"cognate/authn/srp"
	"cognate/store"
)

// startSRP begins a sign-in by SRP: the server's half goes out sealed in SECRET_BLOCK and comes back with the proof, so
// nothing is kept meanwhile (behaviour §2.4).
func (e *Engine) startSRP(ctx context.Context, r *Request) (*Outcome, error) {
	username, err := parameter(r.Parameters, "USERNAME")
	if err != nil {
		return nil, err
	}
	srpA, err := parameter(r.Parameters, "SRP_A")
	if err != nil {
		return nil, err
	}
	if err := r.Client.RequireSecretHash(username, r.Parameters["SECRET_HASH"]); err != nil {
		return nil, err
	}
	if r.Pool.StoresArgon2id() {
		return nil, api.InvalidParameterException("USER_SRP_AUTH is not enabled for the user pool.")
	}
	a, err := srp.ParseA(srpA)
	if err != nil {
		return nil, api.InvalidParameterException("SRP_A is not valid.")
	}
	user, err := e.find(ctx, r.Pool, username)
	if err != nil {
		return nil, err
	}
	if user == nil && !r.Client.HidesUsers() {
		return nil, cognate.ErrUserDoesNotExist
	}
	return e.challengeSRP(r, username, user, a)
}

func (e *Engine) challengeSRP(r *Request, typed string, user *cognate.User, a []byte) (*Outcome, error) {
	subject := user
	if user == nil { // a user who is nobody, the same each time
		subject = &cognate.User{PoolID: r.Pool.ID, Sub: uuid.NewString(), Username: e.decoyUsername(r.Pool, typed)}
	}
	verifier, err := e.Passwords.Verifier(r.Pool, subject.Username, user)
	if err != nil {
		return nil, err
	}
	exchange, err := srp.Begin(verifier, a, rand.Reader)
	if err != nil {
		return nil, err
	}
	session := e.Sessions.New(r.Client, subject, cognate.StepPasswordSRP)
	session.SRP = &cognate.SRPState{Login: typed, A: exchange.A, B: exchange.B, Secret: exchange.Secret}
	block, err := e.Sessions.Seal(session)
	if err != nil {
		return nil, err
	}
	return &Outcome{Challenge: api.ChallengeNameTypePasswordVerifier, Parameters: map[string]string{
		"SALT":            verifier.SaltHex(),
		"SRP_B":           exchange.BHex(),
		"SECRET_BLOCK":    toBlock(block),
		"USERNAME":        subject.Username,
		"USER_ID_FOR_SRP": subject.Username,
	}}, nil
}

// toBlock turns a sealed Session into the standard base64 that SECRET_BLOCK is: clients decode it before they sign it.
func toBlock(session string) string { return base64.StdEncoding.EncodeToString([]byte(session)) }

// decoyUsername returns the name under which a user that does not exist would sign in: shaped like the pool's real ones,
// and always the same for the same typed name, however it is spelled where spelling doesn't count.
func (e *Engine) decoyUsername(pool *cognate.UserPool, typed string) string {
	typed = pool.Normal(typed)
	isAlias := strings.Contains(typed, "@") || strings.HasPrefix(typed, "+")
	if !pool.UsesUsernameAttributes() && (len(pool.AliasAttributes) == 0 || !isAlias) {
		return typed
	}
	mac := hmac.New(sha256.New, e.Passwords.DecoyKey)
	mac.Write([]byte("sub/" + pool.ID + "/" + typed))
	h := hex.EncodeToString(mac.Sum(nil))
	return h[:8] + "-" + h[8:12] + "-70" + h[12:14] + "-" + h[14:18] + "-" + h[18:30]
}

// answerSRP checks the client's proof. Whatever is wrong with it, a foreign block included, is a wrong password.
func (e *Engine) answerSRP(ctx context.Context, a *Answer) (*Outcome, error) {
	proof, err := readProof(a)
	if err != nil {
		return nil, err
	}
	session, err := e.openBlock(a, proof.SecretBlock)
	if err != nil {
		return nil, err
	}
	user, err := e.srpUser(ctx, session)
	if err != nil {
		return nil, err
	}
	if err := e.admitProof(ctx, a, session, user); err != nil {
		return nil, err
	}
	right, err := e.verifyProof(a.Pool, session, user, proof)
	if err != nil {
		return nil, err
	}
	outcome, err := e.settle(ctx, &turn{
		pool: a.Pool, client: a.Client, user: user, login: session.SRP.Login, session: session,
		prove: e.passwordProof(right),
	})
	if errors.Is(err, errStale) || isSessionRefusal(err) {
		return nil, cognate.ErrIncorrectPassword
	}
	return outcome, err
}

func readProof(a *Answer) (*srp.Answer, error) {
	texts := make(map[string]string)
	for _, name := range []string{"PASSWORD_CLAIM_SECRET_BLOCK", "PASSWORD_CLAIM_SIGNATURE", "TIMESTAMP"} {
		text, err := parameter(a.Responses, name)
		if err != nil {
			return nil, err
		}
		texts[name] = text
	}
	timestamp, err := srp.ParseTimestamp(texts["TIMESTAMP"])
	if err != nil {
		return nil, api.InvalidParameterException("TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.")
	}
	block, err := base64.StdEncoding.DecodeString(texts["PASSWORD_CLAIM_SECRET_BLOCK"])
	if err != nil {
		return nil, cognate.ErrIncorrectPassword
	}
	return &srp.Answer{SecretBlock: block, Timestamp: timestamp, Signature: texts["PASSWORD_CLAIM_SIGNATURE"]}, nil
}

func (e *Engine) openBlock(a *Answer, block []byte) (*cognate.Session, error) {
	session, err := e.Sessions.Open(string(block), cognate.StepPasswordSRP)
	if err != nil || session.SRP == nil || session.ClientID != a.Client.ID || session.PoolID != a.Pool.ID {
		return nil, cognate.ErrIncorrectPassword
	}
	return session, nil
}

// srpUser returns the user of an SRP exchange; nil when it was made up for nobody.
func (e *Engine) srpUser(ctx context.Context, session *cognate.Session) (*cognate.User, error) {
	user, err := e.Store.User(ctx, session.PoolID, session.Sub)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return user, err
}

// admitProof refuses an answer whose proof need not be looked at: one that names another user than its exchange does, be
// it made up for nobody; and, where the client doesn't hide users, one of a user who can't sign in whatever the proof.
func (e *Engine) admitProof(ctx context.Context, a *Answer, session *cognate.Session, user *cognate.User) error {
	if user == nil {
		name := a.Pool.Normal(a.Responses["USERNAME"])
		if name != a.Pool.Normal(session.Username) && name != a.Pool.Normal(session.SRP.Login) {
			return cognate.ErrIncorrectPassword
		}
		return nil
	}
	if err := e.requireSameUser(ctx, a, user); err != nil {
		return cognate.ErrIncorrectPassword
	}
	if a.Client.HidesUsers() {
		return nil
	}
	return knownState(user)
}

func (e *Engine) verifyProof(pool *cognate.UserPool, session *cognate.Session, user *cognate.User, proof *srp.Answer) (bool, error) {
	verifier, err := e.Passwords.Verifier(pool, session.Username, user)
	if err != nil {
		return false, err
	}
	exchange := srp.Exchange{A: session.SRP.A, B: session.SRP.B, Secret: session.SRP.Secret}
	id := srp.Identity{PoolName: pool.ShortName(), Username: session.Username}
	return exchange.Verify(verifier, id, *proof) && user != nil, nil
}

func isSessionRefusal(err error) bool {
	return errors.Is(err, cognate.ErrInvalidSession) || errors.Is(err, cognate.ErrSessionExpired) || errors.Is(err, cognate.ErrSessionSpent)
}
