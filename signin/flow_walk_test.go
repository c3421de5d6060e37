package signin_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"

	"cognate"
	"cognate/api"
	"cognate/authn/srp"
	"cognate/cognatetest"
)

// flowPath is a way to sign in.
type flowPath struct {
	name string
	pool func(*flowServer) *flowPool
	user string
	flow api.AuthFlowType
	// parameters come in pairs, besides USERNAME. The value of SRP_A, REFRESH_TOKEN and DEVICE_KEY is filled in.
	parameters []string
	// choices answer the challenges that the user answers by choice, in pairs: SELECT_CHALLENGE, SELECT_MFA_TYPE, MFA_SETUP.
	choices  map[api.ChallengeNameType][]string
	metadata map[string]string
}

// flowWalk is a sign-in along a path.
type flowWalk struct {
	*flowServer
	path     *flowPath
	pool     *flowPool
	admin    bool // by the administrator's operations
	user     string
	exchange *srp.Client // the client's half of an SRP exchange
	session  string      // of a sign-up
}

func (s *flowServer) newWalk(path *flowPath, admin bool) *flowWalk {
	s.t.Helper()
	w := &flowWalk{flowServer: s, path: path, pool: path.pool(s), admin: admin, user: path.user}
	s.users++
	name := fmt.Sprintf("user-%04d", s.users)
	switch path.user {
	case newUser:
		w.user = name
		w.pool.MustUser(name)
	case invitedUser:
		w.user = name
		s.Must(s.t).AdminCreateUser(&api.AdminCreateUserInput{
			UserPoolId: w.pool.id, Username: name, TemporaryPassword: cognatetest.Password, MessageAction: api.MessageActionTypeSuppress,
			UserAttributes: []api.AttributeType{{Name: "email", Value: invitedEmail}, {Name: "email_verified", Value: "true"}},
		})
	case signedUpUser:
		w.user = name
		w.session = w.signUp()
	}
	return w
}

// signUp returns the Session that ConfirmSignUp gives a new user.
func (w *flowWalk) signUp() string {
	w.t.Helper()
	hash := ""
	if w.secret {
		hash = cognate.SecretHash(w.pool.client.Secrets[0].Value, w.user, w.pool.client.ID)
	}
	begun := w.Must(w.t).SignUp(&api.SignUpInput{
		ClientId: w.pool.client.ID, SecretHash: hash, Username: w.user, Password: cognatetest.Password,
		UserAttributes: []api.AttributeType{{Name: "email", Value: w.email()}},
	})
	return w.Must(w.t).ConfirmSignUp(&api.ConfirmSignUpInput{
		ClientId: w.pool.client.ID, SecretHash: hash, Username: w.user, Session: begun.Session,
		ConfirmationCode: mustCode(w.t, w.Server, w.email()),
	}).Session
}

func (w *flowWalk) email() string {
	if w.path.user == invitedUser {
		return invitedEmail
	}
	return w.user + "@example.com"
}

func (w *flowWalk) request(operation string, members, parameters map[string]string) *flowRequest {
	members["ClientId"] = w.pool.client.ID
	if w.admin {
		operation = "Admin" + operation
		members["UserPoolId"] = w.pool.id
	}
	return &flowRequest{operation: operation, members: members, parameters: parameters, metadata: w.path.metadata}
}

// begin returns the request that begins the sign-in, without SECRET_HASH.
func (w *flowWalk) begin() *flowRequest {
	w.t.Helper()
	parameters := responses(w.user, w.path.parameters...)
	w.fill(parameters)
	if w.path.flow == api.AuthFlowTypeRefreshTokenAuth || w.path.flow == api.AuthFlowTypeRefreshToken {
		delete(parameters, "USERNAME")
	}
	members := map[string]string{"AuthFlow": string(w.path.flow)}
	if w.admin && w.path.flow == api.AuthFlowTypeUserPasswordAuth {
		members["AuthFlow"] = string(api.AuthFlowTypeAdminUserPasswordAuth)
	}
	if w.session != "" {
		members["Session"] = w.session
	}
	return w.request("InitiateAuth", members, parameters)
}

// fill sets the parameters whose values differ from sign-in to sign-in.
func (w *flowWalk) fill(parameters map[string]string) {
	w.t.Helper()
	if _, ok := parameters["SRP_A"]; ok {
		w.exchange = cognatetest.Try(srp.NewClient(rand.Reader)).Of(w.t)
		parameters["SRP_A"] = w.exchange.A()
	}
	if _, ok := parameters["DEVICE_KEY"]; ok {
		parameters["DEVICE_KEY"] = w.device.Key
	}
	if _, ok := parameters["REFRESH_TOKEN"]; ok {
		path := &flowPath{pool: w.path.pool, user: w.path.user, flow: api.AuthFlowTypeUserPasswordAuth}
		path.parameters = []string{"PASSWORD", cognatetest.Password}
		if parameters["DEVICE_KEY"] != "" {
			path.parameters = append(path.parameters, "DEVICE_KEY", "")
		}
		tokens := w.newWalk(path, false).mustFinish()["AuthenticationResult"].(map[string]any)
		parameters["REFRESH_TOKEN"] = tokens["RefreshToken"].(string)
	}
}

// sign adds SECRET_HASH if the client has a secret.
func (w *flowWalk) sign(r *flowRequest) {
	if !w.secret {
		return
	}
	name, ok := r.parameters["USERNAME"]
	if !ok {
		name = w.user
	}
	r.parameters["SECRET_HASH"] = cognate.SecretHash(w.pool.client.Secrets[0].Value, name, w.pool.client.ID)
}

// next returns the request with the right answer to a challenge, without SECRET_HASH.
func (w *flowWalk) next(asked map[string]any) *flowRequest {
	w.t.Helper()
	challenge := api.ChallengeNameType(text(asked, "ChallengeName"))
	session := text(asked, "Session")
	parameters := make(map[string]string)
	if given, ok := asked["ChallengeParameters"].(map[string]any); ok {
		for name, value := range given {
			parameters[name] = value.(string)
		}
	}
	var in map[string]string
	switch challenge {
	case verifier:
		in = w.prove(parameters)
	case deviceSRP:
		in = responses(w.user, "DEVICE_KEY", "", "SRP_A", "")
	case deviceProof:
		in = w.proveDevice(parameters)
	case byPasskey:
		open := []byte(forAnyPasskey(w.t, parameters)["CREDENTIAL_REQUEST_OPTIONS"])
		in = responses(w.user, "CREDENTIAL", string(cognatetest.Try(w.passkey.Get(cognatetest.Page, open)).Of(w.t)))
	case api.ChallengeNameTypeMfaSetup:
		in = responses(w.user, w.path.choices[challenge]...)
		if len(in) == 1 {
			session = w.setUp(session)
		}
	case newPassword:
		in = responses(w.user, "NEW_PASSWORD", "Correct-horse-8")
		var names []string
		if err := json.Unmarshal([]byte(parameters["requiredAttributes"]), &names); err != nil {
			w.t.Fatalf("requiredAttributes = %v", err)
		}
		for _, name := range names {
			in[name] = "a name"
		}
	default:
		in = responses(w.user, w.simpleAnswer(challenge, parameters)...)
	}
	if slices.Contains(w.path.parameters, "DEVICE_KEY") { // a request is made on the device that it names itself
		in["DEVICE_KEY"] = ""
	}
	w.fill(in)
	members := map[string]string{"ChallengeName": string(challenge)}
	if session != "" {
		members["Session"] = session
	}
	return w.request("RespondToAuthChallenge", members, in)
}

// simpleAnswer returns the responses, in pairs, to a challenge that takes a password, a code or a choice.
func (w *flowWalk) simpleAnswer(challenge api.ChallengeNameType, parameters map[string]string) []string {
	w.t.Helper()
	switch challenge {
	case byPassword:
		return []string{"PASSWORD", cognatetest.Password}
	case bySRP:
		return []string{"SRP_A", ""}
	case custom:
		return []string{"ANSWER", parameters["riddle"][len("say "):]}
	case totp:
		w.NextStep()
		return []string{"SOFTWARE_TOKEN_MFA_CODE", w.Code(w.tokens[w.user])}
	case smsMFA:
		return []string{"SMS_MFA_CODE", w.sentCode(flowPhones[w.user])}
	case bySMS:
		return []string{"SMS_OTP_CODE", w.sentCode(flowPhones[w.user])}
	case byEmail:
		if len(w.path.choices[api.ChallengeNameTypeMfaSetup]) > 0 {
			return []string{"EMAIL_OTP_CODE", w.sentCode(setupEmail)}
		}
		return []string{"EMAIL_OTP_CODE", w.sentCode(w.email())}
	default:
		choice := w.path.choices[challenge]
		if len(choice) == 0 {
			w.t.Fatalf("%s: no answer to %q", w.path.name, challenge)
		}
		return choice
	}
}

// sentCode returns the code that was sent last. For an unknown user, who gets no code, it returns eight digits.
func (w *flowWalk) sentCode(destination string) string {
	w.t.Helper()
	if w.user == w.unknown {
		return "00000000"
	}
	return mustCode(w.t, w.Server, destination)
}

// prove returns the responses to PASSWORD_VERIFIER.
func (w *flowWalk) prove(c map[string]string) map[string]string {
	w.t.Helper()
	begun := &srpSignIn{client: w.exchange, challenge: c}
	return begun.answer(w.t, w.pool.UserPool, cognatetest.Password)
}

// proveDevice returns the responses to DEVICE_PASSWORD_VERIFIER.
func (w *flowWalk) proveDevice(c map[string]string) map[string]string {
	w.t.Helper()
	signature, timestamp, err := w.exchange.Respond(
		srp.Identity{PoolName: w.device.GroupKey, Username: w.device.Key}, w.device.Secret,
		srp.Challenge{Salt: c["SALT"], B: c["SRP_B"], SecretBlock: c["SECRET_BLOCK"]}, w.Clock.Now(),
	)
	if err != nil {
		w.t.Fatalf("Respond() = %v", err)
	}
	return responses(w.user, "DEVICE_KEY", "", "PASSWORD_CLAIM_SECRET_BLOCK", c["SECRET_BLOCK"],
		"PASSWORD_CLAIM_SIGNATURE", signature, "TIMESTAMP", timestamp)
}

// setUp sets a software token up and returns the Session that answers MFA_SETUP.
func (w *flowWalk) setUp(session string) string {
	w.t.Helper()
	a := w.Must(w.t).AssociateSoftwareToken(&api.AssociateSoftwareTokenInput{Session: session})
	return w.Must(w.t).VerifySoftwareToken(&api.VerifySoftwareTokenInput{
		Session: a.Session, UserCode: w.Code(a.SecretCode),
	}).Session
}

// mustFinish continues the sign-in to the end of the path and returns the last answer.
func (w *flowWalk) mustFinish() map[string]any {
	w.t.Helper()
	r := w.begin()
	for {
		w.sign(r)
		answer, err := w.send(r)
		if err != nil {
			w.t.Fatalf("%s: %v = %v, want an answer", w.path.name, r, err)
		}
		if answer["AuthenticationResult"] != nil {
			return answer
		}
		r = w.next(answer)
	}
}

// mustStopAt continues a sign-in up to a challenge and returns the request with the right answer, without SECRET_HASH. If
// challenge is empty, it returns the first request.
func (w *flowWalk) mustStopAt(challenge api.ChallengeNameType) *flowRequest {
	w.t.Helper()
	r := w.begin()
	for challenge != api.ChallengeNameType(r.members["ChallengeName"]) {
		w.sign(r)
		answer, err := w.send(r)
		if err != nil || answer["AuthenticationResult"] != nil {
			w.t.Fatalf("%s: %v = %v, %v, want the way to %s", w.path.name, r, answer, err, challenge)
		}
		r = w.next(answer)
	}
	return r
}
