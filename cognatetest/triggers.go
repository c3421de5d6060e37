package cognatetest

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"cognate"
	"cognate/api"
	"cognate/store"
	"cognate/trigger"
)

// triggerLimit is how long a function may take in tests: a busy machine must not end calls that nobody wants to end.
const triggerLimit = 30 * time.Second

// functionPrefix begins the ARN of every function of a test; behind it stands the trigger's name.
const functionPrefix = "arn:aws:lambda:" + Region + ":" + AccountID + ":function:"

// TriggerFunc answers an event with the response to put into it: an object, or nil to leave it as it came. An error is what
// the function fails with.
type TriggerFunc func(event *TriggerEvent) (response any, err error)

// TriggerEvent is an event that a function of a test was sent.
type TriggerEvent struct {
	Trigger  cognate.Trigger `json:"-"`
	JSON     jsontext.Value  `json:"-"` // all of it
	Version  string          `json:"version"`
	Source   string          `json:"triggerSource"`
	UserName string          `json:"userName"`
	Caller   struct {
		ClientID string `json:"clientId"`
	} `json:"callerContext"`
	Request struct {
		Attributes     map[string]string `json:"userAttributes"`
		ClientMetadata map[string]string `json:"clientMetadata"`
		ValidationData map[string]string `json:"validationData"`
		UserNotFound   bool              `json:"userNotFound"`

		Password                   string            `json:"password"`
		NewDeviceUsed              bool              `json:"newDeviceUsed"`
		Session                    []ChallengeResult `json:"session"`
		ChallengeName              string            `json:"challengeName"`
		PrivateChallengeParameters map[string]string `json:"privateChallengeParameters"`
		ChallengeAnswer            string            `json:"challengeAnswer"`
		Scopes                     []string          `json:"scopes"`
		Type                       string            `json:"type"`
		Code                       string            `json:"code"` // see Triggers.SealCode
		GroupConfiguration         struct {
			Groups        []string `json:"groupsToOverride"`
			Roles         []string `json:"iamRolesToOverride"`
			PreferredRole string   `json:"preferredRole"`
		} `json:"groupConfiguration"`
	} `json:"request"`
}

// ChallengeResult is a cognate.ChallengeResult as events show it.
type ChallengeResult struct {
	ChallengeName     string `json:"challengeName"`
	ChallengeResult   bool   `json:"challengeResult"`
	ChallengeMetadata string `json:"challengeMetadata"`
}

// Triggers are the functions of a test's server, and the events that they were sent. A function that is not scripted
// answers nothing of its own: the event goes back as it came.
type Triggers struct {
	mu        sync.Mutex
	functions map[cognate.Trigger]TriggerFunc
	events    []*TriggerEvent
}

// FunctionARN is the function that a trigger of a test calls.
func FunctionARN(t cognate.Trigger) string { return functionPrefix + string(t) }

// On scripts the function of a trigger. The pool must name it: see UserPool.MustTrigger.
func (f *Triggers) On(t cognate.Trigger, answer TriggerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.functions == nil {
		f.functions = make(map[cognate.Trigger]TriggerFunc)
	}
	f.functions[t] = answer
}

// Answer returns a function that always answers the same.
func Answer(response any) TriggerFunc {
	return func(*TriggerEvent) (any, error) { return response, nil }
}

// Fail returns a function that throws an error with that message.
func Fail(message string) TriggerFunc {
	return func(*TriggerEvent) (any, error) { return nil, &trigger.FunctionError{Message: message} }
}

// Events returns what the functions were sent, the oldest first.
func (f *Triggers) Events() []*TriggerEvent {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.events)
}

// Sources returns the trigger sources of the events, the oldest first, and forgets the events.
func (f *Triggers) Sources() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	sources := []string{}
	for _, e := range f.events {
		sources = append(sources, e.Source)
	}
	f.events = nil
	return sources
}

// Last returns the newest event of a trigger; it stops the test when there is none.
func (f *Triggers) Last(t testing.TB, of cognate.Trigger) *TriggerEvent {
	t.Helper()
	for _, e := range slices.Backward(f.Events()) {
		if e.Trigger == of {
			return e
		}
	}
	t.Fatalf("no event was sent to %s", of)
	return nil
}

// Invoke runs a function of the test.
func (f *Triggers) Invoke(_ context.Context, function string, payload []byte) ([]byte, error) {
	e := &TriggerEvent{Trigger: cognate.Trigger(strings.TrimPrefix(function, functionPrefix)), JSON: slices.Clone(payload)}
	if err := json.Unmarshal(payload, e); err != nil {
		return nil, err
	}
	f.mu.Lock()
	f.events = append(f.events, e)
	answer := f.functions[e.Trigger]
	f.mu.Unlock()
	if answer == nil {
		return payload, nil
	}
	response, err := answer(e)
	if err != nil || response == nil {
		return payload, err
	}
	var whole map[string]any
	if err := json.Unmarshal(payload, &whole); err != nil {
		return nil, err
	}
	whole["response"] = response
	return json.Marshal(whole)
}

// Start runs a function of the test.
func (f *Triggers) Start(ctx context.Context, function string, payload []byte) error {
	_, err := f.Invoke(ctx, function, payload)
	return err
}

// SealCode writes a code in base64, for functions of the test to read.
func (f *Triggers) SealCode(_ *cognate.UserPool, code string) (string, error) {
	return base64.StdEncoding.EncodeToString([]byte(code)), nil
}

// MustTrigger makes the pool call a function of the test at each of the occasions, and at no other.
func (p *UserPool) MustTrigger(triggers ...cognate.Trigger) {
	p.t.Helper()
	config := new(api.LambdaConfigType)
	plain := map[cognate.Trigger]*string{
		cognate.TriggerPreSignUp: &config.PreSignUp, cognate.TriggerPostConfirmation: &config.PostConfirmation,
		cognate.TriggerPreAuthentication: &config.PreAuthentication, cognate.TriggerPostAuthentication: &config.PostAuthentication,
		cognate.TriggerPreTokenGeneration:          &config.PreTokenGeneration,
		cognate.TriggerDefineAuthChallenge:         &config.DefineAuthChallenge,
		cognate.TriggerCreateAuthChallenge:         &config.CreateAuthChallenge,
		cognate.TriggerVerifyAuthChallengeResponse: &config.VerifyAuthChallengeResponse,
		cognate.TriggerUserMigration:               &config.UserMigration, cognate.TriggerCustomMessage: &config.CustomMessage,
	}
	for _, t := range triggers {
		switch t {
		case cognate.TriggerCustomEmailSender:
			config.CustomEmailSender = &api.CustomEmailLambdaVersionConfigType{
				LambdaVersion: api.CustomEmailSenderLambdaVersionTypeV10, LambdaArn: FunctionARN(t),
			}
		case cognate.TriggerCustomSMSSender:
			config.CustomSMSSender = &api.CustomSMSLambdaVersionConfigType{
				LambdaVersion: api.CustomSMSSenderLambdaVersionTypeV10, LambdaArn: FunctionARN(t),
			}
		default:
			*plain[t] = FunctionARN(t)
		}
	}
	if config.CustomEmailSender != nil || config.CustomSMSSender != nil {
		config.KMSKeyID = "arn:aws:kms:" + Region + ":" + AccountID + ":key/test"
	}
	p.MustSetTriggers(config)
}

// MustTokenTrigger makes the pool ask for changes of tokens by that version of the event, besides what it calls already.
func (p *UserPool) MustTokenTrigger(version api.PreTokenGenerationLambdaVersionType) {
	p.t.Helper()
	p.mustChangeTriggers(func(config *api.LambdaConfigType) {
		config.PreTokenGeneration = FunctionARN(cognate.TriggerPreTokenGeneration)
		config.PreTokenGenerationConfig = &api.PreTokenGenerationVersionConfigType{
			LambdaVersion: version, LambdaArn: config.PreTokenGeneration,
		}
	})
}

// MustSetTriggers gives the pool that LambdaConfig. It writes to the store: UpdateUserPool would reset other settings.
func (p *UserPool) MustSetTriggers(config *api.LambdaConfigType) {
	p.t.Helper()
	p.mustChangeTriggers(func(c *api.LambdaConfigType) { *c = *config })
}

func (p *UserPool) mustChangeTriggers(change func(*api.LambdaConfigType)) {
	p.t.Helper()
	err := p.Store.Write(p.t.Context(), func(tx *store.Tx) error {
		pool, err := tx.LockUserPool(p.t.Context(), p.PoolID)
		if err != nil {
			return err
		}
		config := new(api.LambdaConfigType)
		if pool.LambdaConfig != nil {
			*config = *pool.LambdaConfig
		}
		change(config)
		pool.LambdaConfig = config
		return tx.SaveUserPool(p.t.Context(), pool)
	})
	if err != nil {
		p.t.Fatalf("set triggers = %v", err)
	}
}

// OpenCode returns the code of a custom sender's event.
func OpenCode(t testing.TB, sealed string) string {
	t.Helper()
	return string(Try(base64.StdEncoding.DecodeString(sealed)).Of(t))
}
