package signin_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cognate"
	"cognate/api"
	"cognate/signin"
)

// incomplete is a start or a response that lacks one required field.
type incomplete struct {
	start    signin.Start
	response signin.Response
	step     cognate.Step // at which the Session of the response waits
	device   string
	page     bool // on a page
}

// incompletes has one case for each required field of each type.
var incompletes = []incomplete{
	{start: signin.PasswordStart{}},
	{start: signin.AdminPasswordStart{}},
	{start: signin.SRPStart{}},
	{start: signin.RefreshStart{}},

	{response: signin.ChoiceResponse{Password: enginePassword}, step: cognate.StepSelectChallenge},
	{response: signin.PasswordResponse{}, step: cognate.StepFirstPassword},
	{response: signin.PasswordSRPResponse{}, step: cognate.StepFirstPasswordSRP},
	{response: signin.PasswordVerifierResponse{SRPProof: signin.SRPProof{Signature: "AAAA", Timestamp: timestamp}}},
	{response: signin.PasswordVerifierResponse{SRPProof: signin.SRPProof{SecretBlock: "AAAA", Timestamp: timestamp}}},
	{response: signin.PasswordVerifierResponse{SRPProof: signin.SRPProof{SecretBlock: "AAAA", Signature: "AAAA"}}},
	{response: signin.SMSOTPResponse{}, step: cognate.StepFirstSMS},
	{response: signin.EmailOTPResponse{}, step: cognate.StepFirstEmail},
	{response: signin.EmailOTPResponse{}, step: cognate.StepEmail},
	{response: signin.EmailOTPResponse{}, step: cognate.StepSetupEmail},
	{response: signin.PasskeyResponse{}, step: cognate.StepFirstPasskey},
	{response: signin.CustomResponse{}, step: cognate.StepCustom},
	{response: signin.NewPasswordResponse{}, step: cognate.StepNewPassword},
	{response: signin.SelectMFAResponse{}, step: cognate.StepSelectMFA},
	{response: signin.SetupEmailResponse{}, step: cognate.StepSetup},
	{response: signin.SetupSMSResponse{}, step: cognate.StepSetup, page: true},
	{start: signin.AnyPasskeyStart{Session: "session"}, page: true},
	{start: signin.AnyPasskeyStart{Credential: "{}"}, page: true},
	{response: signin.SoftwareTokenResponse{}, step: cognate.StepSoftwareToken},
	{response: signin.SMSMFAResponse{}, step: cognate.StepSMS},
	{response: signin.DeviceSRPResponse{SRPA: "02"}, step: cognate.StepDeviceSRP},
	{response: signin.DeviceSRPResponse{}, step: cognate.StepDeviceSRP, device: deviceKey},
	{response: signin.DeviceVerifierResponse{SRPProof: proof}, step: cognate.StepDeviceProof},
	{response: signin.DeviceVerifierResponse{SRPProof: signin.SRPProof{Signature: "AAAA", Timestamp: timestamp}}, step: cognate.StepDeviceProof, device: deviceKey},
	{response: signin.DeviceVerifierResponse{SRPProof: signin.SRPProof{SecretBlock: "AAAA", Timestamp: timestamp}}, step: cognate.StepDeviceProof, device: deviceKey},
	{response: signin.DeviceVerifierResponse{SRPProof: signin.SRPProof{SecretBlock: "AAAA", Signature: "AAAA"}}, step: cognate.StepDeviceProof, device: deviceKey},
}

// noRequiredField are the types that have no required field. They need only the username, and a response also the Session.
var noRequiredField = []incomplete{
	{start: signin.ChoiceStart{}},
	{start: signin.CustomStart{}},
	{response: signin.MFASetupResponse{}, step: cognate.StepSetupVerified},
	{response: signin.ResendResponse{}, step: cognate.StepSMS, page: true},
}

const (
	deviceKey = "us-east-1_11111111-1111-7111-8111-111111111111"
	timestamp = "Fri May 1 12:00:00 UTC 2026"
)

var proof = signin.SRPProof{SecretBlock: "AAAA", Signature: "AAAA", Timestamp: timestamp}

func (i *incomplete) String() string {
	if i.start != nil {
		return fmt.Sprintf("%T", i.start)
	}
	return fmt.Sprintf("%T at %s", i.response, i.step)
}

// session returns an AuthSession of ann at a step.
func (f *engineFixture) session(step cognate.Step) *cognate.AuthSession {
	s := f.Sessions.New(f.client, f.user, step)
	s.Login, s.DeviceKey, s.TokenID, s.Challenge = "ann", deviceKey, f.user.Tokens.Active.ID, []byte("challenge")
	return s
}

func (f *engineFixture) seal(s *cognate.AuthSession) string {
	f.t.Helper()
	sealed, err := f.Sessions.Seal(s)
	if err != nil {
		f.t.Fatalf("Seal() = %v", err)
	}
	return sealed
}

// mustRefuse sends the start or the response. It wants refusal, no tokens, no grant and an unspent Session.
func (f *engineFixture) mustRefuse(i *incomplete, a *signin.Attempt, refusal error) {
	f.t.Helper()
	ctx := f.t.Context()
	a.Device = i.device
	var outcome *signin.Outcome
	var err error
	session := f.session(i.step)
	a.Page, session.Page = i.page, i.page
	if i.start != nil {
		outcome, err = f.Start(ctx, a, i.start)
	} else {
		outcome, err = f.Answer(ctx, a, f.seal(session), i.response)
	}
	if outcome != nil || !errors.Is(err, refusal) {
		f.t.Errorf("%s: %+v, %v, want %v", i, outcome, err, refusal)
	}
	if grants, err := f.Store.LiveGrants(ctx, f.pool.ID, f.user.Sub, f.now); err != nil || len(grants) > 0 {
		f.t.Errorf("%s: LiveGrants() = %d grants, %v, want none", i, len(grants), err)
	}
	if isSpent(f.t, f.Store, session) {
		f.t.Errorf("%s: the Session is spent", i)
	}
}

// An empty required field proves nothing, even if the caller does not report that it is missing.
func TestEmptyFieldsProveNothing(t *testing.T) {
	t.Parallel()
	f := newEngine(t)
	for _, i := range incompletes {
		a := f.attempt()
		a.Admin = i.start == signin.AdminPasswordStart{}
		f.mustRefuse(&i, a, signin.ErrIncomplete)
	}
}

// The engine refuses a missing username like an empty field.
func TestEmptyUsernameProvesNothing(t *testing.T) {
	t.Parallel()
	f := newEngine(t)
	for _, i := range slices.Concat(incompletes, noRequiredField) {
		a := f.attempt()
		a.Username, a.Admin = "", i.start == signin.AdminPasswordStart{}
		f.mustRefuse(&i, a, signin.ErrIncomplete)
	}
}

// The engine returns the caller's error for a missing parameter, even if all fields that it knows are set.
func TestIncompleteAttemptsProveNothing(t *testing.T) {
	t.Parallel()
	f := newEngine(t)
	refusal := api.ErrMissingParameter("SOMETHING")
	filled := []incomplete{
		{start: signin.PasswordStart{Password: enginePassword}},
		{start: signin.SRPStart{SRPA: "02"}},
		{start: signin.AdminPasswordStart{Password: enginePassword}},
		{start: signin.ChoiceStart{}},
		{start: signin.CustomStart{}},
		{start: signin.RefreshStart{Token: "token"}},
		{response: signin.ChoiceResponse{Chosen: api.ChallengeNameTypePassword}, step: cognate.StepSelectChallenge},
		{response: signin.PasswordResponse{Password: enginePassword}, step: cognate.StepFirstPassword},
		{response: signin.PasswordSRPResponse{SRPA: "02"}, step: cognate.StepFirstPasswordSRP},
		{response: signin.PasswordVerifierResponse{SRPProof: proof}},
		{response: signin.SMSOTPResponse{Code: "12345678"}, step: cognate.StepFirstSMS},
		{response: signin.EmailOTPResponse{Code: "12345678"}, step: cognate.StepFirstEmail},
		{response: signin.PasskeyResponse{Credential: "{}"}, step: cognate.StepFirstPasskey},
		{response: signin.CustomResponse{Answer: "42"}, step: cognate.StepCustom},
		{response: signin.NewPasswordResponse{Password: "New-horse-7"}, step: cognate.StepNewPassword},
		{response: signin.SelectMFAResponse{Factor: cognate.FactorSoftwareToken}, step: cognate.StepSelectMFA},
		{response: signin.MFASetupResponse{}, step: cognate.StepSetupVerified},
		{response: signin.SetupEmailResponse{Email: "ann@example.com"}, step: cognate.StepSetup},
		{response: signin.SetupSMSResponse{Phone: "+15555550100"}, step: cognate.StepSetup, page: true},
		{response: signin.ResendResponse{}, step: cognate.StepSMS, page: true},
		{start: signin.AnyPasskeyStart{Session: "session", Credential: "{}"}, page: true},
		{response: signin.SoftwareTokenResponse{Code: f.code()}, step: cognate.StepSoftwareToken},
		{response: signin.SMSMFAResponse{Code: "123456"}, step: cognate.StepSMS},
		{response: signin.DeviceSRPResponse{SRPA: "02"}, step: cognate.StepDeviceSRP, device: deviceKey},
		{response: signin.DeviceVerifierResponse{SRPProof: proof}, step: cognate.StepDeviceProof, device: deviceKey},
	}
	requireAllTypes(t, "answer", filled)
	requireAllTypes(t, "allow", filled)
	for _, i := range filled {
		a := f.attempt()
		a.Admin, a.Incomplete = i.start == signin.AdminPasswordStart{Password: enginePassword}, refusal
		f.mustRefuse(&i, a, refusal)
	}
}

// The lists above name every type of a start and of a response.
func TestIncompletesNameEveryType(t *testing.T) {
	t.Parallel()
	all := slices.Concat(incompletes, noRequiredField)
	requireAllTypes(t, "answer", all)
	requireAllTypes(t, "allow", all)
}

// requireAllTypes fails unless the list has every type of the package that has the method.
func requireAllTypes(t *testing.T, method string, list []incomplete) {
	t.Helper()
	listed := make(map[string]bool)
	for _, i := range list {
		var of any = i.response
		if method == "allow" {
			of = i.start
		}
		_, name, _ := strings.Cut(fmt.Sprintf("%T", of), ".")
		listed[name] = true
	}
	types := typesWith(t, method)
	if len(types) == 0 {
		t.Fatalf("no type has the method %s", method)
	}
	for _, name := range types {
		if !listed[name] {
			t.Errorf("the list lacks the type %s", name)
		}
	}
}

// typesWith returns the types of package signin that have a method.
func typesWith(t *testing.T, method string) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var types []string
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv == nil || f.Name.Name != method || strings.HasSuffix(name, "_test.go") {
				continue
			}
			if receiver, ok := f.Recv.List[0].Type.(*ast.Ident); ok {
				types = append(types, receiver.Name)
			}
		}
	}
	return types
}
