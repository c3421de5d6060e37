package trigger_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/tokens"
	"cognate/trigger"
)

// answers is an invoker whose functions all return the same answer.
type answers struct {
	text  string
	err   error
	calls atomic.Int32
}

func (a *answers) Invoke(context.Context, string, []byte) ([]byte, error) {
	a.calls.Add(1)
	return []byte(a.text), a.err
}

func (a *answers) Start(context.Context, string, []byte) error {
	a.calls.Add(1)
	return a.err
}

var (
	errUnrecognizable = api.InvalidLambdaResponseException("Unrecognizable lambda output")
	errNotJSON        = api.InvalidLambdaResponseException("Invalid lambda function output : Invalid JSON")
)

func TestAnswersThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]error{
		"":                                       errNotJSON,
		"<html>":                                 errNotJSON,
		`{"response":{}`:                         errNotJSON,
		`{"response":{},"response":{}}`:          errNotJSON,
		"{\"response\":{\"x\":\"\xff\"}}":        errNotJSON,
		"null":                                   errUnrecognizable,
		"true":                                   errUnrecognizable,
		"[]":                                     errUnrecognizable,
		"{}":                                     errUnrecognizable,
		`{"response":null}`:                      errUnrecognizable,
		`{"response":[]}`:                        errUnrecognizable,
		`{"Response":{}}`:                        errUnrecognizable,
		`{"response":{"autoConfirmUser":1}}`:     errUnrecognizable,
		`{"response":{"autoVerifyEmail":"yes"}}`: errUnrecognizable,
		`{"response":{"more":{}}}`:               nil,
		`{"response":{"autoConfirmUser":null}}`:  nil,
	} {
		_, err := service(&answers{text: answer}).PreSignUp(t.Context(), unknown(), trigger.PreSignUpSignUp)
		if !errors.Is(err, want) && (err != nil || want != nil) {
			t.Errorf("PreSignUp(%s) = %v, want %v", answer, err, want)
		}
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 3000)
	for name, tc := range map[string]struct {
		err  error
		want *api.Error
	}{
		"thrown":          {&trigger.FunctionError{Message: "no"}, api.UserLambdaValidationException("PreAuthentication failed with error no.")},
		"thrown, long":    {&trigger.FunctionError{Message: long}, api.UserLambdaValidationException("PreAuthentication failed with error " + long[:2048] + ".")},
		"thrown, no text": {&trigger.FunctionError{Message: "\xff"}, api.UserLambdaValidationException("PreAuthentication failed with error \uFFFD.")},
		"denied": {
			&trigger.InvocationError{Message: "AccessDeniedException", Err: errors.New("at 10.0.0.1")},
			api.UnexpectedLambdaException("PreAuthentication invocation failed due to error AccessDeniedException."),
		},
		"unknown": {
			errors.New("dial tcp 10.0.0.1:443"),
			api.UnexpectedLambdaException("PreAuthentication invocation failed due to error The function could not be invoked."),
		},
		"wrapped": {
			fmt.Errorf("at 10.0.0.1: %w", &trigger.FunctionError{Message: "no"}),
			api.UserLambdaValidationException("PreAuthentication failed with error no."),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := &answers{err: tc.err}
			err := service(a).PreAuthentication(t.Context(), anna())
			if !errors.Is(err, tc.want) {
				t.Errorf("PreAuthentication() = %v, want %v", err, tc.want)
			}
			if n := a.calls.Load(); n != 1 {
				t.Errorf("the function was called %d times, want once: only a timeout may pass", n)
			}
		})
	}
}

// hanging is an invoker whose functions hang until their context ends, for a number of calls, and then answer.
type hanging struct {
	left   atomic.Int32
	calls  atomic.Int32
	called func() // if set, called at the start of each call
}

func (h *hanging) Invoke(ctx context.Context, _ string, event []byte) ([]byte, error) {
	h.calls.Add(1)
	if h.called != nil {
		h.called()
	}
	if h.left.Add(-1) < 0 {
		return event, nil
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

func (h *hanging) Start(ctx context.Context, function string, event []byte) error {
	_, err := h.Invoke(ctx, function, event)
	return err
}

func TestTimeouts(t *testing.T) {
	t.Parallel()
	timedOut := api.UnexpectedLambdaException(
		"PostAuthentication invocation failed due to error Socket timeout while invoking Lambda function.")
	for hangs, want := range map[int32]error{0: nil, 2: nil, 3: timedOut} {
		t.Run(fmt.Sprint(hangs), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := new(hanging)
				h.left.Store(hangs)
				s := service(h)
				s.Limit = 20 * time.Millisecond
				err := s.PostAuthentication(t.Context(), anna(), false)
				if !errors.Is(err, want) && (err != nil || want != nil) {
					t.Errorf("PostAuthentication(hangs %d times) = %v, want %v", hangs, err, want)
				}
				if n := h.calls.Load(); n != min(hangs+1, 3) {
					t.Errorf("the function was called %d times, want %d", n, min(hangs+1, 3))
				}
			})
		})
	}
}

func TestCallerLeaves(t *testing.T) {
	t.Parallel()
	ctx, leave := context.WithCancel(t.Context())
	h := &hanging{called: leave}
	h.left.Store(9)
	err := service(h).PostAuthentication(ctx, anna(), false)
	if !errors.Is(err, context.Canceled) || h.calls.Load() != 1 {
		t.Errorf("PostAuthentication(the caller leaves) = %v after %d calls, want context.Canceled after one", err, h.calls.Load())
	}
}

func TestNoTriggerNoCall(t *testing.T) {
	t.Parallel()
	a := &answers{err: errors.New("called")}
	s, c := service(a), trigger.Call{ClientRequest: cognate.ClientRequest{Pool: new(cognate.UserPool)}}
	for name, call := range map[string]func() error{
		"PreSignUp":          func() error { _, err := s.PreSignUp(t.Context(), c, ""); return err },
		"PostConfirmation":   func() error { return s.PostConfirmation(t.Context(), c, "") },
		"PreAuthentication":  func() error { return s.PreAuthentication(t.Context(), c) },
		"PostAuthentication": func() error { return s.PostAuthentication(t.Context(), c, false) },
		"PreTokenGeneration": func() error { _, err := s.PreTokenGeneration(t.Context(), c, "", nil); return err },
		"MigrateUser":        func() error { _, err := s.MigrateUser(t.Context(), c, "", ""); return err },
		"CustomMessage":      func() error { _, err := s.CustomMessage(t.Context(), c, ""); return err },
		"SendCustom":         func() error { _, err := s.SendCustom(t.Context(), c, "", api.DeliveryMediumTypeSms, ""); return err },
		"Define":             func() error { _, err := s.DefineAuthChallenge(t.Context(), c, nil); return err },
		"Create":             func() error { _, err := s.CreateAuthChallenge(t.Context(), c, "", nil); return err },
		"Verify": func() error {
			right, err := s.VerifyAuthChallengeResponse(t.Context(), c, nil, "")
			if right {
				return errors.New("an answer without a function was right")
			}
			return err
		},
	} {
		if err := call(); err != nil {
			t.Errorf("%s(pool without triggers) = %v", name, err)
		}
	}
}

func TestForeignFunctions(t *testing.T) {
	t.Parallel()
	a := &answers{text: `{"response":{}}`}
	s, c := service(a), anna()
	s.SameAccountOnly = true
	if err := s.PreAuthentication(t.Context(), c); err != nil {
		t.Errorf("PreAuthentication(own function) = %v", err)
	}
	c.Pool.AccountID = "999999999999"
	want := api.UnexpectedLambdaException("PreAuthentication invocation failed due to error AccessDeniedException.")
	if err := s.PreAuthentication(t.Context(), c); !errors.Is(err, want) {
		t.Errorf("PreAuthentication(function of another account) = %v, want %v", err, want)
	}
	if _, err := s.SendCustom(t.Context(), c, "SignUp", api.DeliveryMediumTypeEmail, "1"); err == nil {
		t.Error("SendCustom(function of another account) = no error")
	}
	if n := a.calls.Load(); n != 1 {
		t.Errorf("functions were called %d times, want once", n)
	}
}

func TestTokenChanges(t *testing.T) {
	t.Parallel()
	none := &tokens.GroupConfiguration{}
	for name, tc := range map[string]struct {
		version  api.PreTokenGenerationLambdaVersionType
		response string
		want     *tokens.Changes
		err      error
	}{
		"V1: empty":                    {"V1_0", `{}`, nil, nil},
		"V1: null":                     {"V1_0", `{"claimsOverrideDetails":null}`, nil, nil},
		"V1: the other version's word": {"V1_0", `{"claimsAndScopeOverrideDetails":{"idTokenGeneration":{"claimsToSuppress":["email"]}}}`, nil, nil},
		"V1: claims": {
			"V1_0", `{"claimsOverrideDetails":{"claimsToAddOrOverride":{"a":"b"},"claimsToSuppress":["email"]}}`,
			&tokens.Changes{ID: tokens.ClaimChanges{Set: map[string]any{"a": "b"}, Suppress: []string{"email"}}}, nil,
		},
		"V1: texts only":       {"V1_0", `{"claimsOverrideDetails":{"claimsToAddOrOverride":{"a":1}}}`, nil, errUnrecognizable},
		"V1: groups, null":     {"V1_0", `{"claimsOverrideDetails":{"groupOverrideDetails":null}}`, &tokens.Changes{ID: tokens.ClaimChanges{Set: map[string]any{}}, Groups: none}, nil},
		"V1: groups, nonsense": {"V1_0", `{"claimsOverrideDetails":{"groupOverrideDetails":"all"}}`, nil, errUnrecognizable},
		"V1: groups": {
			"V1_0", `{"claimsOverrideDetails":{"groupOverrideDetails":{"groupsToOverride":["g"],"iamRolesToOverride":["r"],"preferredRole":"r"}}}`,
			&tokens.Changes{
				ID:     tokens.ClaimChanges{Set: map[string]any{}},
				Groups: &tokens.GroupConfiguration{Groups: []string{"g"}, Roles: []string{"r"}, PreferredRole: "r"},
			}, nil,
		},
		"V2: claims of every kind": {
			"V2_0", `{"claimsAndScopeOverrideDetails":{
				"idTokenGeneration":{"claimsToAddOrOverride":{"n":12345678901234567890,"t":"x","l":[1],"o":{"a":null},"b":true,"z":null}},
				"accessTokenGeneration":{"claimsToSuppress":["c"],"scopesToAdd":["s"],"scopesToSuppress":["d"]}}}`,
			&tokens.Changes{
				ID: tokens.ClaimChanges{Set: map[string]any{
					"n": jsontext.Value("12345678901234567890"), "t": "x", "l": jsontext.Value("[1]"), "o": jsontext.Value(`{"a":null}`),
					"b": jsontext.Value("true"),
				}},
				Access: tokens.ClaimChanges{Set: map[string]any{}, Suppress: []string{"c"}, AddScopes: []string{"s"}, SuppressScopes: []string{"d"}},
			}, nil,
		},
		"V3: nonsense": {"V3_0", `{"claimsAndScopeOverrideDetails":{"idTokenGeneration":[]}}`, nil, errUnrecognizable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := &answers{text: `{"response":` + tc.response + `}`}
			got, err := service(a).PreTokenGeneration(t.Context(), with(anna(), tc.version), trigger.TokenGenerationAuthentication, nil)
			if !errors.Is(err, tc.err) && (err != nil || tc.err != nil) {
				t.Fatalf("PreTokenGeneration() = %v, want %v", err, tc.err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("PreTokenGeneration() (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMachinesAskTheThirdVersionOnly(t *testing.T) {
	t.Parallel()
	for version, want := range map[api.PreTokenGenerationLambdaVersionType]int32{"V1_0": 0, "V2_0": 0, "V3_0": 1} {
		a := &answers{text: `{"response":{}}`}
		if _, err := service(a).PreTokenGeneration(t.Context(), with(unknown(), version), trigger.TokenGenerationClientCredentials, nil); err != nil {
			t.Errorf("PreTokenGeneration(machine, %s) = %v", version, err)
		}
		if n := a.calls.Load(); n != want {
			t.Errorf("PreTokenGeneration(machine, %s) asked %d times, want %d", version, n, want)
		}
	}
}

func TestMigratedUsers(t *testing.T) {
	t.Parallel()
	for response, tc := range map[string]struct {
		want *trigger.Migrated
		err  error
	}{
		`{}`:                      {nil, nil},
		`{"userAttributes":null}`: {nil, nil},
		`{"userAttributes":{}}`:   {&trigger.Migrated{Attributes: map[string]string{}, Status: api.UserStatusTypeResetRequired}, nil},
		`{"userAttributes":{"email":"a@b"},"finalUserStatus":"CONFIRMED","messageAction":"SUPPRESS","desiredDeliveryMediums":["EMAIL"],"forceAliasCreation":true,"enableSMSMFA":true}`: {
			&trigger.Migrated{Attributes: map[string]string{"email": "a@b"}, Status: api.UserStatusTypeConfirmed, TakeAliases: true, SMSFactor: true}, nil,
		},
		`{"userAttributes":{},"finalUserStatus":"UNCONFIRMED"}`:       {nil, errUnrecognizable},
		`{"userAttributes":{},"messageAction":"RESEND"}`:              {nil, errUnrecognizable},
		`{"userAttributes":{},"desiredDeliveryMediums":["PIGEON"]}`:   {nil, errUnrecognizable},
		`{"userAttributes":{"custom:age":7}}`:                         {nil, errUnrecognizable},
		`{"userAttributes":{"email":"a@b"},"forceAliasCreation":"x"}`: {nil, errUnrecognizable},
	} {
		a := &answers{text: `{"response":` + response + `}`}
		got, err := service(a).MigrateUser(t.Context(), unknown(), trigger.UserMigrationAuthentication, "secret")
		if !errors.Is(err, tc.err) && (err != nil || tc.err != nil) {
			t.Errorf("MigrateUser(%s) = %v, want %v", response, err, tc.err)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("MigrateUser(%s) (-want +got):\n%s", response, diff)
		}
	}
}

func TestTextsOfMessages(t *testing.T) {
	t.Parallel()
	for response, tc := range map[string]struct {
		want trigger.Texts
		err  error
	}{
		`{"smsMessage":null,"emailMessage":null,"emailSubject":null}`: {trigger.Texts{}, nil},
		`{"smsMessage":"{####}","emailMessage":"a {####}","emailSubject":"s"}`: {
			trigger.Texts{SMS: "{####}", Email: "a {####}", Subject: "s"}, nil,
		},
		`{"emailMessage":"{##Click Here##}"}`:                     {trigger.Texts{}, nil},
		`{"smsMessage":"{##Click Here##}"}`:                       {trigger.Texts{}, nil},
		`{"emailMessage":"your code","emailSubject":"s"}`:         {trigger.Texts{}, nil},
		`{"emailMessage":"your code","smsMessage":"{####}"}`:      {trigger.Texts{SMS: "{####}"}, nil},
		`{"smsMessage":"your code","emailMessage":"{####}"}`:      {trigger.Texts{Email: "{####}"}, nil},
		`{"emailSubject":"a\r\nBcc: b@example.com"}`:              {trigger.Texts{}, errUnrecognizable},
		`{"smsMessage":"{####}` + strings.Repeat("x", 135) + `"}`: {trigger.Texts{}, errUnrecognizable},
		`{"emailSubject":"` + strings.Repeat("x", 141) + `"}`:     {trigger.Texts{}, errUnrecognizable},
	} {
		a := &answers{text: `{"response":` + response + `}`}
		got, err := service(a).CustomMessage(t.Context(), anna(), "SignUp")
		if !errors.Is(err, tc.err) && (err != nil || tc.err != nil) || got != tc.want {
			t.Errorf("CustomMessage(%s) = %+v, %v, want %+v, %v", response, got, err, tc.want, tc.err)
		}
	}
}

// A text that lacks a required placeholder is left out, whatever the kind of the message.
func TestPlaceholdersOfMessages(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{
		"SignUp", "AdminCreateUser", "ResendCode", "ForgotPassword", "UpdateUserAttribute", "VerifyUserAttribute", "Authentication",
	} {
		for text, invites := range map[string]bool{"{username} {####}": true, "{####}": false, "{username}": false, "none": false} {
			want := trigger.Texts{SMS: text, Email: text, Subject: "s"}
			if complete := invites || text == "{####}" && kind != "AdminCreateUser"; !complete {
				want = trigger.Texts{}
			}
			a := &answers{text: `{"response":{"smsMessage":"` + text + `","emailMessage":"` + text + `","emailSubject":"s"}}`}
			got, err := service(a).CustomMessage(t.Context(), anna(), kind)
			if err != nil || got != want {
				t.Errorf("CustomMessage(%s, %q) = %+v, %v, want %+v", kind, text, got, err, want)
			}
		}
	}
}

// failing is a CodeSealer whose key fails.
type failing struct{ err error }

func (f failing) SealCode(context.Context, *cognate.UserPool, string) (string, error) {
	return "", f.err
}

func TestNoCodeLeavesUnsealed(t *testing.T) {
	t.Parallel()
	for text, sealer := range map[string]trigger.CodeSealer{
		"No key is configured to encrypt the code with": trigger.None{},
		"The code could not be encrypted":               failing{errors.New("https://kms.example: connection refused")},
	} {
		a := new(answers)
		s := service(a)
		s.Sealer = sealer
		sent, err := s.SendCustom(t.Context(), anna(), "SignUp", api.DeliveryMediumTypeEmail, "123456")
		want := api.UnexpectedLambdaException("CustomEmailSender invocation failed due to error " + text + ".")
		if !sent || !errors.Is(err, want) || a.calls.Load() != 0 {
			t.Errorf("SendCustom(%T) = %v, %v after %d calls, want %v and no call", sealer, sent, err, a.calls.Load(), want)
		}
	}
}

// The log says which function answered what. In production it does not quote the answer, which may contain the event.
func TestLogOfAnswers(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 150)
	for name, tc := range map[string]struct {
		answers *answers
		quoted  string // in development
		want    string // always
	}{
		"not JSON":      {&answers{text: "hello\n" + long}, `output":"hello\n` + strings.Repeat("é", 97) + `"`, `"function":"f","bytes":306`},
		"no response":   {&answers{text: `{"hello":1}`}, `{\"hello\":1}`, `"function":"f","bytes":11`},
		"not a string":  {&answers{text: `{"response":{"autoConfirmUser":"hello"}}`}, "hello", `"bytes":40`},
		"a failure":     {&answers{err: &trigger.FunctionError{Message: "hello"}}, `"error":"hello"`, `"function":"f"`},
		"not reachable": {&answers{err: errors.New("no route")}, "no route", `"function":"f"`},
	} {
		for _, quote := range []bool{true, false} {
			var log strings.Builder
			s := service(tc.answers)
			s.Log, s.QuoteFunctions = slog.New(slog.NewJSONHandler(&log, nil)), quote
			c := unknown()
			c.Pool = &cognate.UserPool{
				ID: "us-east-1_abc", LambdaConfig: &api.LambdaConfigType{PreSignUp: "arn:aws:lambda:us-east-1:123456789012:function:f"},
			}
			if _, err := s.PreSignUp(t.Context(), c, trigger.PreSignUpSignUp); err == nil {
				t.Errorf("PreSignUp(%s) = no error", name)
			}
			got := log.String()
			if strings.Count(got, "\n") != 1 || !strings.Contains(got, tc.want) || !strings.Contains(got, `"trigger":"PreSignUp"`) {
				t.Errorf("the log of an answer (%s) is %s, want one line with %s", name, got, tc.want)
			}
			if strings.Contains(got, tc.quoted) != (quote || name == "not reachable") || !quote && strings.Contains(got, "hello") {
				t.Errorf("the log of an answer (%s), quoting %t, is %s", name, quote, got)
			}
		}
	}
}

func TestNoneRejects(t *testing.T) {
	t.Parallel()
	s := &trigger.Service{Invoker: trigger.None{}, Sealer: trigger.None{}, Log: slog.New(slog.DiscardHandler)}
	want := api.UnexpectedLambdaException("PreSignUp invocation failed due to error This server is not configured to invoke functions.")
	if _, err := s.PreSignUp(t.Context(), unknown(), trigger.PreSignUpSignUp); !errors.Is(err, want) {
		t.Errorf("PreSignUp(no invoker) = %v, want %v, because no function can allow the sign-up", err, want)
	}
}

func FuzzAnswers(f *testing.F) {
	for _, seed := range []string{`{"response":{}}`, `{"response":{"claimsAndScopeOverrideDetails":{"groupOverrideDetails":{}}}}`, `null`, `{"response":{"userAttributes":{"a":"b"}}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		s := service(&answers{text: string(answer)})
		if m, err := s.MigrateUser(t.Context(), unknown(), "", ""); err != nil && m != nil {
			t.Errorf("MigrateUser() = %v, %v, want one of them", m, err)
		}
		c, err := s.PreTokenGeneration(t.Context(), with(anna(), "V2_0"), trigger.TokenGenerationAuthentication, nil)
		if err != nil && c != nil {
			t.Errorf("PreTokenGeneration() = %v, %v, want one of them", c, err)
		}
		c.Apply(cognate.TokenUseAccess, map[string]any{"sub": "1", "client_id": "c", "scope": "a b"})
	})
}

func TestObserve(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"ok": nil, "refused": &trigger.FunctionError{Message: "no"}, "failed": errors.New("dial"), "timeout": trigger.ErrTimedOut,
	} {
		s, now, seen := service(&answers{text: `{"response":{}}`, err: err}), time.Unix(0, 0), ""
		s.Now = func() time.Time { now = now.Add(time.Second); return now }
		s.Observe = func(of cognate.Trigger, outcome string, took time.Duration) { seen += fmt.Sprint(of, outcome, took) }
		_ = s.PostConfirmation(t.Context(), anna(), "")
		if want := "PostConfirmation" + want + "1s"; seen != want {
			t.Errorf("Observe() saw %q, want %q", seen, want)
		}
	}
}
