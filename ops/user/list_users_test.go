package user_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
)

func (f *fixture) list(t *testing.T, in api.ListUsersInput) (*api.ListUsersOutput, error) {
	t.Helper()
	in.UserPoolId = f.PoolID
	return f.Client.ListUsers(t.Context(), &in)
}

// found returns the usernames that a filter finds.
func (f *fixture) found(t *testing.T, filter string) []string {
	t.Helper()
	return usernames(cognatetest.Try(f.list(t, api.ListUsersInput{Filter: filter})).Of(t))
}

func usernames(out *api.ListUsersOutput) []string {
	names := []string{}
	for _, user := range out.Users {
		names = append(names, user.Username)
	}
	slices.Sort(names)
	return names
}

func TestListUsersFilter(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		f := mustPool(t, s)
		anna := f.mustUser(t, "anna", "email", "anna@example.com", "name", "Anna", "phone_number", "+491", "given_name", `A "Nan"`)
		f.mustUser(t, "Anna2", "email", "anna@example.community", "name", "Änne", "family_name", "Schmidt")
		cognatetest.Try(f.invite(t, "otto", "email", "otto@example.com", "preferred_username", "ott")).Of(t)
		s.Must(t).AdminDisableUser(&api.AdminDisableUserInput{UserPoolId: f.PoolID, Username: "otto"})
		for filter, want := range map[string][]string{
			``:                                {"Anna2", "anna", "otto"},
			`email = "anna@example.com"`:      {"anna"},
			`email ^= "anna@example.com"`:     {"Anna2", "anna"},
			`"email"^="anna@"`:                {"Anna2", "anna"},
			`email ^= ""`:                     {"Anna2", "anna", "otto"},
			`email = ""`:                      {},
			`email = "Anna@example.com"`:      {},
			`username = "anna"`:               {"anna"},
			`username ^= "Ann"`:               {"Anna2"},
			`name ^= "Ä"`:                     {"Anna2"},
			`phone_number = "+491"`:           {"anna"},
			`given_name = "A \"Nan\""`:        {"anna"},
			`family_name ^= "Sch"`:            {"Anna2"},
			`preferred_username = "ott"`:      {"otto"},
			`sub = "` + anna + `"`:            {"anna"},
			`status = "Enabled"`:              {"Anna2", "anna"},
			`status = "Disabled"`:             {"otto"},
			`status = "disabled"`:             {},
			`cognito:user_status="CONFIRMED"`: {"Anna2", "anna"},
			`cognito:user_status = "force_change_password"`: {"otto"},
			`cognito:user_status ^= "FORCE"`:                {"otto"},
		} {
			wantDiff(t, "ListUsers("+filter+")", want, f.found(t, filter))
		}
		cognatetest.WantRefusal(t, "AdminUpdateUserAttributes()", f.adminUpdate(t, "otto", "email", "new@example.com"), nil)
		wantDiff(t, "ListUsers(old address)", []string{}, f.found(t, `email = "otto@example.com"`))
		wantDiff(t, "ListUsers(new address)", []string{"otto"}, f.found(t, `email = "new@example.com"`))

		for filter, want := range map[string]error{
			`email`:          errFilter,
			`email ~ "a"`:    errFilter,
			`custom:x = "a"`: api.InvalidParameterException("Invalid search attribute: custom:x"),
			`address = "a"`:  api.InvalidParameterException("Invalid search attribute: address"),
		} {
			_, err := f.list(t, api.ListUsersInput{Filter: filter})
			cognatetest.WantRefusal(t, "ListUsers("+filter+")", err, want)
		}
	})
}

func TestListUsersShape(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s)
	sub := f.mustUser(t, "anna", "email", "a@example.com", "name", "Anna")
	now := api.EpochOf(s.Clock.Now())
	wantDiff(t, "ListUsers()", &api.ListUsersOutput{Users: []api.UserType{{
		Username: "anna", Attributes: cognatetest.Attributes("sub", sub, "name", "Anna", "email", "a@example.com"), Enabled: new(true),
		UserStatus: api.UserStatusTypeConfirmed, UserCreateDate: now, UserLastModifiedDate: now,
	}}}, cognatetest.Try(f.list(t, api.ListUsersInput{})).Of(t))

	out := cognatetest.Try(f.list(t, api.ListUsersInput{AttributesToGet: []string{"email"}})).Of(t)
	wantDiff(t, "attributes", cognatetest.Attributes("email", "a@example.com"), out.Users[0].Attributes)
	for _, name := range []string{"custom:x", "nickname"} { // the pool does not have the first, and anna does not have the second
		_, err := f.list(t, api.ListUsersInput{AttributesToGet: []string{"email", name}})
		cognatetest.WantRefusal(t, "ListUsers("+name+")", err, api.InvalidParameterException("One or more requested attributes do not exist."))
	}
	out = cognatetest.Try(f.list(t, api.ListUsersInput{AttributesToGet: []string{"nickname"}, Filter: `name = "Otto"`})).Of(t)
	wantDiff(t, "users without the attribute that the filter does not find", []api.UserType{}, out.Users)
	op, _ := api.Lookup("ListUsers")
	body := cognatetest.Try(f.Client.Send(t.Context(), op, []byte(`{"UserPoolId":"`+f.PoolID+`","AttributesToGet":[]}`))).Of(t)
	if strings.Contains(string(body), sub) || strings.Contains(string(body), "a@example.com") || !strings.Contains(string(body), "anna") {
		t.Errorf("ListUsers(no attributes) = %s, want anna without attributes", body)
	}
}

func TestListUsersPages(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		f := mustPool(t, s)
		for i := range 7 {
			// Two users share each name: a page can end between them.
			cognatetest.Try(f.invite(t, fmt.Sprintf("user%d", i), "name", fmt.Sprintf("N%d", i/2))).Of(t)
		}
		for _, filter := range []string{``, `name ^= "N"`} {
			for limit, wantPages := range map[int]int{1: 7, 2: 4, 3: 3, 7: 1, 60: 1, 0: 1} {
				var names []string
				pages, token := 0, ""
				for pages == 0 || token != "" {
					out := cognatetest.Try(f.list(t, api.ListUsersInput{Filter: filter, Limit: &limit, PaginationToken: token})).Of(t)
					names, token = append(names, usernames(out)...), out.PaginationToken
					pages++
				}
				slices.Sort(names)
				what := fmt.Sprintf("ListUsers(%s) in pages of %d", filter, limit)
				wantDiff(t, what, []string{"user0", "user1", "user2", "user3", "user4", "user5", "user6"}, names)
				if pages != wantPages {
					t.Errorf("%s has %d pages, want %d", what, pages, wantPages)
				}
			}
		}
	})
}

func TestListUsersToken(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f, other := mustPool(t, s), mustPool(t, s)
	for i := range 2 {
		cognatetest.Try(f.invite(t, fmt.Sprintf("user%d", i), "name", "N")).Of(t)
	}
	token := cognatetest.Try(f.list(t, api.ListUsersInput{Filter: `name = "N"`, Limit: new(1)})).Of(t).PaginationToken
	refused := api.InvalidParameterException("Invalid pagination token")
	made := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	for what, in := range map[string]api.ListUsersInput{
		"another filter": {Filter: `name = "M"`, PaginationToken: token},
		"no filter":      {PaginationToken: token},
	} {
		_, err := f.list(t, in)
		cognatetest.WantRefusal(t, "ListUsers(token: "+what+")", err, api.InvalidParameterException("Paging Marker is Invalid for Request"))
	}
	for what, in := range map[string]api.ListUsersInput{
		"no base64":          {PaginationToken: "??"},
		"no JSON":            {PaginationToken: made("{")},
		"nothing":            {PaginationToken: made("{}")},
		"NUL":                {PaginationToken: made(`{"Pool":"` + f.PoolID + `","Filter":"","After":{"Key":"\u0000","Sub":""},"Expires":9999999999}`)},
		"more than it knows": {PaginationToken: made(`{"Pool":"` + f.PoolID + `","Filter":"","After":{"Key":"a","Sub":""},"Expires":9999999999,"X":1}`)},
	} {
		_, err := f.list(t, in)
		cognatetest.WantRefusal(t, "ListUsers(token: "+what+")", err, refused)
	}
	_, err := other.list(t, api.ListUsersInput{Filter: `name = "N"`, PaginationToken: token})
	cognatetest.WantRefusal(t, "ListUsers(token of another pool)", err, refused)
	if strings.ContainsAny(token, "+/=") {
		t.Errorf("PaginationToken = %q, want it to pass through URLs", token)
	}
	s.Clock.Advance(time.Hour - time.Second)
	cognatetest.Try(f.list(t, api.ListUsersInput{Filter: `name = "N"`, PaginationToken: token})).Of(t)
	s.Clock.Advance(time.Second)
	_, err = f.list(t, api.ListUsersInput{Filter: `name = "N"`, PaginationToken: token})
	cognatetest.WantRefusal(t, "ListUsers(token, an hour later)", err, refused)
}

// During a rolling update, servers of two builds read each other's tokens.
func TestListUsersTokenForm(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s)
	var subs []string
	for i := range 2 {
		subs = append(subs, f.mustUser(t, fmt.Sprintf("user%d", i), "name", "N"))
	}
	slices.Sort(subs)
	expires, created := s.Clock.Now().Add(time.Hour).Unix(), s.Clock.Now().UnixMilli()
	for filter, after := range map[string]string{
		"":           `{"Key":"user0","Sub":""}`,
		`name = "N"`: fmt.Sprintf(`{"Key":"N","Created":%d,"Sub":%q}`, created, subs[0]),
	} {
		token := cognatetest.Try(f.list(t, api.ListUsersInput{Filter: filter, Limit: new(1)})).Of(t).PaginationToken
		got, err := base64.RawURLEncoding.DecodeString(token)
		want := fmt.Sprintf(`{"Pool":%q,"Filter":%q,"After":%s,"Expires":%d}`, f.PoolID, filter, after, expires)
		if string(got) != want || err != nil {
			t.Errorf("PaginationToken(%s) = %s, %v, want %s", filter, got, err, want)
		}
	}
}
