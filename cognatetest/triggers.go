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

// triggerLimit is the time limit of a function in tests. It is long, so calls do not time out on a busy machine.
const triggerLimit = 30 * time.Second

// functionPrefix is the prefix of the ARN of every function of a test. The trigger's name follows.
const functionPrefix = "arn:aws:lambda:" + Region + ":" + AccountID + ":function:"

// TriggerFunc returns the response to put into an event: an object, or nil to leave the event unchanged. If it returns an
// error, the function fails with it.
type TriggerFunc func(event *TriggerEvent) (response any, err error)

// TriggerEvent is an event that a function of a test received.
type TriggerEvent struct {
	Trigger  cognate.Trigger `json:"-"`
	JSON     jsontext.Value  `json:"-"` // the whole event
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

// ChallengeResult is a cognate.ChallengeResult in the form of events.
type ChallengeResult struct {
	ChallengeName     string `json:"challengeName"`
	ChallengeResult   bool   `json:"challengeResult"`
	ChallengeMetadata string `json:"challengeMetadata"`
}

// Triggers holds the functions of a test's server, and the events that they received. A function without a script returns
// the event unchanged.
type Triggers struct {
	mu        sync.Mutex
	functions map[cognate.Trigger]TriggerFunc
	events    []*TriggerEvent
}

// FunctionARN returns the ARN of the function for a trigger.
func FunctionARN(t cognate.Trigger) string { return functionPrefix + string(t) }

// On sets the script of the function for a trigger. The pool must name the function: see UserPool.MustTrigger.
func (f *Triggers) On(t cognate.Trigger, answer TriggerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.functions == nil {
		f.functions = make(map[cognate.Trigger]TriggerFunc)
	}
	f.functions[t] = answer
}

// Answer returns a function that always returns the same response.
func Answer(response any) TriggerFunc {
	return func(*TriggerEvent) (any, error) { return response, nil }
}

// Fail returns a function that fails with that message.
func Fail(message string) TriggerFunc {
	return func(*TriggerEvent) (any, error) { return nil, &trigger.FunctionError{Message: message} }
}

// Events returns the events that the functions received, oldest first.
func (f *Triggers) Events() []*TriggerEvent {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.events)
}

// Sources returns the trigger sources of the events, oldest first, and deletes the events.
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

// Last returns the newest event of a trigger. It stops the test if there is none.
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

// Invoke runs the function of a trigger.
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

// Start runs the function of a trigger.
func (f *Triggers) Start(ctx context.Context, function string, payload []byte) error {
	_, err := f.Invoke(ctx, function, payload)
	return err
}

// SealCode encodes a code in base64, so that functions of the test can read it.
func (f *Triggers) SealCode(_ context.Context, _ *cognate.UserPool, code string) (string, error) {
	return base64.StdEncoding.EncodeToString([]byte(code)), nil
}

// MustTrigger makes the pool call a function of the test for each of these triggers, and for no other.
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

// MustTokenTrigger makes the pool call the trigger PreTokenGeneration with that version of the event. Other triggers do not
// change.
func (p *UserPool) MustTokenTrigger(version api.PreTokenGenerationLambdaVersionType) {
	p.t.Helper()
	p.mustChangeTriggers(func(config *api.LambdaConfigType) {
		config.PreTokenGeneration = FunctionARN(cognate.TriggerPreTokenGeneration)
		config.PreTokenGenerationConfig = &api.PreTokenGenerationVersionConfigType{
			LambdaVersion: version, LambdaArn: config.PreTokenGeneration,
		}
	})
}

// MustSetTriggers sets the pool's LambdaConfig. It writes to the store, because UpdateUserPool would reset other settings.
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

// OpenCode returns the code in a custom sender's event.
func OpenCode(t testing.TB, sealed string) string {
	t.Helper()
	return string(Try(base64.StdEncoding.DecodeString(sealed)).Of(t))
}
