package invoker_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	awslambda "github.com/aws/aws-lambda-go/lambda"

	"cognate/authn/sigv4"
)

// envFunction runs the test binary as a function, one of functions below.
const envFunction = "COGNATE_TEST_FUNCTION"

// functions are written with AWS Lambda's library for Go, as users write them.
var functions = map[string]any{
	"pre-sign-up": func(_ context.Context, e events.CognitoEventUserPoolsPreSignup) (events.CognitoEventUserPoolsPreSignup, error) {
		if e.Request.ValidationData["invite"] == "" {
			return e, errors.New("no invitation")
		}
		e.Response.AutoConfirmUser = true
		return e, nil
	},
	"tokens": func(_ context.Context, e events.CognitoEventUserPoolsPreTokenGenV2_0) (events.CognitoEventUserPoolsPreTokenGenV2_0, error) {
		e.Response.ClaimsAndScopeOverrideDetails.IDTokenGeneration.ClaimsToAddOrOverride = map[string]any{"level": 3}
		e.Response.ClaimsAndScopeOverrideDetails.AccessTokenGeneration.ScopesToAdd = []string{"orders/" + e.Request.Scopes[0]}
		e.Response.ClaimsAndScopeOverrideDetails.GroupOverrideDetails.GroupsToOverride = e.Request.GroupConfiguration.GroupsToOverride
		return e, nil
	},
	"migrate": func(_ context.Context, e events.CognitoEventUserPoolsMigrateUser) (events.CognitoEventUserPoolsMigrateUser, error) {
		if e.UserName == "anna" && e.Password == "Correct-horse-7" {
			e.UserAttributes = map[string]string{"email": "anna@example.com"}
			e.FinalUserStatus, e.MessageAction = "CONFIRMED", "SUPPRESS"
		}
		return e, nil
	},
	"define": func(_ context.Context, e events.CognitoEventUserPoolsDefineAuthChallenge) (events.CognitoEventUserPoolsDefineAuthChallenge, error) {
		switch n := len(e.Request.Session); {
		case n > 0 && e.Request.Session[n-1].ChallengeResult:
			e.Response.IssueTokens = true
		case n >= 3:
			e.Response.FailAuthentication = true
		default:
			e.Response.ChallengeName = "CUSTOM_CHALLENGE"
		}
		return e, nil
	},
	"message": func(_ context.Context, e events.CognitoEventUserPoolsCustomMessage) (events.CognitoEventUserPoolsCustomMessage, error) {
		e.Response.EmailSubject, e.Response.EmailMessage = e.TriggerSource, "Use "+e.Request.CodeParameter
		return e, nil
	},
	"hang":     func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
	"panic":    func() error { panic("out of paper") },
	"nonsense": func() (string, error) { return "yes", nil },
	"flood":    func() (string, error) { return strings.Repeat("x", 6<<20), nil },
}

func TestMain(m *testing.M) {
	if name := os.Getenv(envFunction); name != "" {
		awslambda.Start(functions[name])
	}
	os.Exit(m.Run())
}

// runtime is the part of AWS Lambda that a function and its callers see: the API that invokes functions, and the API from
// which the function's process gets its events.
type runtime struct {
	*httptest.Server
	mu      sync.Mutex
	waiting map[string]chan *invocation // events for a process, by the function's name
	running map[string]*invocation      // by request id
	calls   []*http.Request
	spawn   func(name string)
}

type invocation struct {
	id      string
	event   []byte
	answer  chan []byte // either this
	failure chan []byte // or this
}

const arnPrefix = "arn:aws:lambda:eu-west-1:123456789012:function:"

func startRuntime(t *testing.T) *runtime {
	t.Helper()
	r := &runtime{waiting: make(map[string]chan *invocation), running: make(map[string]*invocation)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2015-03-31/functions/{function}/invocations", r.invoke)
	mux.HandleFunc("GET /{name}/2018-06-01/runtime/invocation/next", r.next)
	mux.HandleFunc("POST /{name}/2018-06-01/runtime/invocation/{id}/{outcome}", r.finish)
	r.Server = httptest.NewServer(mux)
	t.Cleanup(func() {
		r.CloseClientConnections() // processes still wait for events
		r.Close()
	})
	r.spawn = func(name string) { mustSpawn(t, name, r.Listener.Addr().String()+"/"+name) }
	return r
}

func mustSpawn(t *testing.T, name, api string) {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = []string{envFunction + "=" + name, "AWS_LAMBDA_RUNTIME_API=" + api}
	if err := cmd.Start(); err != nil {
		t.Errorf("start function %s: %v", name, err)
	}
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait() // it was killed
	})
}

// invoke implements AWS Lambda's POST /2015-03-31/functions/FunctionName/invocations.
func (r *runtime) invoke(w http.ResponseWriter, request *http.Request) {
	name, known := strings.CutPrefix(request.PathValue("function"), arnPrefix)
	if _, ok := functions[name]; !known || !ok {
		w.Header().Set("X-Amzn-ErrorType", "ResourceNotFoundException")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"Type":"User","Message":"Function not found"}`)
		return
	}
	event, err := io.ReadAll(request.Body)
	if err != nil {
		return
	}
	secret := func(id string) (string, bool) { return "secret", id == "AKIDEXAMPLE" }
	if caller, err := sigv4.Verify(request, event, secret, time.Now()); err != nil || caller.Region != "eu-west-1" || caller.Service != "lambda" {
		w.Header().Set("X-Amzn-Errortype", "InvalidSignatureException:http://internal.amazon.com/")
		w.WriteHeader(http.StatusForbidden)
		return
	}
	i := r.queue(name, event, request)
	if request.Header.Get("X-Amz-Invocation-Type") == "Event" {
		w.WriteHeader(http.StatusAccepted)
		return
	}
	select {
	case answer := <-i.answer:
		_, _ = w.Write(answer)
	case failure := <-i.failure:
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		_, _ = w.Write(failure)
	case <-request.Context().Done():
	}
}

// queue sends an event to the function's process. It starts the process for the first event.
func (r *runtime) queue(name string, event []byte, request *http.Request) *invocation {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := &invocation{
		id: fmt.Sprintf("%s-%d", name, len(r.calls)), event: event, answer: make(chan []byte, 1), failure: make(chan []byte, 1),
	}
	r.calls = append(r.calls, request)
	r.running[i.id] = i
	if r.waiting[name] == nil {
		r.waiting[name] = make(chan *invocation, 16)
		r.spawn(name)
	}
	r.waiting[name] <- i
	return i
}

func (r *runtime) next(w http.ResponseWriter, request *http.Request) {
	r.mu.Lock()
	events := r.waiting[request.PathValue("name")]
	r.mu.Unlock()
	select {
	case i := <-events:
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", i.id)
		w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(time.Minute).UnixMilli()))
		_, _ = w.Write(i.event)
	case <-request.Context().Done():
	}
}

func (r *runtime) finish(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return
	}
	r.mu.Lock()
	i := r.running[request.PathValue("id")]
	r.mu.Unlock()
	if request.PathValue("outcome") == "error" {
		i.failure <- body
	} else {
		i.answer <- body
	}
	w.WriteHeader(http.StatusAccepted)
}
