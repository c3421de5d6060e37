package export

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"cognate"
	"cognate/api"
	"cognate/authn/totp"
	"cognate/store"
)

// Target says where to import.
type Target struct {
	// Store gets the pool. For a dry run it is a temporary store.
	Store *store.Store
	// Conflicts is the store that may already have the pool or its clients.
	Conflicts *store.Store
	// NewIDs gives the pool, its clients and its users new IDs, so that the original can stay.
	NewIDs bool
	// Account is the AWS account that gets the pool; empty for that of the file.
	Account string
	// Accounts are those of the access keys in the settings. With those in Conflicts, they are the accounts that a file can choose.
	Accounts []string
	Now      func() time.Time
}

// Report says what an import has done.
type Report struct {
	PoolID string
	// AccountID is the AWS account that got the pool.
	AccountID string
	Counts    map[string]int // of the lines of each type
	// ClientIDs maps the IDs in the file to new ones; empty unless the import gives new IDs.
	ClientIDs map[string]string
	// NewSecrets are the clients that have a new secret, because the file does not have theirs.
	NewSecrets []string
	// NoDetails are the identity providers whose details the file does not have.
	NoDetails []string
	// MustReset is the number of users whose passwords the file does not have, and who must reset them.
	MustReset int
	// Passkeys is the number of passkeys that new IDs make invalid: a passkey contains the sub.
	Passkeys int
}

// Conflicts are reasons in the database why a pool cannot be imported. Nothing was changed.
type Conflicts struct{ Reasons []string }

func (c *Conflicts) Error() string { return strings.Join(c.Reasons, "\n") }

// UnknownAccount is the AWS account of a file if this server has no user pool and no access key of it. A file must not choose such an
// account: what the pool may use, as functions and roles, depends on it. Nothing was changed.
type UnknownAccount struct{ AccountID string }

func (u *UnknownAccount) Error() string {
	return "the account of the file, " + u.AccountID + ", has no user pool and no access key on this server"
}

// Import creates a pool from a file. If it fails, it leaves nothing of the pool. It needs the same memory for any number of users.
// Errors: *BadFile, *Conflicts, *UnknownAccount, those of the reader.
func (t *Target) Import(ctx context.Context, file io.Reader) (_ *Report, err error) {
	i := &importer{Target: t, lines: newLineReader(file), parser: newParser(t)}
	defer func() {
		if err != nil && i.staged != nil {
			err = errors.Join(err, i.staged.Abandon(context.WithoutCancel(ctx)))
		}
	}()
	if err := i.readAll(ctx); err != nil {
		return nil, err
	}
	if err := i.flush(ctx); err != nil {
		return nil, err
	}
	if len(i.problems) > 0 {
		return nil, &BadFile{i.problems}
	}
	if err := i.stage(ctx); err != nil {
		return nil, err
	}
	if err := i.staged.Finish(ctx, i.finish(ctx)); err != nil {
		return nil, i.taken(err)
	}
	return &i.report, nil
}

// importer is one import.
type importer struct {
	*Target
	*parser
	lines    *lineReader
	staged   *store.StagedPool // nil before the first row
	batch    []store.WholeUser
	numbers  []int // of the lines of the batch
	size     int   // of the lines of the batch, in bytes
	problems []string
}

// readAll reads and checks all lines, and writes the users. After the first problem nothing more is written.
func (i *importer) readAll(ctx context.Context) error {
	for {
		text, err := i.lines.next()
		switch {
		case errors.Is(err, io.EOF):
			if !i.isWhole {
				i.problem(i.lines.number, errors.New("the file ends without its last line; it is not complete"))
			}
			return nil
		case errors.Is(err, errTooLong):
			i.problem(i.lines.number, err)
			return nil
		case err != nil:
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		read, err := i.take(text)
		if err != nil {
			i.problem(i.lines.number, err)
			if i.isUseless() || len(i.problems) >= maxProblems {
				return nil
			}
			continue
		}
		if err := i.write(ctx, read, len(text)); err != nil {
			return err
		}
	}
}

// problem adds a bad line. Only the first line of a text is kept: it can be of the file.
func (i *importer) problem(line int, err error) {
	text, _, _ := strings.Cut(err.Error(), "\n")
	i.problems = append(i.problems, fmt.Sprintf("line %d: %s", line, text))
}

// maxBatch is how many bytes of lines wait at most, besides the last line.
const maxBatch = 8 << 20

// write stores what a line of that size has, if it is one of the many: a user or an image. The last transaction stores the others.
func (i *importer) write(ctx context.Context, read any, size int) error {
	switch noun := read.(type) {
	case *store.WholeUser:
		i.batch, i.numbers = append(i.batch, *noun), append(i.numbers, i.lines.number)
		i.size += size
		if len(i.batch) == usersAtOnce || i.size > maxBatch {
			return i.flush(ctx)
		}
	case *cognate.Image:
		if len(i.problems) > 0 {
			return nil
		}
		if err := i.stage(ctx); err != nil {
			return err
		}
		return i.staged.Write(ctx, func(tx *store.Tx) error { return tx.CreateImage(ctx, noun) })
	}
	return nil
}

// stage begins to write the pool. Errors: *Conflicts, *UnknownAccount.
func (i *importer) stage(ctx context.Context) error {
	if i.staged != nil {
		return nil
	}
	if err := i.requireAccount(ctx); err != nil {
		return err
	}
	if err := i.requireNoConflicts(ctx); err != nil {
		return err
	}
	staged, err := i.Store.StagePool(ctx, i.pool.ID, i.Now)
	if err != nil {
		return i.taken(err)
	}
	i.staged = staged
	return nil
}

// requireAccount requires that the server knows the account, if only the file names it. Errors: *UnknownAccount.
func (i *importer) requireAccount(ctx context.Context) error {
	id := i.pool.AccountID
	if i.Account != "" || slices.Contains(i.Accounts, id) {
		return nil
	}
	known, err := i.Conflicts.HasAccount(ctx, id)
	if err != nil {
		return err
	}
	if !known {
		return &UnknownAccount{id}
	}
	return nil
}

// requireNoConflicts looks for the pool and its clients in the database. Errors: *Conflicts.
func (i *importer) requireNoConflicts(ctx context.Context) error {
	var reasons []string
	_, err := i.Conflicts.UserPool(ctx, i.pool.ID)
	switch {
	case err == nil:
		reasons = append(reasons, "the user pool "+i.pool.ID+" exists already")
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	for _, inFile := range slices.Sorted(maps.Keys(i.clients)) {
		c := i.clients[inFile]
		other, err := i.Conflicts.AppClient(ctx, c.ID)
		switch {
		case err == nil:
			reasons = append(reasons, "the app client "+c.ID+" exists already, in the user pool "+other.PoolID)
		case !errors.Is(err, store.ErrNotFound):
			return err
		}
	}
	if len(reasons) > 0 {
		return &Conflicts{reasons}
	}
	return nil
}

// taken describes errors of the store about the pool.
func (i *importer) taken(err error) error {
	switch {
	case errors.Is(err, store.ErrStaged):
		return &Conflicts{[]string{"another command writes the user pool " + i.pool.ID + " now; if it was killed, wait five minutes"}}
	case errors.Is(err, store.ErrExists):
		return &Conflicts{[]string{"the user pool " + i.pool.ID + " or one of its clients exists already"}}
	default:
		return err
	}
}

// flush writes the users that wait.
func (i *importer) flush(ctx context.Context) error {
	batch, numbers := i.batch, i.numbers
	i.batch, i.numbers, i.size = nil, nil, 0
	if len(batch) == 0 || len(i.problems) > 0 {
		return nil
	}
	if err := i.stage(ctx); err != nil {
		return err
	}
	refused, err := i.create(ctx, batch)
	if errors.Is(err, store.ErrExists) { // find the user
		return i.flushEach(ctx, batch, numbers)
	}
	for _, n := range slices.Sorted(maps.Keys(refused)) {
		i.problem(numbers[n], nameTaken(&batch[n], refused[n]))
	}
	return err
}

func (i *importer) create(ctx context.Context, batch []store.WholeUser) (refused map[int]store.NotCreated, err error) {
	err = i.staged.Write(ctx, func(tx *store.Tx) error {
		refused, err = tx.CreateWholeUsers(ctx, i.pool, batch)
		if err == nil && len(refused) > 0 {
			return store.ErrRollback
		}
		return err
	})
	return refused, err
}

// flushEach writes users one by one up to the one that has what another one has.
func (i *importer) flushEach(ctx context.Context, batch []store.WholeUser, numbers []int) error {
	for n := range batch {
		_, err := i.create(ctx, batch[n:n+1])
		if errors.Is(err, store.ErrExists) {
			i.problem(numbers[n], fmt.Errorf("the user %s has the sub, a passkey or an account at an identity provider of another user", batch[n].Username))
			return nil
		}
		if err != nil {
			return err
		}
	}
	return errors.New("the users could not be stored")
}

func nameTaken(u *store.WholeUser, refused store.NotCreated) error {
	if errors.Is(refused.Err, store.ErrAliasTaken) {
		return fmt.Errorf("the user %s signs in with %s, as another user does", u.Username, refused.Alias)
	}
	return fmt.Errorf("the username %s is that of another user", u.Username)
}

// finish returns the last transaction.
func (i *importer) finish(ctx context.Context) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		if err := tx.CreateUserPool(ctx, i.pool, i.keys); err != nil {
			return err
		}
		for _, write := range i.writes {
			if err := write(ctx, tx); err != nil {
				return err
			}
		}
		return tx.SpendCodes(ctx, i.pool.ID, totp.LastStep(i.Now()))
	}
}

// validate checks the shapes of an input of an operation, as for a request.
func validate(operation string, input any) error {
	body, err := api.Marshal(input)
	if err != nil {
		return err
	}
	op, ok := api.Lookup(operation)
	if !ok {
		return errors.New("there is no operation " + operation)
	}
	return reason(op.Validate(body))
}

// reason returns the text of an API error.
func reason(err error) error {
	if refusal, ok := errors.AsType[*api.Error](err); ok {
		return errors.New(refusal.Message)
	}
	return err
}
