package main

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cognate/api"
	"cognate/authn/srp"
	"cognate/authn/totp"
	"cognate/authn/webauthn/webauthntest"
)

// storedClients is testdata/stored/clients.json: the data that clients of the stored database have.
type storedClients struct {
	PublicURL               string
	Now                     time.Time
	Password, SoftwareToken string
	Passkey                 struct {
		ID, Handle, RelyingPartyID string
		Key                        []byte
	}
	Device                                                                     struct{ Key, GroupKey, Secret string }
	ClientSecret, AccessToken, RefreshToken, FirstOfRotation, SecondOfRotation string
	SignUpCode, ForgotPasswordCode                                             string
	Unfinished                                                                 []struct {
		Name, ClientID, Session string
		ChallengeName           api.ChallengeNameType
		ChallengeResponses      map[string]string
	}
}

// storedServer is a server on a copy of the stored database. Its clock is set to the time of that database.
type storedServer struct {
	*api.Client
	storedClients
	url string
	t   *testing.T
}

func startStored(t *testing.T) *storedServer {
	t.Helper()
	s := &storedServer{t: t}
	if err := json.Unmarshal(readStored(t, "clients.json"), &s.storedClients); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for from, to := range map[string]string{"cognate.sqlite": "cognate.db", "master.key": "master.key"} {
		mustWriteFile(t, filepath.Join(dir, to), string(readStored(t, from)))
	}
	p := mustStart(t, dir, "dev", "--listen", "127.0.0.1:0", "--public-url", s.PublicURL, "--data", dir)
	s.Client, s.url = clientOf(p), p.url
	s.post("/_cognate/clock/freeze", "{}")
	s.setClock(s.Now)
	return s
}

func readStored(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", "stored", name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func (s *storedServer) post(path, body string) { s.send(http.MethodPost, path, body) }

func (s *storedServer) setClock(at time.Time) {
	s.send(http.MethodPut, "/_cognate/clock", `{"Now":"`+at.Format(time.RFC3339)+`"}`)
}

func (s *storedServer) send(method, path, body string) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	if answer, err := io.ReadAll(response.Body); err != nil || response.StatusCode >= 300 {
		s.t.Fatalf("%s %s = %s, %s, %v", method, path, response.Status, answer, err)
	}
}

// code returns the code that the server sent to a destination.
func (s *storedServer) code(destination string) string {
	s.t.Helper()
	_, body := mustGet(s.t, http.DefaultClient, s.url+"/_cognate/messages/next?destination="+url.QueryEscape(destination))
	var message struct{ Code string }
	if err := json.Unmarshal([]byte(body), &message); err != nil || message.Code == "" {
		s.t.Fatalf("message to %s = %s, want a code", destination, body)
	}
	return message.Code
}

// begin starts a sign-in, which must return the challenge.
func (s *storedServer) begin(flow api.AuthFlowType, parameters map[string]string, want api.ChallengeNameType) *api.InitiateAuthOutput {
	s.t.Helper()
	out, err := s.InitiateAuth(s.t.Context(), &api.InitiateAuthInput{ClientId: "app", AuthFlow: flow, AuthParameters: parameters})
	if err != nil || out.ChallengeName != want {
		s.t.Fatalf("InitiateAuth(%s) = %+v, %v, want %q", parameters["USERNAME"], out, err, want)
	}
	return out
}

func (s *storedServer) withPassword(username string, want api.ChallengeNameType, more ...string) *api.InitiateAuthOutput {
	s.t.Helper()
	parameters := map[string]string{"USERNAME": username, "PASSWORD": s.Password}
	for i := 0; i+1 < len(more); i += 2 {
		parameters[more[i]] = more[i+1]
	}
	return s.begin(api.AuthFlowTypeUserPasswordAuth, parameters, want)
}

// answer answers a challenge. The answer must be the challenge want, or tokens if want is empty.
func (s *storedServer) answer(client string, name api.ChallengeNameType, session string, responses map[string]string, want api.ChallengeNameType) *api.RespondToAuthChallengeOutput {
	s.t.Helper()
	out, err := s.RespondToAuthChallenge(s.t.Context(), &api.RespondToAuthChallengeInput{
		ClientId: client, ChallengeName: name, Session: session, ChallengeResponses: responses,
	})
	if err != nil || out.ChallengeName != want || (want == "") != (out.AuthenticationResult != nil) {
		s.t.Fatalf("RespondToAuthChallenge(%s of %s) = %+v, %v, want challenge %q", name, responses["USERNAME"], out, err, want)
	}
	return out
}

// prove answers a PASSWORD_VERIFIER or DEVICE_PASSWORD_VERIFIER challenge, which must return tokens.
func (s *storedServer) prove(client *srp.Client, id srp.Identity, secret, session string, asked api.ChallengeNameType, parameters, responses map[string]string) {
	s.t.Helper()
	signature, timestamp, err := client.Respond(id, secret, srp.Challenge{
		Salt: parameters["SALT"], B: parameters["SRP_B"], SecretBlock: parameters["SECRET_BLOCK"],
	}, s.Now)
	if err != nil {
		s.t.Fatalf("Respond() = %v", err)
	}
	responses["PASSWORD_CLAIM_SECRET_BLOCK"] = parameters["SECRET_BLOCK"]
	responses["PASSWORD_CLAIM_SIGNATURE"], responses["TIMESTAMP"] = signature, timestamp
	s.answer("app", asked, session, responses, "")
}

func newSRPClient(t *testing.T) *srp.Client {
	t.Helper()
	client, err := srp.NewClient(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// Users of a database that an earlier build wrote can sign in with all their factors.
func TestStoredDatabase(t *testing.T) {
	t.Parallel()
	s := startStored(t)
	for _, part := range []struct {
		name string
		test func(*storedServer)
	}{
		{"password", storedPassword},
		{"argon2id", storedArgon2id},
		{"SRP", storedSRP},
		{"software token", storedSoftwareToken},
		{"SMS", storedSMS},
		{"email", storedEmail},
		{"passkey", storedPasskey},
		{"device", storedDevice},
		{"unfinished sign-ins", storedUnfinished},
		{"access token", storedAccessToken},
		{"refresh token", storedRefreshToken},
		{"rotating refresh tokens", storedRotation},
		{"sent codes", storedCodes},
	} {
		t.Run(part.name, func(t *testing.T) {
			part.test(&storedServer{s.Client, s.storedClients, s.url, t})
		})
	}
}

func storedPassword(s *storedServer) {
	s.withPassword("password", "")
	s.withPassword("password@example.com", "") // the alias of the same user
	_, err := s.InitiateAuth(s.t.Context(), &api.InitiateAuthInput{
		ClientId: "app", AuthFlow: api.AuthFlowTypeUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": "password", "PASSWORD": "wrong"},
	})
	if !errors.Is(err, api.NotAuthorizedException("")) {
		s.t.Errorf("InitiateAuth(wrong password) = %v, want NotAuthorizedException", err)
	}
}

func storedArgon2id(s *storedServer) {
	out, err := s.InitiateAuth(s.t.Context(), &api.InitiateAuthInput{
		ClientId: "argon2id", AuthFlow: api.AuthFlowTypeUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": "password@example.com", "PASSWORD": s.Password},
	})
	if err != nil || out.AuthenticationResult == nil {
		s.t.Errorf("InitiateAuth() = %+v, %v, want tokens", out, err)
	}
}

func storedSRP(s *storedServer) {
	client := newSRPClient(s.t)
	begun := s.begin(api.AuthFlowTypeUserSrpAuth, map[string]string{"USERNAME": "password", "SRP_A": client.A()}, api.ChallengeNameTypePasswordVerifier)
	id := srp.Identity{PoolName: "Golden001", Username: begun.ChallengeParameters["USER_ID_FOR_SRP"]}
	s.prove(client, id, s.Password, begun.Session, begun.ChallengeName, begun.ChallengeParameters, map[string]string{"USERNAME": "password"})
}

func storedSoftwareToken(s *storedServer) {
	key, err := totp.Decode(s.SoftwareToken)
	if err != nil {
		s.t.Fatal(err)
	}
	begun := s.withPassword("software-token", api.ChallengeNameTypeSoftwareTokenMfa)
	if name := begun.ChallengeParameters["FRIENDLY_DEVICE_NAME"]; name != "phone" {
		s.t.Errorf("FRIENDLY_DEVICE_NAME = %q, want phone", name)
	}
	s.answer("app", begun.ChallengeName, begun.Session, map[string]string{
		"USERNAME": "software-token", "SOFTWARE_TOKEN_MFA_CODE": totp.Code(key, s.Now),
	}, "")
}

func storedSMS(s *storedServer) {
	begun := s.withPassword("sms", api.ChallengeNameTypeSmsMfa)
	s.answer("app", begun.ChallengeName, begun.Session, map[string]string{"USERNAME": "sms", "SMS_MFA_CODE": s.code("+15555550100")}, "")
}

func storedEmail(s *storedServer) {
	begun := s.withPassword("email", api.ChallengeNameTypeEmailOtp)
	s.answer("app", begun.ChallengeName, begun.Session, map[string]string{"USERNAME": "email", "EMAIL_OTP_CODE": s.code("email@example.com")}, "")
}

func storedPasskey(s *storedServer) {
	id, err := base64.RawURLEncoding.DecodeString(s.Passkey.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	handle, err := base64.RawURLEncoding.DecodeString(s.Passkey.Handle)
	if err != nil {
		s.t.Fatal(err)
	}
	key, err := x509.ParsePKCS8PrivateKey(s.Passkey.Key)
	if err != nil {
		s.t.Fatal(err)
	}
	authenticator := &webauthntest.Authenticator{Verifies: true, Counts: true, Counter: 1}
	authenticator.Add(webauthntest.Passkey{ID: id, UserHandle: handle, RelyingPartyID: s.Passkey.RelyingPartyID, Key: key.(crypto.Signer)})
	begun := s.begin(api.AuthFlowTypeUserAuth, map[string]string{"USERNAME": "passkey", "PREFERRED_CHALLENGE": "WEB_AUTHN"}, api.ChallengeNameTypeWebAuthn)
	credential, err := authenticator.Get("https://app.example.com", []byte(begun.ChallengeParameters["CREDENTIAL_REQUEST_OPTIONS"]))
	if err != nil {
		s.t.Fatalf("Get() = %v", err)
	}
	s.answer("app", begun.ChallengeName, begun.Session, map[string]string{"USERNAME": "passkey", "CREDENTIAL": string(credential)}, "")
}

func storedDevice(s *storedServer) {
	client := newSRPClient(s.t)
	begun := s.withPassword("device", api.ChallengeNameTypeDeviceSrpAuth, "DEVICE_KEY", s.Device.Key)
	asked := s.answer("app", begun.ChallengeName, begun.Session, map[string]string{
		"USERNAME": "device", "DEVICE_KEY": s.Device.Key, "SRP_A": client.A(),
	}, api.ChallengeNameTypeDevicePasswordVerifier)
	s.prove(client, srp.Identity{PoolName: s.Device.GroupKey, Username: s.Device.Key}, s.Device.Secret, asked.Session, asked.ChallengeName,
		asked.ChallengeParameters, map[string]string{"USERNAME": "device", "DEVICE_KEY": s.Device.Key})
}

func storedUnfinished(s *storedServer) {
	for _, u := range s.Unfinished {
		s.answer(u.ClientID, u.ChallengeName, u.Session, u.ChallengeResponses, "")
	}
}

func storedAccessToken(s *storedServer) {
	out, err := s.GetUser(s.t.Context(), &api.GetUserInput{AccessToken: s.AccessToken})
	if err != nil || out.Username != "refresh" {
		s.t.Errorf("GetUser() = %+v, %v, want refresh", out, err)
	}
}

func storedRefreshToken(s *storedServer) {
	out, err := s.InitiateAuth(s.t.Context(), &api.InitiateAuthInput{
		ClientId: "refreshing", AuthFlow: api.AuthFlowTypeRefreshTokenAuth, AuthParameters: map[string]string{"REFRESH_TOKEN": s.RefreshToken},
	})
	if err != nil || out.AuthenticationResult == nil {
		s.t.Errorf("InitiateAuth(REFRESH_TOKEN_AUTH) = %+v, %v, want tokens", out, err)
	}
}

func storedRotation(s *storedServer) {
	for name, token := range map[string]string{"first": s.FirstOfRotation, "second": s.SecondOfRotation} {
		out, err := s.GetTokensFromRefreshToken(s.t.Context(), &api.GetTokensFromRefreshTokenInput{
			ClientId: "rotating", ClientSecret: s.ClientSecret, RefreshToken: token,
		})
		if err != nil || out.AuthenticationResult == nil || out.AuthenticationResult.RefreshToken == "" {
			s.t.Errorf("GetTokensFromRefreshToken(%s token of a rotation) = %+v, %v, want tokens", name, out, err)
		}
	}
	mac := hmac.New(sha256.New, []byte(s.ClientSecret))
	mac.Write([]byte("refresh" + "rotating"))
	out, err := s.InitiateAuth(s.t.Context(), &api.InitiateAuthInput{
		ClientId: "rotating", AuthFlow: api.AuthFlowTypeUserPasswordAuth, AuthParameters: map[string]string{
			"USERNAME": "refresh", "PASSWORD": s.Password, "SECRET_HASH": base64.StdEncoding.EncodeToString(mac.Sum(nil)),
		},
	})
	if err != nil || out.AuthenticationResult == nil {
		s.t.Errorf("InitiateAuth(with a secret hash) = %+v, %v, want tokens", out, err)
	}
}

func storedCodes(s *storedServer) {
	_, err := s.ConfirmSignUp(s.t.Context(), &api.ConfirmSignUpInput{
		ClientId: "app", Username: "unconfirmed", ConfirmationCode: s.SignUpCode,
	})
	if err != nil {
		s.t.Errorf("ConfirmSignUp() = %v", err)
	}
	_, err = s.ConfirmForgotPassword(s.t.Context(), &api.ConfirmForgotPasswordInput{
		ClientId: "app", Username: "forgotten", ConfirmationCode: s.ForgotPasswordCode, Password: s.Password + "-new",
	})
	if err != nil {
		s.t.Errorf("ConfirmForgotPassword() = %v", err)
	}
}
