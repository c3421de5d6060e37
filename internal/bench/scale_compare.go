package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"time"

	"cognate"
	"cognate/api"
	"cognate/store"
)

// once runs an operation and checks its answer.
type once func(ctx context.Context, c *api.Client) error

// load is an operation on a server.
type load struct {
	s *server
	once
}

// sizeComparison is an operation whose rate on the large database is compared with that on the small one.
type sizeComparison struct {
	name string
	run  func(d *side) load
}

// comparisonsOfSizes returns the operations that are compared.
func comparisonsOfSizes() []sizeComparison {
	all := []sizeComparison{
		{"AdminCreateUser", (*side).createUser},
		{"DescribeUserPool", (*side).describe},
		{"AdminGetUser, by username", func(d *side) load { return d.getUser(username) }},
		{"AdminGetUser, by alias", func(d *side) load { return d.getUser(emailOf) }},
		{"AdminGetUser, by sub", func(d *side) load { return d.getUser(subOf) }},
		{"sign-in, user in 100 groups", (*side).signInOfMember},
		{"ListUsers, first page", func(d *side) load { return d.listPage("") }},
		{"ListUsers, deep page", func(d *side) load { return d.listPage(d.deepPage) }},
	}
	for _, f := range []struct {
		attribute string
		users     int // at least, of each value
		value     func(i int) string
	}{
		{store.IndexUsername, 1, username},
		{cognate.AttributeSub, 1, subOf},
		{cognate.AttributeEmail, 1, emailOf},
		{cognate.AttributePhone, 1, phoneOf},
		{cognate.AttributePreferredUsername, 1, nickname},
		{"name", 1, fullName},
		{"given_name", scalePage, givenName},
		{"family_name", scalePage, surname},
		{store.IndexStatus, scalePage, func(int) string { return "CONFIRMED" }},
		{store.IndexEnablement, scalePage, func(int) string { return "Enabled" }},
	} {
		all = append(all, sizeComparison{"ListUsers, " + f.attribute + " =", func(d *side) load {
			return d.listUsers(f.users, func(i int) string { return fmt.Sprintf("%s = %q", f.attribute, f.value(i)) })
		}})
	}
	return append(all, []sizeComparison{
		{"ListUsers, username ^=", func(d *side) load {
			return d.listUsers(10, func(i int) string { return fmt.Sprintf("username ^= %q", username(i / 10)[:len("user-000000")]) })
		}},
		{"ListUsersInGroup, first page", func(d *side) load { return d.listMembers("") }},
		{"ListUsersInGroup, last page", func(d *side) load { return d.listMembers(d.lastMembers) }},
		{"AdminListUserAuthEvents", (*side).listEvents},
	}...)
}

// sizeTarget is the least ratio of the rates on the large and on the small database.
const sizeTarget = 0.67

// The greatest ratios of the large database and the small one.
const (
	mostMemory  = 1.3 // of the server, after the operations
	mostStorage = 1.5 // of the database, for a user
)

// comparisonsOfOne compare two operations on the large database.
var comparisonsOfOne = []struct {
	name   string
	target float64
	a, b   func(d *side) load
}{
	{"DescribeUserPool : AdminGetUser", 1, (*side).describe, func(d *side) load { return d.getUser(username) }},
	{"ListUsers, first page : AdminGetUser", 0.45, func(d *side) load { return d.listPage("") }, func(d *side) load { return d.getUser(username) }},
	{"sign-in, AUDIT : OFF", 0.85, signInUnder(api.AdvancedSecurityModeTypeAudit), signInUnder(api.AdvancedSecurityModeTypeOff)},
	{"sign-in, ENFORCED : OFF", 0.75, signInUnder(api.AdvancedSecurityModeTypeEnforced), signInUnder(api.AdvancedSecurityModeTypeOff)},
}

func (d *side) describe() load {
	return load{d.s, func(ctx context.Context, c *api.Client) error {
		out, err := c.DescribeUserPool(ctx, &api.DescribeUserPoolInput{UserPoolId: d.people.id})
		if want := d.users + int(d.created.Load()); err == nil && *out.UserPool.EstimatedNumberOfUsers != want {
			err = fmt.Errorf("EstimatedNumberOfUsers is %d, want %d", *out.UserPool.EstimatedNumberOfUsers, want)
		}
		return err
	}}
}

// createUser creates a user in the pool with all users. Its name is after all others, so it is not on the first page: new
// users have no attributes.
func (d *side) createUser() load {
	return load{d.s, func(ctx context.Context, c *api.Client) error {
		return createWithoutPassword(ctx, c, d.people, fmt.Sprintf("visitor-%07d", d.created.Add(1)))
	}}
}

func (d *side) getUser(name func(i int) string) load {
	return load{d.s, func(ctx context.Context, c *api.Client) error {
		i := rand.IntN(d.users)
		out, err := c.AdminGetUser(ctx, &api.AdminGetUserInput{UserPoolId: d.people.id, Username: name(i)})
		if err != nil {
			return err
		}
		return mustBe(out.Username, username(i))
	}}
}

func (d *side) signInOfMember() load {
	return load{d.s, func(ctx context.Context, c *api.Client) error {
		out, err := signIn(ctx, c, d.people, username(rand.IntN(signers)*d.betweenSigners()))
		if err != nil {
			return err
		}
		return mustHaveTokens(out.AuthenticationResult)
	}}
}

// listUsers lists users by the filter for a random user. want is the least number of users in the answer.
func (d *side) listUsers(want int, filter func(i int) string) load {
	return load{d.s, func(ctx context.Context, c *api.Client) error {
		out, err := c.ListUsers(ctx, &api.ListUsersInput{UserPoolId: d.people.id, Filter: filter(rand.IntN(d.users))})
		if err == nil && len(out.Users) < want {
			err = fmt.Errorf("ListUsers has %d users, want %d", len(out.Users), want)
		}
		return err
	}}
}

func (d *side) listPage(token string) load {
	return load{d.s, func(ctx context.Context, c *api.Client) error {
		out, err := c.ListUsers(ctx, &api.ListUsersInput{UserPoolId: d.people.id, PaginationToken: token})
		if err == nil && len(out.Users) < scalePage {
			err = fmt.Errorf("ListUsers has %d users, want %d", len(out.Users), scalePage)
		}
		return err
	}}
}

func (d *side) listMembers(token string) load {
	return load{d.s, func(ctx context.Context, c *api.Client) error {
		out, err := c.ListUsersInGroup(ctx, &api.ListUsersInGroupInput{UserPoolId: d.people.id, GroupName: half, NextToken: token})
		if err == nil && len(out.Users) < scalePage {
			err = fmt.Errorf("ListUsersInGroup has %d users, want %d", len(out.Users), scalePage)
		}
		return err
	}}
}

func (d *side) listEvents() load {
	return load{d.s, func(ctx context.Context, c *api.Client) error {
		out, err := c.AdminListUserAuthEvents(ctx, &api.AdminListUserAuthEventsInput{
			UserPoolId: d.modes[api.AdvancedSecurityModeTypeAudit].id, Username: busy,
		})
		if err == nil && len(out.AuthEvents) < 60 {
			err = fmt.Errorf("AdminListUserAuthEvents has %d events, want 60", len(out.AuthEvents))
		}
		return err
	}}
}

// signInUnder signs in users of the pool with a mode of threat protection, from many addresses.
func signInUnder(mode api.AdvancedSecurityModeType) func(d *side) load {
	return func(d *side) load {
		return load{d.s, func(ctx context.Context, c *api.Client) error {
			p := d.modes[mode]
			out, err := c.AdminInitiateAuth(ctx, &api.AdminInitiateAuthInput{
				UserPoolId: p.id, ClientId: p.clientID, AuthFlow: api.AuthFlowTypeAdminUserPasswordAuth,
				AuthParameters: map[string]string{"USERNAME": username(rand.IntN(protected)), "PASSWORD": password},
				ContextData: &api.ContextDataType{
					IpAddress: address(), ServerName: "app", ServerPath: "/", HttpHeaders: []api.HttpHeader{
						{HeaderName: "User-Agent", HeaderValue: "Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0"},
					},
				},
			})
			if err != nil {
				return err
			}
			return mustHaveTokens(out.AuthenticationResult)
		}}
	}
}

// scalePage is the number of users of a full page.
const scalePage = 60

// findLastPages pages to the last full page of users and of members.
func (d *side) findLastPages(ctx context.Context) error {
	c := d.s.client(1)
	for range d.users/scalePage - 1 {
		out, err := c.ListUsers(ctx, &api.ListUsersInput{UserPoolId: d.people.id, PaginationToken: d.deepPage, AttributesToGet: []string{}})
		if err != nil {
			return err
		}
		d.deepPage = out.PaginationToken
	}
	for range d.users/2/scalePage - 1 {
		out, err := c.ListUsersInGroup(ctx, &api.ListUsersInGroupInput{UserPoolId: d.people.id, GroupName: half, NextToken: d.lastMembers})
		if err != nil {
			return err
		}
		d.lastMembers = out.NextToken
	}
	return nil
}

// turns is how often two rates are measured in turn.
const turns = 6

// rate returns the rate of a load.
func (l load) rate(workers int) rate {
	return measurement{once: l.once}.rate(workers, l.s, l.s.client(workers))
}

// speed is how fast operations are.
type speed struct {
	rate float64 // per second
	cpu  float64 // seconds of the server for each; 0 if unknown
}

// ratios prints a row for each ratio.
type ratios struct {
	out      io.Writer
	failures int
}

func (t *ratios) header() {
	t.row("comparison", "value", "reference", "ratio", "by CPU", "target", "")
}

func (t *ratios) row(name, value, reference, ratio, byCPU, target, verdict string) {
	fmt.Fprintf(t.out, "%-36s %12s %12s %8s %8s %10s  %s\n", name, value, reference, ratio, byCPU, target, verdict)
}

// ratio prints the ratio of two speeds. The ratio by the CPU time of the server, without that of PostgreSQL, tells more on a machine
// with other load. Speeds that are not positive numbers are a failure.
func (t *ratios) ratio(name string, value, reference speed, target float64) {
	for _, s := range []speed{value, reference} {
		if s.rate <= 0 || math.IsNaN(s.rate) || math.IsInf(s.rate, 0) {
			t.fail(name, errNone)
			return
		}
	}
	got, byCPU := value.rate/reference.rate, ""
	if value.cpu > 0 && reference.cpu > 0 {
		byCPU = fmt.Sprintf("%.2f", reference.cpu/value.cpu)
	}
	least, good := fmt.Sprintf(">= %.2f", target), verdict(got >= target)
	if target == 0 { // only for information
		least, good = "", ""
	}
	t.row(name, fmt.Sprintf("%.0f/s", value.rate), fmt.Sprintf("%.0f/s", reference.rate), fmt.Sprintf("%.2f", got), byCPU, least, good)
}

// atMost prints the ratio of two sizes, which must not be above a ceiling.
func (t *ratios) atMost(name, unit string, value, reference, ceiling float64) {
	if value <= 0 || reference <= 0 {
		t.skip(name, errors.New("not known on this system"))
		return
	}
	got := value / reference
	t.row(name, fmt.Sprintf("%.0f %s", value, unit), fmt.Sprintf("%.0f %s", reference, unit), fmt.Sprintf("%.2f", got), "",
		fmt.Sprintf("<= %.2f", ceiling), verdict(got <= ceiling))
}

// below prints a value in MB that must be below its ceiling.
func (t *ratios) below(name string, got, ceiling float64) {
	t.row(name, fmt.Sprintf("%.0f MB", got), "", "", "", fmt.Sprintf("< %.0f MB", ceiling), verdict(got < ceiling))
}

func (t *ratios) failed() error {
	if t.failures > 0 {
		return errFailed
	}
	return nil
}

// over returns the speed of n operations.
func over(n int, took, cpu time.Duration) speed {
	return speed{rate: float64(n) / took.Seconds(), cpu: cpu.Seconds() / float64(n)}
}
