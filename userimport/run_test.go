package userimport_test

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/store"
	"cognate/store/storetest"
	"cognate/userimport"
)

// Rows that fail, and those that do not, in several kinds of pools.
func TestRows(t *testing.T) {
	t.Parallel()
	const succeeded, failed, skipped = "SUCCEEDED", "FAILED", "SKIPPED"
	required := cognatetest.Schema(api.SchemaAttributeType{Name: "given_name", AttributeDataType: api.AttributeDataTypeString, Required: new(true)})
	for what, tt := range map[string]struct {
		options []cognatetest.Option
		row     map[string]string
		raw     string // replaces the row
		outcome string
		reason  string
		status  api.UserStatusType
	}{
		"plain":                 {row: person("ann"), outcome: succeeded, status: api.UserStatusTypeResetRequired},
		"without username":      {row: person("", "email", "a@b.c"), outcome: failed, reason: "The value of cognito:username is missing or invalid."},
		"username with a space": {row: person("a b", "email", "a@b.c"), outcome: failed, reason: "The value of cognito:username is missing or invalid."},
		"long username":         {row: person(strings.Repeat("a", 129)), outcome: failed, reason: "The value of cognito:username is missing or invalid."},
		"invalid email":         {row: person("ann", "email", "ann"), outcome: failed, reason: "Invalid email address format."},
		"verified, without email": {
			row: person("ann", "email", ""), outcome: failed,
			reason: "The User Record does not set any of the auto verified attributes to true. (Example: email_verified to true).",
		},
		"flag is no boolean": {
			row: person("ann", "phone_number_verified", "1"), outcome: failed,
			reason: "Attributes did not conform to the schema: phone_number_verified: The value must be true or false.",
		},
		"birthdate of the API": {
			row: person("ann", "birthdate", "1990-02-28"), outcome: failed,
			reason: "Attributes did not conform to the schema: birthdate: The value must have the form mm/dd/yyyy.",
		},
		"updated_at": {
			row: person("ann", "updated_at", "today"), outcome: failed,
			reason: "Attributes did not conform to the schema: updated_at: The value must be an integer.",
		},
		"long value": {
			row: person("ann", "name", strings.Repeat("x", 2049)), outcome: failed,
			reason: "Attributes did not conform to the schema: name: The value must have at most 2048 bytes.",
		},
		"required": {
			options: []cognatetest.Option{required}, row: person("ann"), outcome: failed,
			reason: "Attributes did not conform to the schema: given_name: The attribute is required",
		},
		"MFA off, true":  {row: person("ann", "cognito:mfa_enabled", "true"), outcome: failed, reason: "The value of cognito:mfa_enabled must be false, because the user pool has no MFA."},
		"MFA off, false": {row: person("ann", "cognito:mfa_enabled", "FALSE"), outcome: succeeded},
		"MFA on, false": {
			options: []cognatetest.Option{cognatetest.MFA(api.UserPoolMfaTypeOn)}, row: person("ann", "cognito:mfa_enabled", "false"),
			outcome: failed, reason: "The value of cognito:mfa_enabled must be true, because the user pool requires MFA.",
		},
		"MFA on, blank": {options: []cognatetest.Option{cognatetest.MFA(api.UserPoolMfaTypeOn)}, row: person("ann"), outcome: succeeded},
		"MFA optional":  {options: []cognatetest.Option{cognatetest.MFA(api.UserPoolMfaTypeOptional)}, row: person("ann", "cognito:mfa_enabled", "TRUE"), outcome: succeeded},
		"MFA is no boolean": {
			row: person("ann", "cognito:mfa_enabled", "yes"), outcome: failed, reason: "The value of cognito:mfa_enabled must be true or false.",
		},
		"hash without an algorithm": {
			row: person("ann", "password_hash", "x"), outcome: failed, reason: "The job has no PasswordHashingAlgorithm, so password_hash must be empty.",
		},
		"signs in by code": {
			options: []cognatetest.Option{cognatetest.FirstFactors(api.AuthFactorTypePassword, api.AuthFactorTypeEmailOtp)},
			row:     person("ann"), outcome: succeeded, status: api.UserStatusTypeConfirmed,
		},
		"username is email":     {options: []cognatetest.Option{cognatetest.UsernameIsEmail()}, row: person("eve@example.com", "email", ""), outcome: succeeded},
		"username is its email": {options: []cognatetest.Option{cognatetest.UsernameIsEmail()}, row: person("new@example.com", "email", "new@example.com"), outcome: succeeded},
		"username is no email":  {options: []cognatetest.Option{cognatetest.UsernameIsEmail()}, row: person("ann"), outcome: failed, reason: "Username should be an email."},
		"email is taken":        {options: []cognatetest.Option{cognatetest.UsernameIsEmail()}, row: person("taken@example.com", "email", "taken@example.com"), outcome: skipped, reason: "The user already exists."},
		"alias is taken":        {options: []cognatetest.Option{cognatetest.EmailIsAlias()}, row: person("ann", "email", "taken@example.com"), outcome: failed, reason: "An account with the given email already exists."},
		"alias as username": {
			options: []cognatetest.Option{cognatetest.EmailIsAlias()}, row: person("x@example.com", "email", "x@example.com"), outcome: failed,
			reason: "Username cannot be of email format, since user pool is configured for email alias.",
		},
		"preferred username": {options: []cognatetest.Option{cognatetest.EmailIsAlias()}, row: person("ann", "preferred_username", "annie"), outcome: succeeded},
		"other case":         {options: []cognatetest.Option{cognatetest.IgnoreCase()}, row: person("TAKEN@example.com", "email", "e@example.com"), outcome: skipped, reason: "The user already exists."},
		"quotes":             {raw: `"a","b"`, outcome: failed, reason: "The row does not have one value for each column. Write \\\\, for a comma in a value."},
		"not UTF-8":          {raw: "\xff", outcome: failed, reason: "The row is not UTF-8."},
		"NUL":                {raw: "a\x00", outcome: failed, reason: "The row contains the character NUL."},
		"long row":           {raw: strings.Repeat("x", 16_001), outcome: failed, reason: "The row has more than 16000 characters."},
		"huge row":           {raw: strings.Repeat("x", 3<<20), outcome: failed, reason: "The row has more than 16000 characters."},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := cognatetest.Start(t)
			p := pool(t, s, tt.options...)
			username := "taken@example.com"
			if strings.Contains(what, "alias") || strings.Contains(what, "preferred") {
				username = "known"
			}
			p.Must(t).AdminCreateUser(&api.AdminCreateUserInput{
				UserPoolId: p.PoolID, Username: username, MessageAction: api.MessageActionTypeSuppress,
				UserAttributes: []api.AttributeType{{Name: "email", Value: "taken@example.com"}, {Name: "email_verified", Value: "true"}},
			})
			columns := header(t, p)
			if tt.row["password_hash"] != "" {
				columns = append(columns, "password_hash")
			}
			row := tt.raw
			if row == "" {
				row = line(columns, tt.row)
			}
			mustImport(t, p, mustJob(t, p, ""), strings.Join(columns, ",")+"\n\n"+row+"\r\n")
			got := strings.Join(log(t, s), "\n")
			if !strings.HasPrefix(got, "["+tt.outcome+"] Line Number 3 - "+tt.reason) || strings.Contains(got, "\n") {
				t.Errorf("log = %q, want [%s] Line Number 3 - %s", got, tt.outcome, tt.reason)
			}
			if tt.status == "" {
				return
			}
			user := p.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: p.PoolID, Username: tt.row["cognito:username"]})
			if user.UserStatus != tt.status {
				t.Errorf("status = %s, want %s", user.UserStatus, tt.status)
			}
		})
	}
}

// A file that does not match the pool, or has too many bad rows, ends its job.
func TestFailedJobs(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p := pool(t, s)
	columns := header(t, p)
	good, bad := people(400), make([]map[string]string, 0, 40)
	for range 40 {
		bad = append(bad, person("bad", "email_verified", "false"))
	}
	const tooMany = "Too many users have failed or been skipped during the import."
	for what, tt := range map[string]struct {
		hashing api.PasswordHashingAlgorithmType
		file    string
		want    string
	}{
		"empty":             {file: "", want: "Failed: 0 imported, 0 skipped, 0 failed: The file is empty."},
		"a byte order mark": {file: "\ufeff" + file(columns, good...), want: "Failed: 0 imported, 0 skipped, 0 failed: The header is not valid: The file begins with a byte order mark."},
		"missing column":    {file: file(columns[1:], good...), want: "Failed: 0 imported, 0 skipped, 0 failed: The header has no column name."},
		"unknown column":    {file: file(append(columns, "shoe size"), good...), want: "Failed: 0 imported, 0 skipped, 0 failed: The header has an unknown column shoe size."},
		"column twice":      {file: file(append(columns, "name"), good...), want: "Failed: 0 imported, 0 skipped, 0 failed: The header has the column name twice."},
		"no password_hash": {
			hashing: api.PasswordHashingAlgorithmTypeBcrypt, file: file(columns, good...),
			want: "Failed: 0 imported, 0 skipped, 0 failed: The header has no column password_hash.",
		},
		"no rows":          {file: file(columns), want: "Succeeded: 0 imported, 0 skipped, 0 failed: Import Job Completed Successfully."},
		"39 bad rows":      {file: file(columns, bad[:39]...), want: "Succeeded: 0 imported, 0 skipped, 39 failed: Import Job Completed Successfully."},
		"40 bad rows":      {file: file(columns, bad...), want: "Failed: 0 imported, 0 skipped, 40 failed: " + tooMany},
		"half of the rows": {file: file(columns, append(bad, people(40)...)...), want: "Succeeded: 40 imported, 0 skipped, 40 failed: Import Job Completed Successfully."},
	} {
		t.Run(what, func(t *testing.T) {
			if got := counts(mustImport(t, p, mustJob(t, p, tt.hashing), tt.file)); got != tt.want {
				t.Errorf("job = %s, want %s", got, tt.want)
			}
		})
	}
}

// Of concurrent requests, one starts a job, in all pools of an account together. Nothing runs the jobs here.
func TestOneRunningJob(t *testing.T) {
	t.Parallel()
	storetest.OnBoth(t, func(t *testing.T, s *store.Store) {
		service := userimport.New(userimport.Config{Store: s, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
		var pools []*cognate.UserPool
		var jobs []*cognate.UserImportJob
		for i, region := range []string{"eu-west-1", "eu-west-1", "eu-west-2"} {
			pools = append(pools, &cognate.UserPool{
				ID: fmt.Sprintf("%s_%d", region, i), AccountID: cognatetest.AccountID,
				PoolVerification: cognate.PoolVerification{AutoVerified: []api.VerifiedAttributeType{api.VerifiedAttributeTypeEmail}},
			})
			jobs = append(jobs, &cognate.UserImportJob{RoleARN: role})
			err := s.Write(t.Context(), func(tx *store.Tx) error {
				if err := tx.CreateUserPool(t.Context(), pools[i], nil); err != nil {
					return err
				}
				if err := service.Create(t.Context(), tx, pools[i], jobs[i]); err != nil {
					return err
				}
				jobs[i].Upload = "file"
				return tx.SaveImportJob(t.Context(), jobs[i])
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		starts := func(n int) error {
			_, err := service.Start(t.Context(), pools[n], jobs[n].ID)
			return err
		}
		if n := cognatetest.RaceOf(t, 50, api.CodePreconditionNotMetException, func(i int) error { return starts(i % 2) }); n != 1 {
			t.Errorf("%d of the concurrent requests started a job, want 1", n)
		}
		if err := starts(2); err != nil {
			t.Errorf("Start(in another region) = %v", err)
		}
	})
}

// Stop ends a job with password hashes within 2 seconds, while users sign in. Nothing is stored after its answer.
func TestStopUnderLoad(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := pool(t, s)
		p.MustUser("known")
		known := hashes[api.PasswordHashingAlgorithmTypeBcrypt]
		rows := people(20_000)
		for _, row := range rows {
			row["password_hash"] = known.hash
		}
		job := mustJob(t, p, api.PasswordHashingAlgorithmTypeBcrypt)
		mustPut(t, job, file(append(header(t, p), "password_hash"), rows...))
		cognatetest.Try(start(t, p, job.JobId)).Of(t)
		var load sync.WaitGroup
		var slowest atomic.Int64 // sign-in beside the job
		ended := make(chan struct{})
		for range 4 {
			load.Go(func() {
				for {
					select {
					case <-ended:
						return
					default:
						began := time.Now()
						if _, err := signIn(t, p, "known", cognatetest.Password); err != nil {
							t.Errorf("sign-in during an import = %v", err)
							return
						}
						for took := int64(time.Since(began)); ; {
							if s := slowest.Load(); took <= s || slowest.CompareAndSwap(s, took) {
								break
							}
						}
					}
				}
			})
		}
		for *describe(t, p, job.JobId).ImportedUsers == 0 { // the job runs
			time.Sleep(time.Millisecond)
		}
		began := time.Now()
		stopped := cognatetest.Try(stop(t, p, job.JobId)).Of(t).UserImportJob
		took := time.Since(began)
		close(ended)
		load.Wait()
		t.Logf("Stop took %v, after %d rows", took, *stopped.ImportedUsers)
		limit := max(2*time.Second, 10*time.Duration(slowest.Load())) // a busy machine is slow
		if took > limit || *stopped.ImportedUsers == int64(len(rows)) {
			t.Errorf("Stop took %v, after %d of %d rows, want less than %v, in the middle", took, *stopped.ImportedUsers, len(rows), limit)
		}
		// The next job runs after the stopped one.
		if got := counts(mustImport(t, p, mustJob(t, p, ""), file(header(t, p), person("last")))); !strings.HasPrefix(got, "Succeeded: 1 imported") {
			t.Errorf("the next job = %s", got)
		}
		_, n, err := s.Store.DescribeUserPool(t.Context(), p.PoolID)
		if want := int(*stopped.ImportedUsers) + len([]string{"known", "last"}); err != nil || n.Users != want {
			t.Errorf("%d users after Stop, %v, want %d", n.Users, err, want)
		}
		if now := describe(t, p, job.JobId); counts(now) != counts(stopped) {
			t.Errorf("job after Stop = %s, want %s", counts(now), counts(stopped))
		}
	})
}

// A stopped job stores nothing any more, and another job can start.
func TestStop(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := pool(t, s)
		job := mustJob(t, p, "")
		mustPut(t, job, file(header(t, p), people(10_000)...))
		cognatetest.Try(start(t, p, job.JobId)).Of(t)
		stopped := cognatetest.Try(stop(t, p, job.JobId)).Of(t).UserImportJob
		if stopped.Status != api.UserImportJobStatusTypeStopped || stopped.CompletionMessage != "The Import Job was stopped by the developer." || stopped.CompletionDate == 0 {
			t.Errorf("stopped job = %s", counts(stopped))
		}
		_, err := start(t, p, job.JobId)
		cognatetest.WantCode(t, "StartUserImportJob(stopped)", err, api.CodePreconditionNotMetException)
		if got := counts(mustImport(t, p, mustJob(t, p, ""), file(header(t, p), person("last")))); !strings.HasPrefix(got, "Succeeded: 1 imported") {
			t.Errorf("the next job = %s", got)
		}
		_, n, err := s.Store.DescribeUserPool(t.Context(), p.PoolID)
		if err != nil || int64(n.Users) != *stopped.ImportedUsers+1 {
			t.Errorf("%d users after Stop, %v, want %d", n.Users, err, *stopped.ImportedUsers+1)
		}
	})
}

// A file with too many rows imports no user.
func TestTooManyRows(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p := pool(t, s)
	text := file(header(t, p), person("ann")) + strings.Repeat("x\n", 500_000)
	if got, want := counts(mustImport(t, p, mustJob(t, p, ""), text)), "Failed: 0 imported, 0 skipped, 0 failed: The file has more than 500000 users."; got != want {
		t.Errorf("job with 500,001 rows = %s, want %s", got, want)
	}
	if _, n, err := s.Store.DescribeUserPool(t.Context(), p.PoolID); n.Users != 0 || err != nil {
		t.Errorf("users of the pool = %d, %v, want 0", n.Users, err)
	}
}

// A deleted pool ends its job.
func TestDeletedPool(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := pool(t, s)
		job := mustJob(t, p, "")
		mustPut(t, job, file(header(t, p), people(4000)...))
		cognatetest.Try(start(t, p, job.JobId)).Of(t)
		p.Must(t).DeleteUserPool(&api.DeleteUserPoolInput{UserPoolId: p.PoolID})
		next := pool(t, s)
		if got := counts(mustImport(t, next, mustJob(t, next, ""), file(header(t, next), person("ann")))); !strings.HasPrefix(got, "Succeeded: 1") {
			t.Errorf("a job after the deletion = %s", got)
		}
		users, _, err := s.Store.Users(t.Context(), store.UserQuery{PoolID: p.PoolID, Limit: 1})
		if err != nil || len(users) > 0 {
			t.Errorf("a deleted pool has %d users, %v", len(users), err)
		}
	})
}

// Sign-ups and imports of the same names at the same time make each user once.
func TestRaceWithSignUp(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		for _, options := range [][]cognatetest.Option{nil, {cognatetest.EmailIsAlias()}} {
			p := pool(t, s, options...)
			job := mustJob(t, p, "")
			mustPut(t, job, file(header(t, p), people(600)...))
			cognatetest.Try(start(t, p, job.JobId)).Of(t)
			signedUp := cognatetest.Race(t, api.CodeUsernameExistsException, func(i int) error {
				_, err := p.Client.SignUp(t.Context(), &api.SignUpInput{ClientId: p.ClientID, Username: fmt.Sprintf("user%05d", 599-i), Password: cognatetest.Password})
				return err
			})
			got := mustEnd(t, p, job.JobId)
			_, n, err := s.Store.DescribeUserPool(t.Context(), p.PoolID)
			if err != nil || n.Users != 600 || int(*got.ImportedUsers)+signedUp != 600 || int(*got.SkippedUsers) != signedUp {
				t.Errorf("%d users, %v, %d signed up, job %s", n.Users, err, signedUp, counts(got))
			}
		}
	})
}
