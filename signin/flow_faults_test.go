package signin_test

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
	"cognate/store"
	"cognate/throttle"
)

// hour is long enough for every lock, limit and Session to end.
const hour = 61 * time.Minute

// faultRow is a request whose faults are tested: the one that begins a path, or the answer to a challenge of the path.
type faultRow struct {
	path string // its name
	at   api.ChallengeNameType
	user string           // "unknown", or empty for the path's
	flow api.AuthFlowType // if not the path's
	once bool             // a wrong answer uses the request up, too
}

var faultStarts = []faultRow{
	{path: "password"},
	{path: "password", flow: "ADMIN_USER_PASSWORD_AUTH"},
	{path: "password", flow: "ADMIN_NO_SRP_AUTH"},
	{path: "srp"},
	{path: "choice"},
	{path: "preferred password at once"},
	{path: "preferred srp with SRP_A"},
	{path: "preferred email"},
	{path: "preferred passkey"},
	{path: "sign-up", once: true},
	{path: "custom"},
	{path: "custom after srp"},
	{path: "refresh"},
	{path: "refresh by the short name"},
	{path: "device"},
	{path: "refresh on a device"},
}

var faultAnswers = []faultRow{
	{path: "choice", at: chooseFirst},
	{path: "choice of srp with SRP_A", at: chooseFirst, once: true},
	{path: "choice of email", at: chooseFirst},
	{path: "choice of password", at: byPassword},
	{path: "choice of srp", at: bySRP, once: true},
	{path: "srp", at: verifier},
	{path: "custom after srp", at: verifier, once: true},
	{path: "choice of email", at: byEmail, once: true},
	{path: "choice of sms", at: bySMS, once: true},
	{path: "choice of passkey", at: byPasskey},
	{path: "custom", at: custom, once: true},
	{path: "new password with required attributes", at: newPassword},
	{path: "token of several factors", at: selectMFA},
	{path: "token", at: totp},
	{path: "token in custom", at: totp},
	{path: "sms", at: smsMFA, once: true},
	{path: "email", at: byEmail, once: true},
	{path: "set-up of a token", at: api.ChallengeNameTypeMfaSetup},
	{path: "set-up of email", at: api.ChallengeNameTypeMfaSetup},
	{path: "set-up of email", at: byEmail, once: true},
	{path: "device", at: deviceSRP, once: true},
	{path: "device", at: deviceProof},
}

func (r *faultRow) of(s *flowServer) *flowPath {
	i := slices.IndexFunc(flowPaths, func(p *flowPath) bool { return p.name == r.path })
	path := *flowPaths[i]
	if r.flow != "" {
		path.flow = r.flow
	}
	if r.user != "" {
		path.user = s.unknown
	}
	return &path
}

// name is how the golden file names the row: "SMS_MFA (sms)".
func (r *faultRow) name(path *flowPath) string {
	name := string(r.at)
	if name == "" {
		name = string(path.flow)
	}
	if r.user != "" {
		return fmt.Sprintf("%s (%s, unknown user)", name, r.path)
	}
	return fmt.Sprintf("%s (%s)", name, r.path)
}

// unknownRows returns the rows of the challenges that an unknown user can reach, for that user.
func unknownRows(rows []faultRow) []faultRow {
	var out []faultRow
	for _, r := range rows {
		path := r.of(new(flowServer))
		if path.user == "ann" {
			r.user = "unknown"
			out = append(out, r)
		}
	}
	return out
}

// fault is a mistake in a request.
type fault struct {
	name  string // "wrong PASSWORD"
	field string // two faults of one request have different fields
	// value returns the field's value, given the right one; missing leaves the field out.
	value func(c *cell, right string) string
	pairs bool // is also tested together with other faults
}

// missing is the value of a field that is left out.
const missing = "\x00"

// lock is the field of the fault that the user is locked.
const lock = "lock"

func is(value string) func(*cell, string) string { return func(*cell, string) string { return value } }

// cell is a request of a row that can be sent, with faults or without.
type cell struct {
	walk    *flowWalk
	request *flowRequest // the right one, without SECRET_HASH
}

// with returns the request with faults. SECRET_HASH belongs to the USERNAME that is sent.
func (c *cell) with(faults ...*fault) *flowRequest {
	r := c.request.clone()
	for _, signed := range []bool{false, true} {
		for _, f := range faults {
			if signed == (f.field == "SECRET_HASH") && f.field != lock {
				f.apply(c, r)
			}
		}
		if !signed {
			c.walk.sign(r)
		}
	}
	return r
}

func (f *fault) apply(c *cell, r *flowRequest) {
	in := r.parameters
	if slices.Contains(members, f.field) {
		in = r.members
	}
	in[f.field] = f.value(c, in[f.field])
	if in[f.field] == missing {
		delete(in, f.field)
	}
}

// members are the fields that are not parameters.
var members = []string{"ClientId", "UserPoolId", "AuthFlow", "ChallengeName", "Session"}

// faultTable tests rows on one server, by one caller.
type faultTable struct {
	*flowServer
	admin   bool
	results map[string]string // by "row | faults"
}

// prepare returns the row's request, an hour after the one before.
func (t *faultTable) prepare(row *faultRow) *cell {
	t.t.Helper()
	t.Clock.Advance(hour)
	w := t.newWalk(row.of(t.flowServer), false)
	request := w.mustStopAt(row.at)
	if t.admin {
		request.operation = "Admin" + request.operation
		request.members["UserPoolId"] = w.pool.id
	}
	return &cell{w, request}
}

// run tests a row: without a fault, with each fault, and with each pair of faults. It tests pairs only for clients with a
// secret, because their faults include those of clients without one.
func (t *faultTable) run(row *faultRow) {
	t.t.Helper()
	expired := t.prepare(row).request
	c := t.prepare(row)
	try := func(name string, faults ...*fault) string {
		result := t.send(c, faults...)
		t.results[row.name(c.walk.path)+" | "+name] = result
		return result
	}
	test := func(name string, faults ...*fault) {
		result := try(name, faults...)
		switch {
		case strings.HasPrefix(result, "200"), row.once && !isEarly(result):
			c = t.prepare(row)
		case !isEarly(result) || slices.ContainsFunc(faults, func(f *fault) bool { return f.field == lock }):
			t.setAttempts(c, store.Attempts{})
		}
	}
	if strings.HasPrefix(try("no fault"), "200") {
		test("no fault, sent again")
	}
	c = t.prepare(row)
	faults := t.faultsOf(row, c, expired)
	for i, f := range faults {
		test(f.name, f)
		for _, g := range faults[i+1:] {
			if t.secret && f.pairs && g.pairs && f.field != g.field {
				test(f.name+" + "+g.name, f, g)
			}
		}
	}
}

// isEarly reports whether a refusal comes before anything that a request can use up or that is counted.
func isEarly(result string) bool {
	return slices.ContainsFunc([]string{
		"Missing required parameter", "SECRET_HASH", "secret hash", "validation error", "does not exist.", "not enabled for",
		"Auth flow not", "Initiate Auth method not supported", "Invalid session for the user", "is too long",
	}, func(part string) bool { return strings.Contains(result, part) })
}

// send returns the result of the request with faults: "200 SMS_MFA", "200 tokens", "400 NotAuthorizedException: ...".
func (t *faultTable) send(c *cell, faults ...*fault) string {
	t.t.Helper()
	for _, f := range faults {
		if f.field == lock {
			now := t.Clock.Now()
			t.setAttempts(c, store.Attempts{Failures: 10, LastFailed: now, LockedUntil: now.Add(hour)})
		}
	}
	answer, err := t.flowServer.send(c.with(faults...))
	if refusal, ok := errors.AsType[*api.Error](err); ok {
		result := fmt.Sprintf("%d %s: %s", refusal.Status, refusal.Code, refusal.Message)
		pool := c.walk.pool
		return strings.NewReplacer(
			pool.id, "POOL", pool.client.ID, "CLIENT", pool.onlyRefresh.ID, "CLIENT", pool.rotating.ID, "CLIENT",
		).Replace(result)
	}
	if answer["AuthenticationResult"] != nil {
		return "200 tokens"
	}
	return "200 " + text(answer, "ChallengeName")
}

// setAttempts sets the failures of the row's user and of every user that a fault names.
func (t *faultTable) setAttempts(c *cell, attempts store.Attempts) {
	t.t.Helper()
	ctx := t.t.Context()
	pool := cognatetest.Try(t.Store.UserPool(ctx, c.walk.pool.id)).Of(t.t)
	var keys []string
	for _, name := range []string{c.walk.user, t.unknown, "bob", "dan", "una"} {
		key := throttle.NameKey(pool, name)
		if user, err := t.Store.FindUser(ctx, pool, name); err == nil {
			key = throttle.UserKey(user)
		}
		keys = append(keys, key)
	}
	err := t.Store.Write(ctx, func(tx *store.Tx) error {
		for _, key := range keys {
			if _, err := tx.LockAttempts(ctx, pool.ID, key); err != nil {
				return err
			}
			if err := tx.SaveAttempts(ctx, pool.ID, key, attempts); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.t.Fatalf("set attempts: %v", err)
	}
}

// faultsOf returns the faults of a row's request. A request that was prepared earlier has a Session that has expired.
func (t *faultTable) faultsOf(row *faultRow, c *cell, expired *flowRequest) []*fault {
	faults := []*fault{
		{"missing ClientId", "ClientId", is(missing), false},
		{"unknown ClientId", "ClientId", is("unknown"), false},
	}
	if t.admin {
		faults = append(
			faults, &fault{"missing UserPoolId", "UserPoolId", is(missing), false},
			&fault{"unknown UserPoolId", "UserPoolId", is("us-east-1_unknown"), false},
		)
	}
	if row.at == "" {
		faults = append(faults, startFaults(c)...)
	} else {
		faults = append(faults, answerFaults(row)...)
	}
	faults = append(faults, sessionFaults(c, expired)...)
	if _, named := c.request.parameters["USERNAME"]; named {
		faults = append(faults, t.usernameFaults(row)...)
	}
	faults = append(
		faults, &fault{"missing SECRET_HASH", "SECRET_HASH", is(missing), true}, &fault{"empty SECRET_HASH", "SECRET_HASH", is(""), false},
		&fault{"wrong SECRET_HASH", "SECRET_HASH", is("d3Jvbmc="), true},
	)
	for _, name := range slices.Sorted(maps.Keys(c.request.parameters)) {
		if name == "USERNAME" {
			continue
		}
		faults = append(
			faults, &fault{"missing " + name, name, is(missing), true}, &fault{"empty " + name, name, is(""), false},
			&fault{"wrong " + name, name, wrongValue(name), true},
		)
	}
	faults = append(faults, specialFaults(row, c, expired)...)
	return append(faults, &fault{"user locked", lock, nil, true})
}

func startFaults(c *cell) []*fault {
	other := c.walk.pool.onlyRefresh
	if strings.HasPrefix(c.request.members["AuthFlow"], "REFRESH") {
		other = c.walk.pool.rotating
	}
	return []*fault{
		{"client without the flow", "ClientId", is(other.ID), true},
		{"missing AuthFlow", "AuthFlow", is(missing), false},
		{"unknown AuthFlow", "AuthFlow", is("NONSENSE"), false},
	}
}

func answerFaults(row *faultRow) []*fault {
	another := newPassword
	if row.at == newPassword {
		another = smsMFA
	}
	return []*fault{
		{"missing ChallengeName", "ChallengeName", is(missing), false},
		{"unknown ChallengeName", "ChallengeName", is("NONSENSE"), false},
		{"ChallengeName never asked", "ChallengeName", is("ADMIN_NO_SRP_AUTH"), true},
		{"ChallengeName of another step", "ChallengeName", is(string(another)), true},
	}
}

func sessionFaults(c *cell, expired *flowRequest) []*fault {
	_, has := c.request.members["Session"]
	faults := []*fault{
		{"empty Session", "Session", is(""), false},
		{"short Session", "Session", is("x"), false},
		{"forged Session", "Session", is(strings.Repeat("AYAB", 100)), has},
	}
	if has {
		faults = append(
			faults, &fault{"missing Session", "Session", is(missing), true},
			&fault{"expired Session", "Session", is(expired.members["Session"]), true},
		)
	}
	return faults
}

func (t *faultTable) usernameFaults(row *faultRow) []*fault {
	unknown := t.unknown
	if row.user != "" { // another one than the row's
		unknown = "eve"
	}
	return []*fault{
		{"missing USERNAME", "USERNAME", is(missing), true},
		{"empty USERNAME", "USERNAME", is(""), false},
		{"unknown USERNAME", "USERNAME", is(unknown), true},
		{"USERNAME of another user", "USERNAME", is("bob"), row.at != ""},
		{"USERNAME of a disabled user", "USERNAME", is("dan"), row.at == ""},
		{"USERNAME of an unconfirmed user", "USERNAME", is("una"), false},
		{"long USERNAME", "USERNAME", is(strings.Repeat("x", 513)), row.at == ""},
	}
}

// specialFaults are those of single challenges.
func specialFaults(row *faultRow, c *cell, expired *flowRequest) []*fault {
	block := "PASSWORD_CLAIM_SECRET_BLOCK"
	switch row.at {
	case verifier, deviceProof:
		return []*fault{
			{"expired " + block, block, is(expired.parameters[block]), true},
			{block + " of other form", block, is("%"), false},
		}
	case byPasskey:
		return []*fault{{"CREDENTIAL for another challenge", "CREDENTIAL", is(expired.parameters["CREDENTIAL"]), true}}
	case newPassword:
		return []*fault{
			{"userAttributes.email that the user has", "userAttributes.email", is("eve@example.com"), true},
			{"userAttributes.sub", "userAttributes.sub", is("eve"), true},
		}
	case "":
		if _, has := c.request.parameters["DEVICE_KEY"]; !has {
			return []*fault{{"unknown DEVICE_KEY", "DEVICE_KEY", is("us-east-1_0"), false}}
		}
	}
	return nil
}

// wrongValue returns a wrong value of a parameter. It is well-formed if the parameter has a form.
func wrongValue(name string) func(*cell, string) string {
	switch name {
	case "PASSWORD":
		return is("Wrong-horse-7")
	case "NEW_PASSWORD":
		return is("short")
	case "SRP_A":
		return is("0")
	case "SOFTWARE_TOKEN_MFA_CODE":
		return func(c *cell, _ string) string { return c.walk.WrongCode(c.walk.tokens[c.walk.user]) }
	case "SMS_MFA_CODE", "SMS_OTP_CODE", "EMAIL_OTP_CODE":
		return func(_ *cell, right string) string { return cognatetest.ChangeAt(right, len(right)-1) }
	case "CREDENTIAL":
		return is("{}")
	case "DEVICE_KEY":
		return is("us-east-1_0")
	case "PASSWORD_CLAIM_SECRET_BLOCK", "PASSWORD_CLAIM_SIGNATURE", "REFRESH_TOKEN":
		return is("AAAA")
	case "userAttributes.given_name", "userAttributes.family_name":
		return is(strings.Repeat("x", 2049))
	default:
		return is("NONSENSE")
	}
}

// faultResults collects the results of every kind of client and both callers.
type faultResults struct {
	mu    sync.Mutex
	cells map[string]map[string][]variant // by "row | faults", then by result
	count int
}

// variant is a caller and a kind of client: administrator, with a secret, with PreventUserExistenceErrors.
type variant [3]bool

func (r *faultResults) add(results map[string]string, v variant) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, result := range results {
		if r.cells[name] == nil {
			r.cells[name] = make(map[string][]variant)
		}
		r.cells[name][result] = append(r.cells[name][result], v)
		r.count++
	}
}

// write returns a line for each cell and result, with the variants that have it.
func (r *faultResults) write() string {
	var lines []string
	for name, results := range r.cells {
		for result, variants := range results {
			for _, group := range groups(variants) {
				lines = append(lines, name+" | "+group+" | "+result+"\n")
			}
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// groups describes variants with as few words as possible: "all", "secret", "admin hidden".
func groups(variants []variant) []string {
	words := [3][3]string{{"", "app", "admin"}, {"", "public", "secret"}, {"", "shown", "hidden"}}
	var out []string
	var covered []variant
	for open := 3; open >= 0; open-- {
		for pattern := range 27 {
			digits := [3]int{pattern / 9, pattern / 3 % 3, pattern % 3}
			var named []string
			members := []variant{{}}
			for i, digit := range digits {
				members = expand(members, i, digit)
				if digit > 0 {
					named = append(named, words[i][digit])
				}
			}
			outside := func(v variant) bool { return !slices.Contains(variants, v) }
			isNew := func(v variant) bool { return !slices.Contains(covered, v) }
			if len(named) != 3-open || slices.ContainsFunc(members, outside) || !slices.ContainsFunc(members, isNew) {
				continue
			}
			covered = append(covered, members...)
			out = append(out, cmp.Or(strings.Join(named, " "), "all"))
		}
	}
	return out
}

// expand returns the variants with a member false (1), true (2) or both (0).
func expand(variants []variant, member, digit int) []variant {
	var out []variant
	for _, v := range variants {
		for _, value := range []bool{false, true} {
			if digit == 0 || value == (digit == 2) {
				v[member] = value
				out = append(out, v)
			}
		}
	}
	return out
}

// TestFaults compares what every flow and every challenge answers to faults, one at a time and two at a time, with the golden
// files testdata/faults_start.golden and testdata/faults_answer.golden: by clients with and without secret, with and without
// PreventUserExistenceErrors, and by both callers. Each line has the request, the faults, who sends it, and the answer. The error
// for a request with two faults shows which check comes first.
func TestFaults(t *testing.T) {
	t.Parallel()
	starts := &faultResults{cells: make(map[string]map[string][]variant)}
	answers := &faultResults{cells: make(map[string]map[string][]variant)}
	t.Run("cells", func(t *testing.T) {
		for _, v := range expand(expand(expand([]variant{{}}, 0, 0), 1, 0), 2, 0) {
			t.Run(strings.ReplaceAll(groups([]variant{v})[0], " ", "_"), func(t *testing.T) {
				t.Parallel()
				s := newFlowServer(t, v[1], v[2])
				starts.add(s.faults(v[0], faultStarts), v)
				rows := faultAnswers
				if v[2] {
					rows = slices.Concat(rows, unknownRows(rows))
				}
				answers.add(s.faults(v[0], rows), v)
			})
		}
	})
	t.Logf("%d cells", starts.count+answers.count)
	wantGolden(t, "faults_start.golden", starts.write())
	wantGolden(t, "faults_answer.golden", answers.write())
}

func (s *flowServer) faults(admin bool, rows []faultRow) map[string]string {
	s.t.Helper()
	table := &faultTable{s, admin, make(map[string]string)}
	for _, row := range rows {
		table.run(&row)
	}
	return table.results
}
