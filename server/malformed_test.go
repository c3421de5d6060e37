package server_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/api/apitest"
	"cognate/cognatetest"
)

// Every operation answers every malformed input of its shape with the error and the text of the service, and changes nothing.
func TestMalformedInput(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	s.Pool(t).MustUser("ann")
	before := s.MustSnapshot(t)
	rows := 0
	for _, op := range api.Operations() {
		list := append(faults(op.Input, position{}), bodies(op)...)
		if many, ok := all(op.Input); ok {
			list = append(list, many)
		}
		rows += len(list)
		for _, f := range list {
			_, err := s.Client.Send(t.Context(), op, []byte(f.value))
			if want := f.want(op); err == nil || err.Error() != want.Error() {
				t.Errorf("%s(%s)\n got %.700v\nwant %.700v", op.Name, f.what, err, want)
			}
		}
		if !reflect.DeepEqual(before, s.MustSnapshot(t)) {
			t.Fatalf("malformed input of %s changed the store", op.Name)
		}
	}
	t.Logf("%d rows", rows)
}

// want returns the error for a request with the fault.
func (f *fault) want(op *api.Operation) *api.Error {
	switch {
	case len(f.value) > int(op.MaxBody) && op.TooLarge != "":
		return api.InvalidParameterException(op.TooLarge)
	case len(f.value) > int(op.MaxBody):
		return api.RequestEntityTooLargeException(fmt.Sprintf("The request body is larger than %d bytes.", op.MaxBody))
	case f.refusal != "":
		return api.SerializationException(f.refusal)
	case len(f.clauses) == 1:
		return api.InvalidParameterException("1 validation error detected: " + f.clauses[0])
	}
	return api.InvalidParameterException(fmt.Sprintf("%d validation errors detected: %s", len(f.clauses), strings.Join(f.clauses, "; ")))
}

// bodies returns request bodies that are not an object of the operation's members.
func bodies(op *api.Operation) []fault {
	const notJSON, twice = "The request could not be read as JSON.", "The request names a member more than once."
	valid := apitest.Minimal(op.Input)
	first := op.Input.Members[0]
	again := apitest.Quote(first.Name) + ":" + apitest.Minimal(first.Shape)
	list := []fault{
		{value: "{", refusal: notJSON},
		{value: "username=ann", refusal: notJSON},
		{value: strings.TrimSuffix(valid, "}") + ",}", refusal: notJSON},
		{value: "{\"\xff\":1}", refusal: notJSON},
		{value: `{"Unknown":"` + "\xff" + `"}`, refusal: notJSON},
		{value: valid + "x", refusal: notJSON},
		{value: valid + "{}", refusal: "The request has something behind its JSON object."},
		{value: "{" + again + "," + again + "}", refusal: twice},
		{value: `{"Unknown":1,"Unknown":2}`, refusal: twice},
		{value: strings.Repeat(`{"Unknown":`, 100), refusal: "The request is nested too deeply."},
	}
	var absent []string
	for _, m := range op.Input.Members {
		if m.Required {
			absent = append(absent, "Value null at '"+lowerFirst(m.Name)+"' failed to satisfy constraint: "+notNull)
		}
	}
	if len(absent) > 0 {
		for _, body := range []string{"", " ", "null", "{}", `{"Unknown":{"a":[null]},"` + lowerFirst(first.Name) + `":1}`} {
			list = append(list, fault{value: body, clauses: absent})
		}
	}
	for i := range list {
		list[i].what = fmt.Sprintf("body %.40q", list[i].value)
	}
	return list
}

// The answers about a pool of another account and about a deleted pool are those about a pool that never existed, for every
// operation that names a pool, a client, a resource or a domain, or has an access token. They change nothing.
func TestPoolsThatDoNotExist(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	foreign := &api.Client{Endpoint: s.Client.Endpoint, Sign: cognatetest.SignForeign}
	own, gone := named(t, s, "own"), named(t, s, "gone")
	s.Must(t).DeleteUserPoolDomain(&api.DeleteUserPoolDomainInput{UserPoolId: gone["UserPoolId"], Domain: gone["Domain"]})
	s.Must(t).DeleteUserPool(&api.DeleteUserPoolInput{UserPoolId: gone["UserPoolId"]})
	unknown := map[string]string{
		"UserPoolId": cognatetest.Region + "_Unknown00", "ClientId": "2ttttttttttttttttttttttttt", "Domain": "unknown",
		"ResourceArn": "arn:aws:cognito-idp:" + cognatetest.Region + ":" + cognatetest.AccountID + ":userpool/" + cognatetest.Region + "_Unknown00",
		"AccessToken": "aaa.bbb.ccc", "Token": "aaa.bbb.ccc", "RefreshToken": "aaa.bbb.ccc",
	}
	before := s.MustSnapshot(t)
	for _, op := range api.Operations() {
		if !namesOne(op, unknown) {
			continue
		}
		want := sendNamed(t, s.Client, op, unknown)
		if expected := refusalOfUnknown(op); want != expected {
			t.Errorf("%s(unknown pool)\n got %s\nwant %s", op.Name, want, expected)
		}
		if got := sendNamed(t, s.Client, op, gone); got != want {
			t.Errorf("%s(deleted pool)\n got %s\nwant %s", op.Name, got, want)
		}
		if op.Auth == api.AuthSigV4 {
			if got := sendNamed(t, foreign, op, own); got != want {
				t.Errorf("%s(pool of another account)\n got %s\nwant %s", op.Name, got, want)
			}
		}
		if !reflect.DeepEqual(before, s.MustSnapshot(t)) {
			t.Fatalf("%s changed the store:\n%s", op.Name, cmp.Diff(before, s.MustSnapshot(t), cmp.Exporter(func(reflect.Type) bool { return true })))
		}
	}
}

// refusalOfUnknown returns the answer to a request with unknown names, as sendNamed writes it.
func refusalOfUnknown(op *api.Operation) string {
	has := func(name string) bool { return op.Input.Member(name) != nil }
	switch {
	case has("AccessToken"):
		return api.ErrInvalidAccessToken.Error()
	case has("UserPoolId"):
		return api.ErrPoolNotFound("<UserPoolId>").Error()
	case op.Name == "RevokeToken":
		return "UnauthorizedException: Client <ClientId> is not authorized."
	case has("ClientId"):
		return api.ErrClientNotFound("<ClientId>").Error()
	case has("ResourceArn"):
		return api.ErrPoolNotFound("<UserPoolId>").Error()
	default: // DescribeUserPoolDomain
		return `{"DomainDescription":{}}`
	}
}

// valid has members that the minimal input of an operation needs in addition.
var valid = map[string]map[string]string{
	"ConfirmDevice":              {"DeviceSecretVerifierConfig": `{"PasswordVerifier":"` + strings.Repeat("Aaaa", 128) + `","Salt":"AaaaAaaaAaaaAaaa"}`},
	"ConfirmForgotPassword":      {"Password": apitest.Quote(cognatetest.Password)},
	"AdminSetUserSettings":       {"MFAOptions": "[]"},
	"UpdateManagedLoginBranding": {"ManagedLoginBrandingId": `"00000000-0000-4000-8000-000000000000"`},
}

// named creates a pool with a client, a domain and a user, and returns what requests call them.
func named(t *testing.T, s *cognatetest.Server, name string) map[string]string {
	t.Helper()
	p := s.Pool(t)
	p.MustUser("sample")
	p.Must(t).CreateUserPoolDomain(&api.CreateUserPoolDomainInput{UserPoolId: p.PoolID, Domain: name})
	tokens := p.MustSignIn("sample", "").AuthenticationResult
	return map[string]string{
		"UserPoolId": p.PoolID, "ClientId": p.ClientID, "Domain": name,
		"ResourceArn": p.Must(t).DescribeUserPool(&api.DescribeUserPoolInput{UserPoolId: p.PoolID}).UserPool.Arn,
		"AccessToken": tokens.AccessToken, "Token": tokens.RefreshToken, "RefreshToken": tokens.RefreshToken,
	}
}

func namesOne(op *api.Operation, names map[string]string) bool {
	return slices.ContainsFunc(op.Input.Members, func(m api.Member) bool { _, ok := names[m.Name]; return ok })
}

// sendNamed sends the minimal input of an operation with names, and with a member that the operation ignores. It
// returns the answer with a placeholder for each name.
func sendNamed(t *testing.T, client *api.Client, op *api.Operation, names map[string]string) string {
	t.Helper()
	values := map[string]string{}
	maps.Copy(values, valid[op.Name])
	for name, value := range names {
		if op.Input.Member(name) != nil {
			values[name] = apitest.Quote(value)
		}
	}
	request := `{"Unknown":{"a":[null,1.5]},` + strings.TrimPrefix(apitest.Object(op.Input, values), "{")
	body, err := client.Send(t.Context(), op, []byte(request))
	answer := string(body)
	if err != nil {
		answer = err.Error()
	}
	for name, value := range names {
		answer = strings.ReplaceAll(answer, value, "<"+name+">")
	}
	return answer
}
