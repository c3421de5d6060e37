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
		subject = &cognate.User{PoolID: r.Pool.ID, Username: e.decoyUsername(r.Pool, typed)}
	}
	verifier, err := e.Passwords.Verifier(r.Pool, subject.Username, user)
	if err != nil {
		return nil, err
	}
	exchange, err := srp.Begin(verifier, a, rand.Reader)
	if err != nil {
		return nil, err
	}
	session := e.Sessions.New(r.Client, subject, cognate.StepPasswordSRP, cognate.MethodSRP)
	session.SRP = &cognate.SRPState{A: exchange.A, B: exchange.B, Secret: exchange.Secret}
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
// and always the same for the same typed name.
func (e *Engine) decoyUsername(pool *cognate.UserPool, typed string) string {
	isAlias := strings.Contains(typed, "@") || strings.HasPrefix(typed, "+")
	if !pool.UsesUsernameAttributes() && (len(pool.AliasAttributes) == 0 || !isAlias) {
		return typed
	}
	mac := hmac.New(sha256.New, e.Passwords.DecoyKey)
	mac.Write([]byte("sub/" + pool.ID + "/" + pool.Normal(typed)))
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
	if user != nil {
		if err := e.requireSameUser(ctx, a, user); err != nil {
			return nil, cognate.ErrIncorrectPassword
		}
	}
	right, err := e.verifyProof(a.Pool, session, user, proof)
	if err != nil {
		return nil, err
	}
	outcome, err := e.settle(ctx, &turn{
		pool: a.Pool, client: a.Client, user: user, login: session.Username, method: cognate.MethodSRP, session: session,
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
	if session.Sub == "" {
		return nil, nil
	}
	user, err := e.Store.User(ctx, session.PoolID, session.Sub)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return user, err
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
