package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"cognate/api"
)

const (
	mostRows    = 500_000 // of one job
	importPause = 100 * time.Millisecond
	bcryptHash  = "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"
)

// imported is the course of an import job.
type imported struct {
	all, firstTenth, lastTenth speed
	grewMB                     float64 // the largest growth of the server's memory
}

// measureImports compares imports with each other and with AdminCreateUser. The largest job has half of the users.
func measureImports(ctx context.Context, o options, d *side, t *ratios) error {
	rows := min(mostRows, o.scale.users/2)
	c := d.s.client(o.workers)
	large, err := d.runImport(ctx, c, rows, "")
	if err != nil {
		return err
	}
	p, err := createScalePool(ctx, c, api.AdvancedSecurityModeTypeOff)
	if err != nil {
		return err
	}
	var created atomic.Int64
	one, err := load{d.s, func(ctx context.Context, c *api.Client) error {
		return createWithoutPassword(ctx, c, p, username(int(created.Add(1))))
	}}.rate(o.workers)(ctx, o.each)
	if err != nil {
		return fmt.Errorf("create users: %w", err)
	}
	t.ratio(fmt.Sprintf("import of %d : AdminCreateUser", rows), large.all, one, 5)
	t.ratio("import, last tenth : first tenth", large.lastTenth, large.firstTenth, 0.8)
	t.below("import, growth of memory", large.grewMB, 64)

	plain, err := d.runImport(ctx, c, rows/5, "")
	if err != nil {
		return err
	}
	hashed, err := d.runImport(ctx, c, rows/5, bcryptHash)
	if err != nil {
		return err
	}
	t.ratio("import, hashes : none", hashed.all, plain.all, 0.8)

	return d.measureBesideImport(ctx, o, rows, t)
}

// measureBesideImport compares sign-ins beside an import of users with sign-ins alone.
func (d *side) measureBesideImport(ctx context.Context, o options, rows int, t *ratios) error {
	const name = "sign-in, beside an import : alone"
	signIns := d.signInOfMember().rate(o.workers)
	alone, err := signIns(ctx, o.each)
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := d.runImport(ctx, d.s.client(1), rows, "")
		done <- err
	}()
	beside, err := signIns(ctx, o.each)
	hasEnded := len(done) > 0
	if err := errors.Join(err, <-done); err != nil {
		return fmt.Errorf("sign in beside an import: %w", err)
	}
	if hasEnded {
		t.skip(name, errors.New("the import ended before the sign-ins: use more users or a shorter -time"))
		return nil
	}
	t.ratio(name, beside, alone, 0.6)
	return nil
}

// runImport imports users into a new pool, with a password hash if it is not empty.
func (d *side) runImport(ctx context.Context, c *api.Client, rows int, hash string) (*imported, error) {
	p, err := createScalePool(ctx, c, api.AdvancedSecurityModeTypeOff)
	if err != nil {
		return nil, err
	}
	in := &api.CreateUserImportJobInput{UserPoolId: p.id, JobName: "bench", CloudWatchLogsRoleArn: "arn:aws:iam::000000000000:role/bench"}
	if hash != "" {
		in.PasswordHashingAlgorithm = api.PasswordHashingAlgorithmTypeBcrypt
	}
	job, err := c.CreateUserImportJob(ctx, in)
	if err != nil {
		return nil, err
	}
	header, err := c.GetCSVHeader(ctx, &api.GetCSVHeaderInput{UserPoolId: p.id})
	if err != nil {
		return nil, err
	}
	if err := d.upload(ctx, job.UserImportJob.PreSignedUrl, importFile(header.CSVHeader, rows, hash)); err != nil {
		return nil, err
	}
	if _, err := c.StartUserImportJob(ctx, &api.StartUserImportJobInput{UserPoolId: p.id, JobId: job.UserImportJob.JobId}); err != nil {
		return nil, err
	}
	return d.watch(ctx, c, p, job.UserImportJob.JobId, rows)
}

// importFile returns a file with users.
func importFile(header []string, rows int, hash string) []byte {
	if hash != "" {
		header = append(header, "password_hash")
	}
	var file bytes.Buffer
	fmt.Fprintln(&file, strings.Join(header, ","))
	for i := range rows {
		values := make([]string, len(header))
		for at, column := range header {
			values[at] = map[string]string{
				"cognito:username": username(i), "email": emailOf(i), "email_verified": "TRUE", "cognito:mfa_enabled": "FALSE",
				"given_name": givenName(i), "family_name": surname(i), "password_hash": hash,
			}[column]
		}
		fmt.Fprintln(&file, strings.Join(values, ","))
	}
	return file.Bytes()
}

// upload sends a file to the address of a job. The server of the benchmark has another address than its public URL.
func (d *side) upload(ctx context.Context, address string, file []byte) error {
	_, path, _ := strings.Cut(strings.TrimPrefix(address, "http://"), "/")
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, d.s.url+"/"+path, bytes.NewReader(file))
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, err := io.ReadAll(resp.Body)
		return errors.Join(fmt.Errorf("upload: %s: %s", resp.Status, text), err)
	}
	return nil
}

// watch waits for the end of a job.
func (d *side) watch(ctx context.Context, c *api.Client, p pool, jobID string, rows int) (*imported, error) {
	began, before, cpu := time.Now(), residentMB(d.s.pid()), cpuTime(d.s.pid())
	course := new(imported)
	var last struct { // the first look after nine tenths
		took, cpu time.Duration
		n         int
	}
	for {
		time.Sleep(importPause)
		out, err := c.DescribeUserImportJob(ctx, &api.DescribeUserImportJobInput{UserPoolId: p.id, JobId: jobID})
		if err != nil {
			return nil, err
		}
		course.grewMB = max(course.grewMB, residentMB(d.s.pid())-before)
		n, took, used := int(*out.UserImportJob.ImportedUsers), time.Since(began), cpuTime(d.s.pid())-cpu
		if n >= rows/10 && course.firstTenth.rate == 0 {
			course.firstTenth = over(n, took, used)
		}
		if n >= rows*9/10 && last.n == 0 {
			last.took, last.cpu, last.n = took, used, n
		}
		switch out.UserImportJob.Status {
		case api.UserImportJobStatusTypeSucceeded:
			if n != rows {
				return nil, fmt.Errorf("%d of %d users were imported", n, rows)
			}
			course.all, course.lastTenth = over(n, took, used), over(n-last.n, took-last.took, used-last.cpu)
			return course, nil
		case api.UserImportJobStatusTypePending, api.UserImportJobStatusTypeInProgress:
		default:
			return nil, fmt.Errorf("the job ended as %s: %s", out.UserImportJob.Status, out.UserImportJob.CompletionMessage)
		}
	}
}
