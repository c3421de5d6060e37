package api_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
)

func TestLookup(t *testing.T) {
	t.Parallel()
	ops := api.Operations()
	if len(ops) != 140 {
		t.Errorf("%d operations, want 140", len(ops))
	}
	if !slices.IsSortedFunc(ops, func(a, b *api.Operation) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("operations are not sorted by name")
	}
	for _, op := range ops {
		if got, ok := api.Lookup(op.Name); !ok || got != op {
			t.Errorf("Lookup(%s) = %v, %t", op.Name, got, ok)
		}
		if got, ok := api.LookupCommand(op.CLI); !ok || got != op {
			t.Errorf("LookupCommand(%s) = %v, %t", op.CLI, got, ok)
		}
	}
	for _, name := range []string{"", "signup", "SignUp ", "Zzz", "AAA"} {
		if op, ok := api.Lookup(name); ok {
			t.Errorf("Lookup(%q) = %s, want none", name, op.Name)
		}
	}
	ops[0] = nil
	if api.Operations()[0] == nil {
		t.Error("Operations returned the table itself")
	}
}

// Only signed operations have bodies of more than 64 KiB. Every map of a request has a maximum of entries.
func TestMaxima(t *testing.T) {
	t.Parallel()
	const small, attributes = 64 << 10, 256 << 10
	for _, op := range api.Operations() {
		if op.MaxBody < small || op.MaxBody > small && op.Auth != api.AuthSigV4 && op.Input.Member("UserAttributes") == nil {
			t.Errorf("%s (%v) has bodies of %d bytes", op.Name, op.Auth, op.MaxBody)
		}
		for path, s := range maps(op.Input, op.Name, nil) {
			if s.Max == api.Unbounded {
				t.Errorf("%s has no maximum", path)
			}
		}
	}
	for name, want := range map[string]int64{
		"AdminDeleteUser": small, "GetUser": small, "InitiateAuth": small, "RespondToAuthChallenge": small,
		"AdminCreateUser": attributes, "AdminUpdateUserAttributes": attributes, "SignUp": attributes, "UpdateUserAttributes": attributes,
		"CreateManagedLoginBranding": 2 << 20, "UpdateManagedLoginBranding": 2 << 20,
		"SetUICustomization": 135 << 10, "CreateIdentityProvider": 1 << 20, "UpdateIdentityProvider": 1 << 20,
	} {
		if got := mustLookup(t, name).MaxBody; got != want {
			t.Errorf("%s has bodies of %d bytes, want %d", name, got, want)
		}
	}
	// Four messages of 20,000 characters, each written as \u0000.
	if got := mustLookup(t, "CreateUserPool").MaxBody; got < 4*6*20000 || got > 1<<20 {
		t.Errorf("CreateUserPool has bodies of %d bytes", got)
	}
}

// maps returns the maps in a shape by their paths.
func maps(s *api.Shape, path string, found map[string]*api.Shape) map[string]*api.Shape {
	if found == nil {
		found = make(map[string]*api.Shape)
	}
	switch s.Kind {
	case api.KindMap:
		found[path] = s
		maps(s.Element, path+".*", found)
	case api.KindList:
		maps(s.Element, path+".*", found)
	case api.KindStructure:
		for _, m := range s.Members {
			maps(m.Shape, path+"."+m.Name, found)
		}
	}
	return found
}

// TestAuthClasses compares the classes with the API reference.
func TestAuthClasses(t *testing.T) {
	t.Parallel()
	got := make(map[string][]string)
	for _, op := range api.Operations() {
		if op.Auth != api.AuthSigV4 {
			got[op.Auth.String()] = append(got[op.Auth.String()], op.Name)
		}
	}
	want := map[string][]string{
		"none": {
			"ConfirmForgotPassword", "ConfirmSignUp", "ForgotPassword", "GetClientToken", "GetTokensFromRefreshToken",
			"InitiateAuth", "ResendConfirmationCode", "RespondToAuthChallenge", "RevokeToken", "SignUp",
			"UpdateAuthEventFeedback",
		},
		"token": {
			"ChangePassword", "CompleteWebAuthnRegistration", "ConfirmDevice", "DeleteUser", "DeleteUserAttributes",
			"DeleteWebAuthnCredential", "ForgetDevice", "GetDevice", "GetUser", "GetUserAttributeVerificationCode",
			"GetUserAuthFactors", "GlobalSignOut", "ListDevices", "ListUserSessions", "ListWebAuthnCredentials",
			"RevokeUserSession", "SetUserMFAPreference", "SetUserSettings", "StartWebAuthnRegistration",
			"UpdateDeviceStatus", "UpdateUserAttributes", "VerifyUserAttribute",
		},
		"token-or-session": {"AssociateSoftwareToken", "VerifySoftwareToken"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("auth classes (-want +got):\n%s", diff)
	}
}

// TestTables checks properties of every row that the dispatcher and the command line rely on.
func TestTables(t *testing.T) {
	t.Parallel()
	for _, op := range api.Operations() {
		if op.Input == nil || op.Input.Kind != api.KindStructure {
			t.Errorf("%s: input is no structure", op.Name)
			continue
		}
		if len(op.Arguments) != len(op.Input.Members) {
			t.Errorf("%s: %d arguments for %d members", op.Name, len(op.Arguments), len(op.Input.Members))
		}
		for i, a := range op.Arguments {
			if a.Member != op.Input.Members[i].Name || !strings.HasPrefix(a.Flag, "--") {
				t.Errorf("%s: argument %d is %+v, member is %s", op.Name, i, a, op.Input.Members[i].Name)
			}
		}
		if p := op.Paginator; p != nil && (op.Input.Member(p.InputToken) == nil || op.Input.Member(p.LimitKey) == nil ||
			op.Output.Member(p.OutputToken) == nil || op.Output.Member(p.ResultKey) == nil) {
			t.Errorf("%s: paginator %+v names unknown members", op.Name, *p)
		}
		if len(op.Errors) == 0 {
			t.Errorf("%s: no errors", op.Name)
		}
	}
}

// TestPatternsCompile uses every pattern once. A pattern that Go cannot compile panics here.
func TestPatternsCompile(t *testing.T) {
	t.Parallel()
	seen := make(map[*api.Shape]bool)
	var visit func(s *api.Shape)
	visit = func(s *api.Shape) {
		if s == nil || seen[s] {
			return
		}
		seen[s] = true
		if s.Pattern != nil {
			s.Pattern.Match([]byte("x"))
		}
		visit(s.Key)
		visit(s.Element)
		for _, m := range s.Members {
			visit(m.Shape)
		}
	}
	for _, op := range api.Operations() {
		visit(op.Input)
		visit(op.Output)
	}
}

func TestBind(t *testing.T) {
	t.Parallel()
	endpoints := api.Bind(decodeOnly{})
	for _, op := range api.Operations() {
		e, ok := endpoints[op.Name]
		if !ok || e.Operation != op {
			t.Errorf("Bind: no endpoint of its own for %s", op.Name)
			continue
		}
		if _, err := e.Run(t.Context(), "text"); err == nil {
			t.Errorf("%s with a string for its input = %v, want an internal error", op.Name, err)
		}
	}
	if len(endpoints) != len(api.Operations()) {
		t.Errorf("Bind made %d endpoints for %d operations", len(endpoints), len(api.Operations()))
	}
}

// decodeOnly has all operations. Only their inputs can be decoded.
type decodeOnly struct{ api.Service }

// TestBindAllOperations checks that each operation has exactly one service.
func TestBindAllOperations(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		families []any
		want     string
	}{
		{"no service", nil, "no service has the operation AddCustomAttributes"},
		{"a service without operations", []any{struct{}{}}, "no service has the operation AddCustomAttributes"},
		{"two services", []any{decodeOnly{}, signUpOnly{}}, "two services have the operation AddCustomAttributes"},
		{"a method with other types", []any{otherTypes{}}, "no service has the operation AddCustomAttributes"},
	} {
		got := func() (recovered any) {
			defer func() { recovered = recover() }()
			api.Bind(tt.families...)
			return nil
		}()
		if got != tt.want {
			t.Errorf("Bind with %s: panic %v, want %s", tt.name, got, tt.want)
		}
	}
}

// otherTypes has a method with the name of an operation, and other types.
type otherTypes struct{}

func (otherTypes) AddCustomAttributes() {}

// methodInput returns the input structure of a method of Service.
func methodInput(t *testing.T, name string) reflect.Type {
	t.Helper()
	m, ok := reflect.TypeFor[api.Service]().MethodByName(name)
	if !ok {
		t.Fatalf("Service has no method %s", name)
	}
	return m.Type.In(1).Elem()
}

// signUpOnly implements one operation.
type signUpOnly struct{ api.Service }

func (signUpOnly) SignUp(_ context.Context, in *api.SignUpInput) (*api.SignUpOutput, error) {
	return &api.SignUpOutput{UserSub: "hello " + in.Username}, nil
}

func TestEndpoint(t *testing.T) {
	t.Parallel()
	e := api.Bind(signUpOnly{})["SignUp"]
	input, err := e.Decode([]byte(`{"ClientId":"c1","Username":"ann","Password":"Secret1!","UserAttributes":[{"Name":"email","Value":""}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := &api.SignUpInput{
		ClientId: "c1", Username: "ann", Password: "Secret1!", UserAttributes: []api.AttributeType{{Name: "email"}},
	}
	if diff := cmp.Diff(want, input); diff != "" {
		t.Errorf("Decode (-want +got):\n%s", diff)
	}
	output, err := e.Run(t.Context(), input)
	if diff := cmp.Diff(&api.SignUpOutput{UserSub: "hello ann"}, output); diff != "" || err != nil {
		t.Errorf("Run: %v (-want +got):\n%s", err, diff)
	}
	if input, err := e.Decode([]byte(`{"ClientId":"c1"}`)); input != nil || asError(t, err).Code != api.CodeInvalidParameterException {
		t.Errorf("Decode(incomplete) = %v, %v", input, err)
	}
	for _, body := range []string{"", " \n", "{}", "null"} {
		input, err := api.Bind(signUpOnly{})["AssociateSoftwareToken"].Decode([]byte(body))
		if diff := cmp.Diff(&api.AssociateSoftwareTokenInput{}, input); diff != "" || err != nil {
			t.Errorf("Decode(%q): %v (-want +got):\n%s", body, err, diff)
		}
	}
	if input, err := api.Bind(signUpOnly{})["ListUserPoolReplicas"].Decode(nil); input != nil || err == nil {
		t.Errorf("Decode(nothing) = %v, %v", input, err)
	}
}

func TestAccessors(t *testing.T) {
	t.Parallel()
	if got := api.TokenBearer(&api.GetUserInput{AccessToken: "t"}).BearerToken(); got != "t" {
		t.Errorf("BearerToken = %q", got)
	}
	if got := api.PoolScoped(&api.ListUsersInput{UserPoolId: "p"}).PoolID(); got != "p" {
		t.Errorf("PoolID = %q", got)
	}
	if got := api.ClientScoped(&api.SignUpInput{ClientId: "c"}).AppClientID(); got != "c" {
		t.Errorf("AppClientID = %q", got)
	}
	for _, op := range api.Operations() {
		input := reflect.New(methodInput(t, op.Name)).Interface()
		_, token := input.(api.TokenBearer)
		_, session := input.(api.SessionBearer)
		_, pool := input.(api.PoolScoped)
		_, client := input.(api.ClientScoped)
		_, user := input.(api.UserNamed)
		for member, has := range map[string]bool{
			"AccessToken": token, "Session": session, "UserPoolId": pool, "ClientId": client, "Username": user,
		} {
			if want := op.Input.Member(member) != nil; has != want {
				t.Errorf("%s: accessor of %s is there = %t, want %t", op.Name, member, has, want)
			}
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	err := error(api.NotAuthorizedException("Incorrect username or password."))
	if got, want := err.Error(), "NotAuthorizedException: Incorrect username or password."; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	if got := api.UnknownOperationException().Error(); got != "UnknownOperationException" {
		t.Errorf("Error() without message = %q", got)
	}
	for _, test := range []struct {
		target error
		want   bool
	}{
		{api.NotAuthorizedException("Incorrect username or password."), true},
		{api.NotAuthorizedException(""), true},
		{api.NotAuthorizedException("Access Token has been revoked"), false},
		{api.UserNotFoundException(""), false},
		{errors.New("NotAuthorizedException"), false},
	} {
		if got := errors.Is(err, test.target); got != test.want {
			t.Errorf("errors.Is(err, %v) = %t, want %t", test.target, got, test.want)
		}
	}
	for _, test := range []struct {
		err    *api.Error
		status int
		body   string
	}{
		{api.NotAuthorizedException("a <b> & \"c\""), 400, `{"__type":"NotAuthorizedException","message":"a <b> & \"c\""}`},
		{api.TooManyRequestsException("Rate exceeded"), 400, `{"__type":"TooManyRequestsException","message":"Rate exceeded"}`},
		{api.ForbiddenException("x"), 403, `{"__type":"ForbiddenException","message":"x"}`},
		{api.InternalErrorException("x"), 500, `{"__type":"InternalErrorException","message":"x"}`},
		{api.InternalServerException("x"), 500, `{"__type":"InternalServerException","message":"x"}`},
		{api.UnknownOperationException(), 400, `{"__type":"UnknownOperationException"}`},
		{
			api.MissingAuthenticationTokenException(), 400,
			`{"__type":"MissingAuthenticationTokenException","message":"Missing Authentication Token"}`,
		},
		{api.RequestEntityTooLargeException("m"), 413, `{"__type":"RequestEntityTooLargeException","message":"m"}`},
		{api.ServiceUnavailableException("m"), 503, `{"__type":"ServiceUnavailableException","message":"m"}`},
		{api.IncompleteSignatureException("m"), 400, `{"__type":"IncompleteSignatureException","message":"m"}`},
		{api.InvalidSignatureException("m"), 400, `{"__type":"InvalidSignatureException","message":"m"}`},
		{
			&api.Error{Code: "InvalidParameterException", Message: "m", ReasonCode: "r", RequestID: "not here"}, 0,
			`{"__type":"InvalidParameterException","message":"m","reasonCode":"r"}`,
		},
	} {
		body, err := api.Marshal(test.err)
		if err != nil || string(body) != test.body || test.err.Status != test.status {
			t.Errorf("%s: %s, status %d, %v; want %s, status %d", test.err.Code, body, test.err.Status, err, test.body, test.status)
		}
	}
}
