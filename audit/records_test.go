package audit_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cognate/api"
	"cognate/audit"
	"cognate/cognatetest"
	"cognate/server"
	"cognate/store"
	"cognate/store/storetest"
)

// onBoth runs a test on a server with records of the level, once with SQLite and once with PostgreSQL.
func onBoth(t *testing.T, level audit.Level, test func(t *testing.T, s *cognatetest.Server)) {
	t.Helper()
	for name, url := range map[string]func(testing.TB) string{
		"sqlite": func(testing.TB) string { return "" }, "postgres": func(t testing.TB) string { t.Helper(); return storetest.Postgres(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, cognatetest.StartAudited(t, url(t), server.Audit{Level: level, Node: "node"}))
		})
	}
}

// records returns all records so far, linked, in the order of the chain.
func records(t *testing.T, s *cognatetest.Server) (all []*audit.Record) {
	t.Helper()
	for _, e := range linked(t, s) {
		r, err := audit.Decode(e.Record)
		if err != nil {
			t.Fatalf("record %s: %v", e.Record, err)
		}
		if r.EventID != e.ID {
			t.Errorf("event %s has the record of %s", e.ID, r.EventID)
		}
		all = append(all, r)
	}
	return all
}

func linked(t *testing.T, s *cognatetest.Server) []store.AuditEvent {
	t.Helper()
	s.FlushAudit(t)
	chain := &audit.Chain{Store: s.Store}
	if err := chain.Link(t.Context(), time.Now()); err != nil {
		t.Fatalf("Link() = %v", err)
	}
	events, err := s.Store.LinkedAuditEvents(t.Context(), 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// names returns the names of the events, each with its error.
func names(all []*audit.Record) (found []string) {
	for _, r := range all {
		found = append(found, strings.TrimSpace(r.EventName+" "+r.ErrorCode))
	}
	slices.Sort(found)
	return found
}

// requests makes requests of each class, with and without success.
func requests(t *testing.T, s *cognatetest.Server) *cognatetest.UserPool {
	t.Helper()
	p := s.Pool(t)
	ctx := t.Context()
	p.MustUser("ann")
	_, _ = s.Client.AdminGetUser(ctx, &api.AdminGetUserInput{UserPoolId: p.PoolID, Username: "ann"})
	_, _ = s.Client.AdminGetUser(ctx, &api.AdminGetUserInput{UserPoolId: p.PoolID, Username: "nobody"})
	_, _ = s.Client.AdminDeleteUser(ctx, &api.AdminDeleteUserInput{UserPoolId: p.PoolID, Username: "nobody"})
	_, _ = s.Client.SignUp(ctx, &api.SignUpInput{ClientId: p.ClientID, Username: "bob", Password: "short"})
	for _, password := range []string{"wrong", cognatetest.Password} {
		_, _ = s.Client.InitiateAuth(ctx, &api.InitiateAuthInput{
			ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeUserPasswordAuth, AuthParameters: map[string]string{"USERNAME": "ann", "PASSWORD": password},
		})
	}
	unsigned := api.Client{Endpoint: s.URL + "/"}
	for range 3 {
		_, _ = unsigned.ListUserPools(ctx, &api.ListUserPoolsInput{MaxResults: new(1)})
	}
	return p
}

// subOf returns the sub of ann.
func subOf(t *testing.T, s *cognatetest.Server, p *cognatetest.UserPool, username string) string {
	t.Helper()
	pool, err := s.Store.UserPool(t.Context(), p.PoolID)
	if err != nil {
		t.Fatal(err)
	}
	user, err := s.Store.FindUser(t.Context(), pool, username)
	if err != nil {
		t.Fatal(err)
	}
	return user.Sub
}

func TestLevels(t *testing.T) {
	t.Parallel()
	changes := []string{
		"AdminCreateUser", "AdminDeleteUser UserNotFoundException", "AdminSetUserPassword", "CreateUserPool", "CreateUserPoolClient",
		"ListUserPools MissingAuthenticationTokenException",
	}
	signIns := append(slices.Clone(changes), "InitiateAuth", "InitiateAuth NotAuthorizedException", "SignUp InvalidPasswordException")
	all := append(slices.Clone(signIns), "AdminGetUser", "AdminGetUser UserNotFoundException")
	for level, want := range map[audit.Level][]string{
		audit.LevelOff: nil, audit.LevelChanges: changes, audit.LevelSignIns: signIns, audit.LevelAll: all,
	} {
		slices.Sort(want)
		t.Run(string(level), func(t *testing.T) {
			t.Parallel()
			onBoth(t, level, func(t *testing.T, s *cognatetest.Server) {
				requests(t, s)
				got := names(records(t, s))
				if level == audit.LevelAll {
					got = slices.DeleteFunc(got, func(name string) bool { return strings.HasPrefix(name, "Describe") })
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("records (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// A refused signature has one record for each key and address in a minute.
func TestRefusedSignatures(t *testing.T) {
	t.Parallel()
	s := cognatetest.StartAudited(t, "", server.Audit{Level: audit.LevelChanges, Node: "node"})
	unsigned := api.Client{Endpoint: s.URL + "/"}
	for range 3 {
		_, _ = unsigned.ListUserPools(t.Context(), &api.ListUserPoolsInput{MaxResults: new(1)})
	}
	count := 0
	for _, r := range records(t, s) {
		if r.ErrorCode != "MissingAuthenticationTokenException" || r.UserIdentity.Type != "Unknown" || r.UserIdentity.PrincipalID != "Anonymous" {
			t.Errorf("record = %+v", r)
		}
		count += r.AdditionalEventData.Cognate.Count
	}
	if count != 3 {
		t.Errorf("counted %d refused signatures, want 3", count)
	}
}

// The record of a change has what the request did to the user.
func TestRecordOfAChange(t *testing.T) {
	t.Parallel()
	onBoth(t, audit.LevelChanges, func(t *testing.T, s *cognatetest.Server) {
		p := s.Pool(t)
		p.MustUser("ann")
		if _, err := s.Client.AdminUpdateUserAttributes(t.Context(), &api.AdminUpdateUserAttributesInput{
			UserPoolId: p.PoolID, Username: "ann", UserAttributes: []api.AttributeType{{Name: "given_name", Value: "Secret Name"}},
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Client.AdminDisableUser(t.Context(), &api.AdminDisableUserInput{UserPoolId: p.PoolID, Username: "ann"}); err != nil {
			t.Fatal(err)
		}
		all := records(t, s)
		find := func(name string) *audit.Record {
			i := slices.IndexFunc(all, func(r *audit.Record) bool { return r.EventName == name })
			if i < 0 {
				t.Fatalf("no record %s in %q", name, names(all))
			}
			return all[i]
		}
		r := find("AdminUpdateUserAttributes")
		yes, no := true, false
		want := audit.Additional{Sub: subOf(t, s, p, "ann"), Cognate: audit.Own{
			Username: "ann", Node: "node", Changes: []audit.Change{audit.AttributesChanged},
			Before: &audit.State{Status: "CONFIRMED", Enabled: &yes},
			After:  &audit.State{Status: "CONFIRMED", Enabled: &yes, Attributes: []string{"given_name"}},
		}}
		r.AdditionalEventData.Cognate.TookMilliseconds = 0
		if diff := cmp.Diff(want, r.AdditionalEventData); diff != "" {
			t.Errorf("additionalEventData (-want +got):\n%s", diff)
		}
		wantParameters := `{"userPoolId":"` + p.PoolID + `","username":"` + audit.Hidden + `","userAttributes":[{"name":"given_name","value":"` + audit.Hidden + `"}]}`
		if got := string(r.RequestParameters); got != wantParameters {
			t.Errorf("requestParameters = %s, want %s", got, wantParameters)
		}
		if got := string(r.ResponseElements); got != "{}" {
			t.Errorf("responseElements = %s, want {}", got)
		}
		identity := audit.Identity{
			Type: "IAMUser", PrincipalID: "test", ARN: "arn:aws:iam::" + cognatetest.AccountID + ":user/test", AccountID: cognatetest.AccountID,
			AccessKeyID: "test", UserName: "test",
		}
		if diff := cmp.Diff(identity, r.UserIdentity); diff != "" {
			t.Errorf("userIdentity (-want +got):\n%s", diff)
		}
		if got := find("AdminDisableUser").AdditionalEventData.Cognate.After; got == nil || got.Enabled == nil || *got.Enabled != no {
			t.Errorf("after AdminDisableUser = %+v, want a disabled user", got)
		}
		if created := find("CreateUserPool"); len(created.Resources) != 1 || !strings.HasSuffix(created.Resources[0].ARN, p.PoolID) {
			t.Errorf("resources of CreateUserPool = %v, want the new pool", created.Resources)
		}
	})
}

// A record names the second factors that have an effect. A verified software token that is off has another name. A software token that
// is on, but not verified, is not named.
func TestFactorsOfRecords(t *testing.T) {
	t.Parallel()
	onBoth(t, audit.LevelChanges, func(t *testing.T, s *cognatetest.Server) {
		p := s.Pool(t, cognatetest.MFA(api.UserPoolMfaTypeOptional))
		p.MustUser("ann")
		access := p.MustSignIn("ann", "").AuthenticationResult.AccessToken
		p.MustEnrolWith(access)
		p.MustPrefer(access, true, false)
		p.Must(t).AssociateSoftwareToken(&api.AssociateSoftwareTokenInput{AccessToken: access})
		all := records(t, s)
		for name, want := range map[string][2][]string{
			"VerifySoftwareToken":    {nil, {"SOFTWARE_TOKEN"}},
			"SetUserMFAPreference":   {{"SOFTWARE_TOKEN"}, {"SOFTWARE_TOKEN_MFA"}},
			"AssociateSoftwareToken": {{"SOFTWARE_TOKEN_MFA"}, nil},
		} {
			var got [2][]string
			for _, r := range all {
				if own := r.AdditionalEventData.Cognate; r.EventName == name && own.Before != nil && own.After != nil { // the last one
					got = [2][]string{own.Before.Factors, own.After.Factors}
				}
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("factors before and after %s (-want +got):\n%s", name, diff)
			}
		}
	})
}

// Failures that lock a user are recorded, also if nothing else of a sign-in is.
func TestLocks(t *testing.T) {
	t.Parallel()
	onBoth(t, audit.LevelChanges, func(t *testing.T, s *cognatetest.Server) {
		p := s.Pool(t, cognatetest.HideUsers())
		p.MustUser("ann")
		for _, name := range []string{"ann", "nobody"} {
			for range 7 {
				_, _ = s.Client.InitiateAuth(t.Context(), &api.InitiateAuthInput{
					ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeUserPasswordAuth, AuthParameters: map[string]string{"USERNAME": name, "PASSWORD": "wrong"},
				})
			}
		}
		var users []string
		for _, r := range records(t, s) {
			if r.EventName == "InitiateAuth" {
				t.Errorf("a failed sign-in is recorded: %+v", r)
			}
			if r.EventName == "CognateUserLocked" && r.AdditionalEventData.Cognate.After.LockedUntil != "" {
				users = append(users, r.AdditionalEventData.Sub+" "+r.AdditionalEventData.Cognate.Username)
			}
		}
		if !slices.Contains(users, subOf(t, s, p, "ann")+" ann") || !slices.Contains(users, " ") {
			t.Errorf("locked users = %q, want ann, and a name without a user", users)
		}
	})
}

// If the record cannot be stored, the change is not made.
func TestNoRecordNoChange(t *testing.T) {
	t.Parallel()
	s := cognatetest.StartAudited(t, "", server.Audit{})
	p := s.Pool(t)
	r := &audit.Recorder{Store: s.Store, Level: audit.LevelChanges, Writable: func() error { return context.DeadlineExceeded }}
	p.MustUser("ann")
	op, _ := api.Lookup("AdminDeleteUser")
	e := &audit.Event{Began: time.Now()}
	e.SetOperation(op)
	ctx := r.Begin(t.Context(), e)
	sub := subOf(t, s, p, "ann")
	err := s.Store.Write(ctx, func(tx *store.Tx) error { return tx.DeleteUser(ctx, p.PoolID, sub) })
	if err == nil {
		t.Error("a change without a record succeeded")
	}
	if _, err := s.Store.User(t.Context(), p.PoolID, sub); err != nil {
		t.Errorf("User() = %v, want the user", err)
	}
}

// A record without its outcome says so, and is linked when its request must have ended.
func TestIncompleteRecord(t *testing.T) {
	t.Parallel()
	s := cognatetest.StartAudited(t, "", server.Audit{})
	p := s.Pool(t)
	p.MustUser("ann")
	r := &audit.Recorder{Store: s.Store, Level: audit.LevelChanges}
	op, _ := api.Lookup("AdminDeleteUser")
	e := &audit.Event{Began: time.Now()}
	e.SetOperation(op)
	ctx := r.Begin(t.Context(), e)
	sub := subOf(t, s, p, "ann")
	if err := s.Store.Write(ctx, func(tx *store.Tx) error { return tx.DeleteUser(ctx, p.PoolID, sub) }); err != nil {
		t.Fatal(err)
	}
	if events := linked(t, s); len(events) != 0 {
		t.Errorf("the record of a running request is linked: %+v", events)
	}
	chain := &audit.Chain{Store: s.Store} // of a server whose clock is an hour ahead
	for _, after := range []time.Duration{0, 3 * time.Minute} {
		if err := chain.Link(t.Context(), time.Now().Add(time.Hour+after)); err != nil {
			t.Fatal(err)
		}
		if all := records(t, s); len(all) != 0 {
			t.Errorf("a server whose clock is ahead has linked the record of a running request: %+v", all)
		}
	}
	if err := chain.Link(t.Context(), time.Now().Add(time.Hour+4*time.Minute)); err != nil {
		t.Fatal(err)
	}
	all := records(t, s)
	if len(all) != 1 || !all[0].AdditionalEventData.Cognate.IsIncomplete || all[0].ErrorCode != "" {
		t.Errorf("records = %+v, want an incomplete one", all)
	}
	// The outcome comes too late: the record does not change any more.
	e.Outcome = audit.OK
	if err := r.Record(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all := records(t, s); len(all) != 1 || !all[0].AdditionalEventData.Cognate.IsIncomplete {
		t.Errorf("a linked record was changed: %+v", all)
	}
}

// Pages and endpoints have the names and the parameters of the service.
func TestEndpoints(t *testing.T) {
	t.Parallel()
	s := cognatetest.StartAudited(t, "", server.Audit{Level: audit.LevelAll, Node: "node"})
	p := s.Pool(t)
	if _, err := s.Client.CreateUserPoolDomain(t.Context(), &api.CreateUserPoolDomainInput{UserPoolId: p.PoolID, Domain: "people"}); err != nil {
		t.Fatal(err)
	}
	body := "grant_type=refresh_token&client_id=" + p.ClientID + "&refresh_token=SECRET"
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/domains/people/oauth2/token", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	all := records(t, s)
	i := slices.IndexFunc(all, func(r *audit.Record) bool { return r.EventName == "Token_POST" })
	if i < 0 {
		t.Fatalf("no Token_POST in %q", names(all))
	}
	r := all[i]
	want := map[string]any{
		"grant_type": []any{"refresh_token"}, "client_id": []any{p.ClientID}, "refresh_token": []any{audit.Hidden},
	}
	var got map[string]any
	if err := json.Unmarshal(r.AdditionalEventData.RequestParameters, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("requestParameters (-want +got):\n%s", diff)
	}
	a := r.AdditionalEventData
	if r.EventType != "AwsServiceEvent" || a.UserPoolID != p.PoolID || a.UserPoolDomain != "people" || a.ResponseParameters.Status != response.StatusCode {
		t.Errorf("record = %+v, want that of an endpoint", r)
	}
}

// Each transaction of a task has a record of its own.
func TestRecordsOfAJob(t *testing.T) {
	t.Parallel()
	s := cognatetest.StartAudited(t, "", server.Audit{Level: audit.LevelChanges, Node: "node"})
	p := s.Pool(t)
	p.MustUser("ann")
	p.MustUser("bob")
	before := len(records(t, s))
	ctx := (&audit.Recorder{Store: s.Store, Level: audit.LevelChanges, Node: "node"}).Job(t.Context(), "CognateUserDeleted")
	for _, name := range []string{"ann", "bob"} {
		sub := subOf(t, s, p, name)
		audit.SetClient(ctx, p.PoolID, "")
		audit.SetUser(ctx, sub)
		if err := s.Store.Write(ctx, func(tx *store.Tx) error { return tx.DeleteUser(ctx, p.PoolID, sub) }); err != nil {
			t.Fatal(err)
		}
		if err := s.Store.Write(ctx, func(*store.Tx) error { return store.ErrRollback }); err != nil {
			t.Fatal(err)
		}
	}
	all := records(t, s)[before:]
	if len(all) != 2 || all[0].AdditionalEventData.Sub == all[1].AdditionalEventData.Sub {
		t.Fatalf("records = %+v, want one for each user", all)
	}
	for _, r := range all {
		if r.EventName != "CognateUserDeleted" || r.UserIdentity.InvokedBy != "cognate" || len(r.Resources) != 1 || r.AdditionalEventData.Cognate.IsIncomplete {
			t.Errorf("record = %+v, want that of a task", r)
		}
	}
}

// Records have the time of the server's clock, as everything else that it stores.
func TestTimeOfRecords(t *testing.T) {
	t.Parallel()
	s := cognatetest.StartAudited(t, "", server.Audit{Level: audit.LevelChanges})
	s.Clock.Advance(time.Hour)
	s.Pool(t)
	want := s.Clock.Now().UTC().Format(time.RFC3339)
	all := records(t, s)
	for _, r := range all {
		if r.EventTime != want {
			t.Errorf("%s at %s, want %s", r.EventName, r.EventTime, want)
		}
	}
	if len(all) == 0 {
		t.Error("no records")
	}
}
