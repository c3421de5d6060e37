package invoker_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/internal/outgoing"
	"cognate/tokens"
	"cognate/trigger"
	"cognate/trigger/invoker"
)

func lambda(t *testing.T, endpoint string) *invoker.Lambda {
	t.Helper()
	u, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	return &invoker.Lambda{
		Endpoint: u, Credentials: aws.CredentialsProviderFunc(credentials), Client: outgoing.Operator(), Now: time.Now,
	}
}

func credentials(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}, nil
}

// lambdas returns triggers whose functions are processes behind a server with the API of AWS Lambda.
func lambdas(t *testing.T) (*trigger.Service, *runtime) {
	t.Helper()
	r := startRuntime(t)
	return &trigger.Service{
		Invoker: lambda(t, r.URL), Sealer: trigger.None{},
		Log: slog.New(slog.DiscardHandler), Limit: 30 * time.Second,
	}, r
}

// call returns a call for anna, in a pool whose function for one trigger is set by set.
func call(function string, set func(*api.LambdaConfigType, string)) trigger.Call {
	config := new(api.LambdaConfigType)
	set(config, arnPrefix+function)
	return trigger.Call{
		ClientRequest: cognate.ClientRequest{
			Pool:   &cognate.UserPool{ID: "eu-west-1_abcdefghi", LambdaConfig: config},
			Client: &cognate.AppClient{ID: "client"},
		},
		Username: "anna",
		Groups:   tokens.GroupConfiguration{Groups: []string{"admins"}},
	}
}

func preSignUp(c *api.LambdaConfigType, arn string) { c.PreSignUp = arn }

func TestFunctionsInGo(t *testing.T) {
	t.Parallel()
	s, _ := lambdas(t)

	c := call("pre-sign-up", preSignUp)
	_, err := s.PreSignUp(t.Context(), c, trigger.PreSignUpSignUp)
	if want := api.UserLambdaValidationException("PreSignUp failed with error no invitation."); !errors.Is(err, want) {
		t.Errorf("PreSignUp() = %v, want %v", err, want)
	}
	c.ValidationData = map[string]string{"invite": "7"}
	if answer, err := s.PreSignUp(t.Context(), c, trigger.PreSignUpSignUp); err != nil || answer != (trigger.SignUpAnswer{AutoConfirm: true}) {
		t.Errorf("PreSignUp(invited) = %+v, %v", answer, err)
	}

	c = call("migrate", func(l *api.LambdaConfigType, arn string) { l.UserMigration = arn })
	m, err := s.MigrateUser(t.Context(), c, trigger.UserMigrationAuthentication, "Correct-horse-7")
	want := &trigger.Migrated{Attributes: map[string]string{"email": "anna@example.com"}, Status: api.UserStatusTypeConfirmed}
	if diff := cmp.Diff(want, m); err != nil || diff != "" {
		t.Errorf("MigrateUser() = %v, (-want +got):\n%s", err, diff)
	}
	if m, err := s.MigrateUser(t.Context(), c, trigger.UserMigrationAuthentication, "wrong"); m != nil || err != nil {
		t.Errorf("MigrateUser(wrong password) = %v, %v, want no user", m, err)
	}

	c = call("define", func(l *api.LambdaConfigType, arn string) { l.DefineAuthChallenge = arn })
	for _, tc := range []struct {
		results []cognate.ChallengeResult
		want    trigger.Definition
	}{
		{nil, trigger.Definition{ChallengeName: "CUSTOM_CHALLENGE"}},
		{[]cognate.ChallengeResult{{ChallengeResult: true}}, trigger.Definition{IssueTokens: true}},
		{make([]cognate.ChallengeResult, 3), trigger.Definition{Fail: true}},
	} {
		if got, err := s.DefineAuthChallenge(t.Context(), c, tc.results); err != nil || got != tc.want {
			t.Errorf("DefineAuthChallenge(%v) = %+v, %v, want %+v", tc.results, got, err, tc.want)
		}
	}

	c = call("message", func(l *api.LambdaConfigType, arn string) { l.CustomMessage = arn })
	if got, err := s.CustomMessage(t.Context(), c, "ResendCode"); err != nil || got != (trigger.Texts{Email: "Use {####}", Subject: "CustomMessage_ResendCode"}) {
		t.Errorf("CustomMessage() = %+v, %v", got, err)
	}
}

func TestTokensByAFunctionInGo(t *testing.T) {
	t.Parallel()
	s, _ := lambdas(t)
	c := call("tokens", func(l *api.LambdaConfigType, arn string) {
		l.PreTokenGenerationConfig = &api.PreTokenGenerationVersionConfigType{LambdaArn: arn, LambdaVersion: "V2_0"}
	})
	got, err := s.PreTokenGeneration(t.Context(), c, trigger.TokenGenerationAuthentication, []string{"read"})
	want := &tokens.Changes{
		ID:     tokens.ClaimChanges{Set: map[string]any{"level": jsontext.Value("3")}},
		Access: tokens.ClaimChanges{Set: map[string]any{}, AddScopes: []string{"orders/read"}},
		Groups: &tokens.GroupConfiguration{Groups: []string{"admins"}},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("PreTokenGeneration() = %v (-want +got):\n%s", err, diff)
	}
}

func TestFunctionsThatFail(t *testing.T) {
	t.Parallel()
	s, _ := lambdas(t)
	for function, want := range map[string]error{
		"panic":    api.UserLambdaValidationException("PreSignUp failed with error out of paper."),
		"nonsense": api.InvalidLambdaResponseException("Unrecognizable lambda output"),
		"flood":    api.UnexpectedLambdaException("PreSignUp invocation failed due to error Response payload size exceeded maximum allowed payload size."),
		"missing":  api.UnexpectedLambdaException("PreSignUp invocation failed due to error ResourceNotFoundException."),
	} {
		if _, err := s.PreSignUp(t.Context(), call(function, preSignUp), trigger.PreSignUpSignUp); !errors.Is(err, want) {
			t.Errorf("PreSignUp(%s) = %v, want %v", function, err, want)
		}
	}
}

func TestFunctionThatHangs(t *testing.T) {
	t.Parallel()
	s, r := lambdas(t)
	s.Limit = 2 * time.Second // long enough to start the function on a busy machine
	_, err := s.PreSignUp(t.Context(), call("hang", preSignUp), trigger.PreSignUpSignUp)
	want := api.UnexpectedLambdaException("PreSignUp invocation failed due to error Socket timeout while invoking Lambda function.")
	if !errors.Is(err, want) {
		t.Errorf("PreSignUp(hanging function) = %v, want %v", err, want)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.calls) != 3 {
		t.Errorf("the function was invoked %d times, want 3", len(r.calls))
	}
}

func TestEventsAreQueuedForSenders(t *testing.T) {
	t.Parallel()
	s, r := lambdas(t)
	if err := s.Invoker.Start(t.Context(), arnPrefix+"hang", []byte("{}")); err != nil {
		t.Errorf("Start() = %v, want it not to wait", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if how := r.calls[0].Header.Get("X-Amz-Invocation-Type"); how != "Event" {
		t.Errorf("invocation type = %q, want Event", how)
	}
}

func TestLambdaDoesNotFollow(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the event went elsewhere")
	}))
	defer elsewhere.Close()
	for _, status := range []int{http.StatusFound, http.StatusTemporaryRedirect, http.StatusInternalServerError} {
		calls := 0
		endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			calls++
			w.Header().Set("Location", elsewhere.URL)
			w.WriteHeader(status)
		}))
		_, err := lambda(t, endpoint.URL).Invoke(t.Context(), arnPrefix+"f", []byte("{}"))
		endpoint.Close()
		if _, ok := errors.AsType[*trigger.InvocationError](err); !ok || calls != 1 {
			t.Errorf("Invoke(status %d) = %v after %d calls, want an InvocationError after one", status, err, calls)
		}
	}
}

func TestUnsignedForLambda(t *testing.T) {
	t.Parallel()
	r := startRuntime(t)
	l := lambda(t, r.URL)
	l.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "another"}, nil
	})
	_, err := l.Invoke(t.Context(), arnPrefix+"define", []byte("{}"))
	if failure, ok := errors.AsType[*trigger.InvocationError](err); !ok || failure.Message != "InvalidSignatureException" {
		t.Errorf("Invoke(another secret) = %v, want InvalidSignatureException", err)
	}
	l.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, errors.New("no metadata at 169.254.169.254")
	})
	_, err = l.Invoke(t.Context(), arnPrefix+"define", []byte("{}"))
	if failure, ok := errors.AsType[*trigger.InvocationError](err); !ok || failure.Message != "No credentials to invoke the function with" {
		t.Errorf("Invoke(no credentials) = %v", err)
	}
}

func TestUnreachableLambda(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(nil)
	gone.Close()
	l := lambda(t, gone.URL)
	_, err := l.Invoke(t.Context(), arnPrefix+"f", []byte("{}"))
	failure, ok := errors.AsType[*trigger.InvocationError](err)
	if !ok || failure.Message != "The function could not be reached" || failure.Timeout {
		t.Errorf("Invoke(no listener) = %v, want a message without the address", err)
	}
	if _, err := l.Invoke(t.Context(), "f", nil); err == nil {
		t.Error("Invoke(no ARN) = no error")
	}
}

// A pool of an earlier version may name anything as its function.
func TestHostileFunctions(t *testing.T) {
	t.Parallel()
	s, r := lambdas(t)
	for _, arn := range []string{
		"arn:aws:lambda:@127.0.0.1:123456789012:function:f", "arn:aws:lambda:eu-west-1:123456789012:function:f/../../x",
		"arn:aws:lambda:eu-west-1:123456789012:function:f\r\nX: y", "arn:aws:s3:eu-west-1:123456789012:function:f",
	} {
		c := call("f", func(l *api.LambdaConfigType, _ string) { l.PreSignUp = arn })
		_, err := s.PreSignUp(t.Context(), c, trigger.PreSignUpSignUp)
		want := api.UnexpectedLambdaException("PreSignUp invocation failed due to error Invalid function ARN.")
		if !errors.Is(err, want) {
			t.Errorf("PreSignUp(%q) = %v, want %v", arn, err, want)
		}
		if _, err := s.Invoker.Invoke(t.Context(), arn, []byte("{}")); err == nil {
			t.Errorf("Invoke(%q) = no error", arn)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.calls) != 0 {
		t.Errorf("%d invocations, want none", len(r.calls))
	}
}
