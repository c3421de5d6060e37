package group_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/store"
)

const role = "arn:aws:iam::123456789012:role/admins"

var errNoGroup = api.ResourceNotFoundException("Group not found.")

// mustGroup creates a group with only a name.
func mustGroup(t *testing.T, p *cognatetest.UserPool, name string) *api.GroupType {
	t.Helper()
	return p.Must(t).CreateGroup(&api.CreateGroupInput{UserPoolId: p.PoolID, GroupName: name}).Group
}

func mustAdd(t *testing.T, p *cognatetest.UserPool, username, name string) {
	t.Helper()
	p.Must(t).AdminAddUserToGroup(&api.AdminAddUserToGroupInput{UserPoolId: p.PoolID, Username: username, GroupName: name})
}

func groupsOf(t *testing.T, p *cognatetest.UserPool, username string) []string {
	t.Helper()
	return namesOf(p.Must(t).AdminListGroupsForUser(&api.AdminListGroupsForUserInput{UserPoolId: p.PoolID, Username: username}).Groups)
}

func membersOf(t *testing.T, p *cognatetest.UserPool, name string) []string {
	t.Helper()
	var names []string
	for _, u := range p.Must(t).ListUsersInGroup(&api.ListUsersInGroupInput{UserPoolId: p.PoolID, GroupName: name}).Users {
		names = append(names, u.Username)
	}
	slices.Sort(names)
	return names
}

func namesOf(groups []api.GroupType) []string {
	names := make([]string, 0, len(groups))
	for _, g := range groups {
		names = append(names, g.GroupName)
	}
	return names
}

func wantSame(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestGroup(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	created := api.EpochOf(p.Clock.Now())
	bare := mustGroup(t, p, "bare")
	wantSame(t, "CreateGroup(bare)", &api.GroupType{GroupName: "bare", UserPoolId: p.PoolID, CreationDate: created, LastModifiedDate: created}, bare)
	full := p.Must(t).CreateGroup(&api.CreateGroupInput{
		UserPoolId: p.PoolID, GroupName: "Admins", Description: new("they may"), RoleArn: role, Precedence: new(0),
	}).Group
	wantSame(t, "CreateGroup(full)", &api.GroupType{
		GroupName: "Admins", UserPoolId: p.PoolID, Description: new("they may"), RoleArn: role, Precedence: new(0),
		CreationDate: created, LastModifiedDate: created,
	}, full)
	for _, name := range []string{"Admins", "admins", "ADMINS"} {
		_, err := p.Client.CreateGroup(t.Context(), &api.CreateGroupInput{UserPoolId: p.PoolID, GroupName: name})
		cognatetest.WantError(t, "CreateGroup("+name+")", err, api.GroupExistsException("A group with the name already exists."))
	}
	_, err := p.Client.GetGroup(t.Context(), &api.GetGroupInput{UserPoolId: p.PoolID, GroupName: "admins"})
	cognatetest.WantError(t, "GetGroup(another case)", err, errNoGroup)

	p.Clock.Advance(time.Minute)
	full.LastModifiedDate = api.EpochOf(p.Clock.Now())
	for _, change := range []struct {
		in   api.UpdateGroupInput
		want func()
	}{
		{api.UpdateGroupInput{}, func() {}},
		{api.UpdateGroupInput{Precedence: new(7)}, func() { full.Precedence = new(7) }},
		{api.UpdateGroupInput{Precedence: new(0)}, func() { full.Precedence = new(0) }},
		{api.UpdateGroupInput{RoleArn: role + "2"}, func() { full.RoleArn = role + "2" }},
		{api.UpdateGroupInput{Description: new("others")}, func() { full.Description = new("others") }},
		{api.UpdateGroupInput{Description: new("")}, func() { full.Description = nil }},
	} {
		change.in.UserPoolId, change.in.GroupName = p.PoolID, "Admins"
		change.want()
		wantSame(t, "UpdateGroup", full, p.Must(t).UpdateGroup(&change.in).Group)
		wantSame(t, "GetGroup", full, p.Must(t).GetGroup(&api.GetGroupInput{UserPoolId: p.PoolID, GroupName: "Admins"}).Group)
	}
	wantSame(t, "GetGroup(bare)", bare, p.Must(t).GetGroup(&api.GetGroupInput{UserPoolId: p.PoolID, GroupName: "bare"}).Group)
}

func TestMembers(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.EmailIsAlias())
	p.MustUser("ann", cognatetest.Attributes("email", "ann@example.com", "email_verified", "true")...)
	p.MustUser("bob")
	admins, readers := mustGroup(t, p, "admins").GroupName, mustGroup(t, p, "readers").GroupName
	for range 2 { // adding twice succeeds
		mustAdd(t, p, "ann", admins)
	}
	mustAdd(t, p, "ann@example.com", readers)
	mustAdd(t, p, "bob", readers)
	wantSame(t, "groups of ann", []string{"admins", "readers"}, groupsOf(t, p, "ann@example.com"))
	wantSame(t, "readers", []string{"ann", "bob"}, membersOf(t, p, readers))
	remove := func(username, name string) error {
		_, err := p.Client.AdminRemoveUserFromGroup(t.Context(), &api.AdminRemoveUserFromGroupInput{
			UserPoolId: p.PoolID, Username: username, GroupName: name,
		})
		return err
	}
	for range 2 { // also when the user is not in the group any more
		if err := remove("ann", admins); err != nil {
			t.Errorf("AdminRemoveUserFromGroup() = %v", err)
		}
	}
	wantSame(t, "groups of ann without admins", []string{"readers"}, groupsOf(t, p, "ann"))

	add := func(username, name string) error {
		_, err := p.Client.AdminAddUserToGroup(t.Context(), &api.AdminAddUserToGroupInput{
			UserPoolId: p.PoolID, Username: username, GroupName: name,
		})
		return err
	}
	cognatetest.WantError(t, "add to an unknown group", add("ann", "none"), errNoGroup)
	cognatetest.WantError(t, "add an unknown user", add("eve", "none"), api.ErrUserDoesNotExist)
	cognatetest.WantError(t, "remove from an unknown group", remove("ann", "none"), errNoGroup)
	cognatetest.WantError(t, "remove an unknown user", remove("eve", admins), api.ErrUserDoesNotExist)

	p.Must(t).DeleteGroup(&api.DeleteGroupInput{UserPoolId: p.PoolID, GroupName: readers})
	wantSame(t, "groups of ann without readers", []string{}, groupsOf(t, p, "ann"))
	mustGroup(t, p, readers)
	wantSame(t, "the new readers", []string(nil), membersOf(t, p, readers))
	mustAdd(t, p, "bob", readers)
	p.Must(t).AdminDeleteUser(&api.AdminDeleteUserInput{UserPoolId: p.PoolID, Username: "bob"})
	p.MustUser("bob")
	wantSame(t, "readers without the deleted bob", []string(nil), membersOf(t, p, readers))
	wantSame(t, "groups of the new bob", []string{}, groupsOf(t, p, "bob"))
}

// Groups of another pool, of another account and unknown ones do not exist.
func TestForeignGroups(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	other := p.Pool(t)
	mustGroup(t, other, "theirs")
	const unknown = "us-east-1_none"
	for what, tt := range map[string]struct {
		pool string
		want error
	}{"group of another pool": {p.PoolID, errNoGroup}, "unknown pool": {unknown, api.ErrPoolNotFound(unknown)}} {
		for name, call := range map[string]func() error{
			"GetGroup": func() error {
				_, err := p.Client.GetGroup(t.Context(), &api.GetGroupInput{UserPoolId: tt.pool, GroupName: "theirs"})
				return err
			},
			"UpdateGroup": func() error {
				_, err := p.Client.UpdateGroup(t.Context(), &api.UpdateGroupInput{UserPoolId: tt.pool, GroupName: "theirs"})
				return err
			},
			"DeleteGroup": func() error {
				_, err := p.Client.DeleteGroup(t.Context(), &api.DeleteGroupInput{UserPoolId: tt.pool, GroupName: "theirs"})
				return err
			},
			"ListUsersInGroup": func() error {
				_, err := p.Client.ListUsersInGroup(t.Context(), &api.ListUsersInGroupInput{UserPoolId: tt.pool, GroupName: "theirs"})
				return err
			},
			"AdminAddUserToGroup": func() error {
				_, err := p.Client.AdminAddUserToGroup(t.Context(), &api.AdminAddUserToGroupInput{UserPoolId: tt.pool, Username: "ann", GroupName: "theirs"})
				return err
			},
		} {
			if err := call(); !errors.Is(err, tt.want) || err.Error() != tt.want.Error() {
				t.Errorf("%s(%s) = %v, want %v", name, what, err, tt.want)
			}
		}
	}
	wantSame(t, "groups of the other pool", 1, len(p.Must(t).ListGroups(&api.ListGroupsInput{UserPoolId: other.PoolID}).Groups))
	wantSame(t, "groups of the pool", []api.GroupType{}, p.Must(t).ListGroups(&api.ListGroupsInput{UserPoolId: p.PoolID}).Groups)
	_, err := p.Client.CreateGroup(t.Context(), &api.CreateGroupInput{UserPoolId: unknown, GroupName: "g"})
	cognatetest.WantError(t, "CreateGroup(unknown pool)", err, api.ResourceNotFoundException("User pool "+unknown+" does not exist."))
}

// The pages of a list have all groups that exist throughout, although others come and go.
func TestPages(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := s.Pool(t)
		p.MustUser("ann")
		// In order of AdminListGroupsForUser. Creation and names are in other orders.
		precedences := map[string]*int{"zero": new(0), "one": new(1), "one more": nil, "none": nil, "another": nil, "big": new(1<<31 - 1)}
		for _, name := range []string{"one", "none", "zero", "big", "another", "Beta"} {
			p.Must(t).CreateGroup(&api.CreateGroupInput{UserPoolId: p.PoolID, GroupName: name, Precedence: precedences[name]})
			mustAdd(t, p, "ann", name)
		}
		for _, c := range []struct {
			what string
			list func(token string) ([]string, string)
			want []string
		}{
			{"ListGroups", func(token string) ([]string, string) {
				out := s.Must(t).ListGroups(&api.ListGroupsInput{UserPoolId: p.PoolID, Limit: new(2), NextToken: token})
				return namesOf(out.Groups), out.NextToken
			}, []string{"another", "Beta", "big", "none", "one", "zero"}},
			{"AdminListGroupsForUser", func(token string) ([]string, string) {
				out := s.Must(t).AdminListGroupsForUser(&api.AdminListGroupsForUserInput{UserPoolId: p.PoolID, Username: "ann", Limit: new(2), NextToken: token})
				return namesOf(out.Groups), out.NextToken
			}, []string{"zero", "one", "big", "none", "another", "Beta"}},
		} {
			var got []string
			for page, token := 0, ""; page == 0 || token != ""; page++ {
				var names []string
				names, token = c.list(token)
				got = append(got, names...)
			}
			wantSame(t, c.what+" by 2", c.want, got)
			first, token := c.list("")
			p.Must(t).CreateGroup(&api.CreateGroupInput{UserPoolId: p.PoolID, GroupName: "aaa", Precedence: new(0)})
			mustAdd(t, p, "ann", "aaa")
			second, _ := c.list(token)
			wantSame(t, c.what+" while a group is created before", c.want[:4], append(first, second...))
			p.Must(t).DeleteGroup(&api.DeleteGroupInput{UserPoolId: p.PoolID, GroupName: "aaa"})
		}
		if got := s.Must(t).ListGroups(&api.ListGroupsInput{UserPoolId: p.PoolID, Limit: new(0)}); len(got.Groups) != 6 || got.NextToken != "" {
			t.Errorf("ListGroups(0) = %v, want all groups", namesOf(got.Groups))
		}
	})
}

func TestUsersInGroupByPages(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := s.Pool(t)
		mustGroup(t, p, "readers")
		mustGroup(t, p, "writers")
		var want, got []string
		for i := range 5 {
			name := fmt.Sprint("user", i)
			p.MustUser(name)
			mustAdd(t, p, name, "readers")
			want = append(want, name)
		}
		list := func(name, token string) (*api.ListUsersInGroupOutput, error) {
			return s.Client.ListUsersInGroup(t.Context(), &api.ListUsersInGroupInput{
				UserPoolId: p.PoolID, GroupName: name, Limit: new(2), NextToken: token,
			})
		}
		token := ""
		for page := range 3 {
			out := cognatetest.Try(list("readers", token)).Of(t)
			for _, u := range out.Users {
				got = append(got, u.Username)
			}
			if _, err := list("writers", out.NextToken); page == 0 && !errors.Is(err, api.InvalidParameterException("")) {
				t.Errorf("ListUsersInGroup(token of another group) = %v, want InvalidParameterException", err)
			}
			if token = out.NextToken; (token == "") != (page == 2) {
				t.Errorf("page %d has token %q", page, token)
			}
		}
		slices.Sort(got)
		wantSame(t, "ListUsersInGroup by 2", want, got)
	})
}

// Of concurrent requests, only as many succeed as the quota allows.
func TestGroupQuotas(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		const room = 7
		p := s.Pool(t)
		p.MustUser("ann")
		sub := p.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: p.PoolID, Username: "ann"}).UserAttributes[0].Value
		err := s.Store.Write(t.Context(), func(tx *store.Tx) error {
			for i := range cognate.QuotaGroups.Max - room {
				g := &cognate.Group{PoolID: p.PoolID, Name: fmt.Sprint("g", i)}
				if err := tx.CreateGroup(t.Context(), g); err != nil {
					return err
				}
				if i >= cognate.QuotaGroupsOfUser.Max-room {
					continue
				}
				if err := tx.AddToGroup(t.Context(), g, sub, s.Clock.Now()); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		succeeded := cognatetest.Race(t, api.CodeLimitExceededException, func(i int) error {
			_, err := s.Client.CreateGroup(t.Context(), &api.CreateGroupInput{UserPoolId: p.PoolID, GroupName: fmt.Sprint("new", i)})
			return err
		})
		if succeeded != room {
			t.Errorf("%d of the concurrent requests created a group, want %d", succeeded, room)
		}
		_, err = s.Client.CreateGroup(t.Context(), &api.CreateGroupInput{UserPoolId: p.PoolID, GroupName: "G1"})
		cognatetest.WantCode(t, "CreateGroup(quota reached, and the name exists)", err, api.CodeGroupExistsException)

		add := func(name string) error {
			_, err := s.Client.AdminAddUserToGroup(t.Context(), &api.AdminAddUserToGroupInput{UserPoolId: p.PoolID, Username: "ann", GroupName: name})
			return err
		}
		succeeded = cognatetest.Race(t, api.CodeInvalidParameterException, func(i int) error { return add(fmt.Sprint("g", 1000+i)) })
		if succeeded != room {
			t.Errorf("%d of the concurrent requests added the user to a group, want %d", succeeded, room)
		}
		cognatetest.WantError(t, "AdminAddUserToGroup(quota reached)", add("g5000"), api.InvalidParameterException("A user can be in at most 100 groups."))
		if err := add("g1"); err != nil {
			t.Errorf("AdminAddUserToGroup(quota reached, and the user is in the group) = %v, want success", err)
		}
	})
}

// A reset keeps groups and removes their members. A fork has both.
func TestCopiesOfGroups(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	mustGroup(t, p, "readers")
	mustAdd(t, p, "ann", "readers")
	fork := p.WithFork(cognatetest.Try(p.ForkPool(t.Context(), p.PoolID, "")).Of(t))
	wantSame(t, "readers of the fork", []string{"ann"}, membersOf(t, fork, "readers"))
	if err := p.ResetPool(t.Context(), p.PoolID); err != nil {
		t.Fatal(err)
	}
	wantSame(t, "readers after the reset", []string(nil), membersOf(t, p, "readers"))
	wantSame(t, "readers of the fork after the reset", []string{"ann"}, membersOf(t, fork, "readers"))
}
