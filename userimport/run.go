package userimport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/audit"
	"cognate/internal/lazyregexp"
	"cognate/logdelivery"
	"cognate/store"
)

const (
	// maxRows is the number of rows of a file, without the header. Source: docs/behaviour.md §5.7.
	maxRows = 500_000
	// batchSize is how many rows are stored in one transaction.
	batchSize = 500
	// batchBytes is after how many bytes a batch ends, so that long rows do not use much memory.
	batchBytes = 4 << 20
	// lookEvery is how often a server looks for jobs that no server runs.
	lookEvery = time.Second
	// silence is after which time without a write another server takes over a job.
	silence = 10 * time.Second
)

// errLost says that this run no longer holds the job: it was stopped, its pool was deleted, or another server runs it.
var errLost = errors.New("userimport: the job belongs to another run")

// errTooManyRows is the message of a job.
// Assumed: a file with too many rows fails before its first row, with this text.
var errTooManyRows = fmt.Errorf("The file has more than %d users.", maxRows) //nolint:staticcheck // a message of the API

// sighting is what a server last saw of a job that another run holds.
type sighting struct {
	holder string
	beat   int64
	since  time.Time
}

// Run runs jobs until ctx ends: those that were started, and those whose server has stopped working.
func (s *Service) Run(ctx context.Context) error {
	r := &runner{Service: s}
	defer r.jobs.Wait()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-s.wake:
		}
		s.report(ctx, "look for jobs", r.look(ctx))
	}
}

// runner finds the jobs that this server runs.
type runner struct {
	*Service
	seen map[jobKey]sighting // at the last look
	jobs sync.WaitGroup
}

// look starts the jobs that no server runs.
func (r *runner) look(ctx context.Context) error {
	found, err := r.Store.RunningImportJobs(ctx)
	if err != nil {
		return err
	}
	current := make(map[jobKey]sighting)
	for _, j := range found {
		key := jobKey{j.PoolID, j.ID}
		current[key] = r.see(r.seen[key], j)
		if j.Holder != "" && r.Now().Sub(current[key].since) < silence {
			continue
		}
		if _, mine := r.running.LoadOrStore(key, true); !mine {
			r.jobs.Go(func() {
				defer r.running.Delete(key)
				r.report(ctx, "run "+j.ID, r.runJob(ctx, j))
			})
		}
	}
	r.seen = current
	return nil
}

// see returns what this server sees of a job. Only its own clock counts: the job is silent since it last changed.
func (s *Service) see(before sighting, j *cognate.UserImportJob) sighting {
	if before.holder == j.Holder && before.beat == j.Beat && !before.since.IsZero() {
		return before
	}
	return sighting{j.Holder, j.Beat, s.Now()}
}

// report logs an error, except those of a server that stops and of a run that has lost its job.
func (s *Service) report(ctx context.Context, doing string, err error) {
	if err != nil && !errors.Is(err, errLost) && ctx.Err() == nil {
		s.Log.ErrorContext(ctx, "user import: a step failed", "doing", doing, "error", err)
	}
}

// run is one run of a job.
type run struct {
	*Service
	id      string
	job     *cognate.UserImportJob // as last stored
	pool    *cognate.UserPool
	columns []string
	reader  *reader
}

// runJob runs a job to its end. If ctx ends before, it releases the job, so that another server can go on immediately.
func (s *Service) runJob(ctx context.Context, found *cognate.UserImportJob) error {
	r := &run{Service: s, id: uuid.NewString(), job: found}
	if err := r.findPool(ctx); err != nil {
		return err
	}
	if err := r.claim(ctx, found); err != nil {
		return err
	}
	err := r.all(ctx)
	if ctx.Err() != nil {
		return r.release(context.WithoutCancel(ctx))
	}
	return err
}

// claim makes this run the holder of the job, unless another run has written since the job was found. Errors: errLost.
func (r *run) claim(ctx context.Context, found *cognate.UserImportJob) error {
	ctx = r.recorded(ctx)
	return r.Store.Write(ctx, func(tx *store.Tx) error {
		j, err := tx.LockImportJob(ctx, found.PoolID, found.ID)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return errLost
		case err != nil:
			return err
		case !j.IsRunning() || j.Holder != found.Holder || j.Beat != found.Beat+1: // the lock has raised it
			return errLost
		}
		j.Holder, j.Status = r.id, api.UserImportJobStatusTypeInProgress
		r.job = j
		setDetails(ctx, j)
		return tx.SaveImportJob(ctx, j)
	})
}

// recorded returns a context whose transaction has an audit record.
func (r *run) recorded(ctx context.Context) context.Context {
	ctx = r.Records.Job(ctx, "CognateUsersImported")
	audit.SetPool(ctx, r.pool)
	return ctx
}

// setDetails sets what the audit record says about a job.
func setDetails(ctx context.Context, j *cognate.UserImportJob) {
	audit.SetDetails(ctx, map[string]string{
		"job": j.ID, "status": string(j.Status), "imported": strconv.FormatInt(j.Imported, 10), "skipped": strconv.FormatInt(j.Skipped, 10),
		"failed": strconv.FormatInt(j.Failed, 10),
	})
}

func (r *run) release(ctx context.Context) error {
	return r.write(ctx, func(tx *store.Tx, j *cognate.UserImportJob) error {
		j.Holder = ""
		return tx.SaveImportJob(ctx, j)
	})
}

// write changes the job in a transaction that locks it, if this run still holds it. Errors: errLost.
func (r *run) write(ctx context.Context, fn func(*store.Tx, *cognate.UserImportJob) error) error {
	var written *cognate.UserImportJob
	ctx = r.recorded(ctx)
	err := r.Store.WriteUsers(ctx, func(tx *store.Tx) error {
		j, err := tx.LockImportJob(ctx, r.job.PoolID, r.job.ID)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return errLost
		case err != nil:
			return err
		case j.Holder != r.id || !j.IsRunning():
			return errLost
		}
		written = j
		err = fn(tx, j)
		setDetails(ctx, j)
		return err
	})
	if err == nil {
		r.job = written
	}
	return err
}

// all reads the file from the position of the job to its end.
func (r *run) all(ctx context.Context) error {
	if err := r.open(ctx); err != nil {
		return err
	}
	for r.job.IsRunning() {
		batch, err := r.read(ctx)
		if err != nil {
			return err
		}
		if err := r.store(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

// open reads the header of the file, and goes to the position of the job. A file whose header is wrong ends the job.
// Assumed: the text for a file without a header.
func (r *run) open(ctx context.Context) error {
	r.reader = &reader{next: func(position int64) ([]byte, error) { return r.part(ctx, position) }}
	if err := r.findPool(ctx); err != nil {
		return err
	}
	first, err := r.reader.read()
	if errors.Is(err, io.EOF) {
		return r.fail(ctx, "The file is empty.")
	}
	if err != nil {
		return err
	}
	if r.columns, err = parseHeader(r.job, r.pool, first); err != nil {
		return r.fail(ctx, err.Error())
	}
	if r.job.Position > r.reader.position { // another run has counted the rows
		r.reader.position, r.reader.line, r.reader.unread = r.job.Position, r.job.Line, nil
		return nil
	}
	ahead := *r.reader
	tooMany, err := ahead.hasMoreRows(maxRows)
	if err != nil {
		return err
	}
	if tooMany {
		return r.fail(ctx, errTooManyRows.Error())
	}
	return nil
}

// part returns a part of the file.
func (r *run) part(ctx context.Context, position int64) ([]byte, error) {
	data, err := r.Store.ImportChunk(ctx, r.job, position)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil // an empty file
	}
	return data, err
}

func (r *run) findPool(ctx context.Context) error {
	pool, err := r.Store.UserPool(ctx, r.job.PoolID)
	if errors.Is(err, store.ErrNotFound) {
		return errLost // the job is deleted too
	}
	r.pool = pool
	return err
}

func (r *run) fail(ctx context.Context, message string) error {
	return r.write(ctx, func(tx *store.Tx, j *cognate.UserImportJob) error {
		return r.finish(ctx, tx, j, api.UserImportJobStatusTypeFailed, message)
	})
}

func (r *run) finish(ctx context.Context, tx *store.Tx, j *cognate.UserImportJob, status api.UserImportJobStatusType, message string) error {
	j.Finish(status, message, r.Now())
	return errors.Join(tx.DeleteImportChunks(ctx, j, ""), tx.SaveImportJob(ctx, j))
}

// batch is a part of the file that one transaction stores.
type batch struct {
	before int64 // lines of the file before it
	rows   []entry
	ended  bool // there is no row after it
}

// entry is a row of a batch, with the user that it describes or the reason why it fails.
type entry struct {
	*row
	user   *cognate.User
	reason string
}

// read reads and checks up to batchSize rows. A batch of blank lines only has none.
func (r *run) read(ctx context.Context) (*batch, error) {
	if err := r.findPool(ctx); err != nil { // its schema may have changed
		return nil, err
	}
	b := &batch{before: r.reader.line}
	began := r.reader.position
	for len(b.rows) < batchSize && r.reader.position-began < batchBytes {
		next, err := r.reader.read()
		switch {
		case errors.Is(err, io.EOF):
			b.ended = true
			return b, nil
		case err != nil:
			return nil, err
		case next.isBlank():
			continue
		}
		e := entry{row: next}
		if e.user, err = r.newUser(next); err != nil {
			e.reason = reason(err)
		}
		next.text = nil
		b.rows = append(b.rows, e)
	}
	return b, nil
}

func (r *run) newUser(next *row) (*cognate.User, error) {
	values, err := next.byColumn(r.columns)
	if err != nil {
		return nil, err
	}
	return r.Users.NewImportedUser(&account.ImportRow{Pool: r.pool, Values: values, Hashing: r.job.Hashing})
}

// reason returns the text of the log for a row that fails. It has one line, and nothing of the row.
func reason(err error) string {
	text := err.Error()
	if refused, ok := errors.AsType[*api.Error](err); ok {
		text = refused.Message
	}
	return strings.Join(strings.Fields(text), " ")
}

// errInternal is the reason of a row that the database does not accept.
// Assumed: the text for a row that fails by an internal error.
const errInternal = "An internal error occurred."

// store stores a batch. If the database refuses it, store stores the rows one by one, so that one row cannot end the job.
func (r *run) store(ctx context.Context, b *batch) error {
	err := r.storeRows(ctx, b)
	if err == nil || errors.Is(err, errLost) || ctx.Err() != nil || len(b.rows) == 0 {
		return err
	}
	r.report(ctx, "store rows", err)
	before := b.before
	for i, e := range b.rows {
		last := i == len(b.rows)-1
		one := &batch{before: before, rows: []entry{e}, ended: b.ended && last}
		if err := r.storeRows(ctx, one); err != nil {
			one.rows[0].user, one.rows[0].reason = nil, errInternal
			if err := r.storeRows(ctx, one); err != nil {
				return err
			}
		}
		if !r.job.IsRunning() {
			return nil
		}
		before = e.line
	}
	return nil
}

// storeRows stores users, position, counts and log in one transaction.
func (r *run) storeRows(ctx context.Context, b *batch) error {
	var entries []string
	err := r.write(ctx, func(tx *store.Tx, j *cognate.UserImportJob) error {
		var err error
		if entries, err = r.createUsers(ctx, tx, j, b); err != nil {
			return err
		}
		if n := len(b.rows); n > 0 {
			j.Position, j.Line = b.rows[n-1].end, b.rows[n-1].line
			if err := tx.AddImportLog(ctx, j, b.before, strings.Join(entries, "\n")+"\n"); err != nil {
				return err
			}
		}
		switch {
		case j.HasTooManyErrors():
			return r.finish(ctx, tx, j, api.UserImportJobStatusTypeFailed, cognate.UserImportTooMany)
		case b.ended:
			return r.finish(ctx, tx, j, api.UserImportJobStatusTypeSucceeded, cognate.UserImportSucceeded)
		}
		return tx.SaveImportJob(ctx, j)
	})
	if err != nil {
		return err
	}
	records, err := r.logRecords(entries)
	r.report(ctx, "make log records", err) // the rows are stored all the same
	r.Logs.AddAll(ctx, records)
	return nil
}

// logRecords returns the entries of the log for the log group of the pool. Source: docs/behaviour.md §5.7.
// Assumed: characters of the pool's name that the name of a log group cannot have are replaced by "_".
func (r *run) logRecords(entries []string) ([]logdelivery.Record, error) {
	region, err := cognate.ParseRegion(r.pool.Region())
	if err != nil {
		return nil, err
	}
	group := "/aws/cognito/userpools/" + r.pool.ID + "/" + groupName.ReplaceAllString(r.pool.Name, "_")
	to, err := cognate.ParseARN(cognate.LogGroupARN, "arn:aws:logs:"+region.String()+":"+r.pool.AccountID+":log-group:"+group)
	if err != nil {
		return nil, err
	}
	role, err := cognate.ParseARN(cognate.RoleARN, r.job.RoleARN)
	if err != nil {
		return nil, err
	}
	records := make([]logdelivery.Record, 0, len(entries))
	for _, line := range entries {
		records = append(records, logdelivery.Record{
			Destination: to, PoolID: r.pool.ID, Account: r.pool.AccountID, Region: region, Time: r.Now(),
			Stream: r.job.ID + "/" + r.job.Name, Role: role, Text: line,
		})
	}
	return records, nil
}

// groupName matches what the name of a log group cannot have. Source: CloudWatch Logs API reference, CreateLogGroup.
var groupName = lazyregexp.New(`[^\w./#-]`)

// createUsers stores the users of a batch and counts its rows. It returns the entries of the log.
func (r *run) createUsers(ctx context.Context, tx *store.Tx, j *cognate.UserImportJob, b *batch) ([]string, error) {
	var users []*cognate.User
	for _, e := range b.rows {
		if e.user != nil {
			users = append(users, e.user)
		}
	}
	refused, err := r.Users.CreateImported(ctx, tx, r.pool, users)
	if err != nil {
		return nil, err
	}
	var entries []string
	user := 0
	for _, e := range b.rows {
		outcome, why, count := "SUCCEEDED", "The import succeeded.", &j.Imported
		if e.user == nil {
			outcome, why, count = "FAILED", e.reason, &j.Failed
		} else if err := refused[user]; errors.Is(err, account.ErrImportExists) {
			outcome, why, count = "SKIPPED", err.Error(), &j.Skipped
		} else if err != nil {
			outcome, why, count = "FAILED", reason(err), &j.Failed
		}
		if e.user != nil {
			user++
		}
		*count++
		entries = append(entries, fmt.Sprintf("[%s] Line Number %d - %s", outcome, e.line, why))
	}
	return entries, nil
}
