package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cognate/sealing"
)

// member is a transaction of a test.
type member struct {
	name string
	// fn runs after the insert of a row with the name.
	fn func(ctx context.Context, tx *Tx) error
}

func mustOpenFile(t *testing.T) *Store {
	t.Helper()
	return mustOpenWith(t, Config{})
}

func mustOpenWith(t *testing.T, c Config) *Store {
	t.Helper()
	text, err := sealing.NewMasterKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := sealing.ParseMasterKey(text)
	if err != nil {
		t.Fatal(err)
	}
	c.URL, c.MasterKeys = filepath.Join(t.TempDir(), "cognate.db"), []sealing.MasterKey{key}
	s, err := Open(t.Context(), c)
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	})
	mustExec(t, s, "CREATE TABLE members (name TEXT NOT NULL PRIMARY KEY, parent TEXT REFERENCES members DEFERRABLE INITIALLY DEFERRED)")
	mustExec(t, s, "PRAGMA foreign_keys = on")
	return s
}

func mustExec(t *testing.T, s *Store, text string) {
	t.Helper()
	if _, err := s.write.ExecContext(t.Context(), text); err != nil {
		t.Fatal(err)
	}
}

// together is the course of transactions that ran together.
type together struct {
	errs   []error
	groups map[*group]bool
	early  int64 // transactions that had returned before another one ended
}

// runTogether runs transactions together: the first one waits until all others wait for it. Their order can change.
func runTogether(t *testing.T, s *Store, members []member) *together {
	t.Helper()
	r := &together{errs: make([]error, len(members)), groups: make(map[*group]bool)}
	var returned atomic.Int64
	ended := make(chan int)
	for i, m := range members {
		go func() {
			defer func() { ended <- i }()
			defer returned.Add(1)
			defer func() {
				if v := recover(); v != nil {
					r.errs[i] = fmt.Errorf("panic: %v", v)
				}
			}()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			ctx = context.WithValue(ctx, cancelKey{}, cancel)
			r.errs[i] = s.Write(ctx, func(tx *Tx) error {
				r.groups[tx.raw.(statements).group] = true
				if i == 0 {
					waitFor(s, len(members)-1)
				}
				if _, err := tx.raw.ExecContext(ctx, "INSERT INTO members (name) VALUES ($1)", m.name); err != nil {
					return err
				}
				if i == len(members)-1 {
					for range 100 {
						runtime.Gosched()
					}
					r.early = returned.Load()
				}
				return m.fn(ctx, tx)
			})
		}()
		if i == 0 {
			for len(s.groups.inUse) == 0 {
				runtime.Gosched()
			}
			continue
		}
		if i < len(members)-1 { // the first transaction waits for the last one
			waitFor(s, i)
		}
	}
	for range members {
		<-ended
	}
	return r
}

type cancelKey struct{}

// waitFor waits until n transactions wait.
func waitFor(s *Store, n int) {
	for s.groups.waiting.Load() < int64(n) {
		runtime.Gosched()
	}
}

func storedMembers(t *testing.T, s *Store) (names []string) {
	t.Helper()
	rows, err := s.read.QueryContext(t.Context(), "SELECT name FROM members ORDER BY name")
	if err != nil {
		t.Fatal(err)
	}
	if err := eachText(rows, func(name string) { names = append(names, name) }); err != nil {
		t.Fatal(err)
	}
	return names
}

func TestGroup(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	succeed := func(context.Context, *Tx) error { return nil }
	returns := func(err error) func(context.Context, *Tx) error {
		return func(context.Context, *Tx) error { return err }
	}
	exec := func(text string) func(context.Context, *Tx) error {
		return func(ctx context.Context, tx *Tx) error {
			_, err := tx.raw.ExecContext(ctx, text)
			return err
		}
	}
	const many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 50000) INSERT INTO members (name) SELECT %s FROM n"
	endFirst := make(chan context.CancelFunc, 1)
	long := fmt.Sprintf(many, "'n' || i")
	endSoon := func(ctx context.Context) {
		time.AfterFunc(5*time.Millisecond, ctx.Value(cancelKey{}).(context.CancelFunc))
	}
	fill := exec("INSERT INTO members (name) VALUES (hex(zeroblob(40000000)))")
	for _, c := range []struct {
		name    string
		members []member
		groups  int
		fail    []string // members that return an error
		stored  []string
	}{
		{"all commit", []member{{"a", succeed}, {"b", succeed}, {"c", succeed}}, 1, nil, []string{"a", "b", "c"}},
		{"an error undoes one member", []member{{"a", succeed}, {"b", returns(refused)}, {"c", succeed}}, 1, []string{"b"}, []string{"a", "c"}},
		{"an error of the first member", []member{{"a", returns(refused)}, {"b", succeed}}, 2, []string{"a"}, []string{"b"}},
		{"ErrRollback undoes one member", []member{{"a", succeed}, {"b", returns(ErrRollback)}}, 1, nil, []string{"a"}},
		{"CommitWith commits", []member{{"a", succeed}, {"b", returns(CommitWith(refused))}}, 1, []string{"b"}, []string{"a", "b"}},
		{"a conflict undoes one member", []member{{"a", succeed}, {"a", succeed}, {"c", succeed}}, 1, []string{"a"}, []string{"a", "c"}},
		{
			"a panic undoes one member",
			[]member{{"a", succeed}, {"b", func(context.Context, *Tx) error { panic("bug") }}, {"c", succeed}},
			1,
			[]string{"b"},
			[]string{"a", "c"},
		},
		{
			"a member whose context ends",
			[]member{{"a", succeed}, {"b", func(ctx context.Context, _ *Tx) error {
				ctx.Value(cancelKey{}).(context.CancelFunc)()
				return nil
			}}, {"c", succeed}},
			1,
			[]string{"b"},
			[]string{"a", "c"},
		},
		{
			"the context of the first member ends before the commit",
			[]member{{"a", func(ctx context.Context, _ *Tx) error {
				endFirst <- ctx.Value(cancelKey{}).(context.CancelFunc)
				return nil
			}}, {"b", func(context.Context, *Tx) error {
				(<-endFirst)()
				time.Sleep(20 * time.Millisecond) // a transaction that had the context would be rolled back
				return nil
			}}},
			1,
			nil,
			[]string{"a", "b"},
		},
		{
			"a failed commit refuses all",
			[]member{{"a", succeed}, {"b", exec("UPDATE members SET parent = 'nobody'")}, {"c", returns(ErrRollback)}, {"d", returns(refused)}},
			1,
			[]string{"a", "b", "c", "d"},
			nil,
		},
		{
			"a full disk refuses all",
			[]member{{"a", succeed}, {"b", fill}},
			1,
			[]string{"a", "b"},
			nil,
		},
		{
			// SQLite undoes this statement alone: it has copies of the pages.
			"a full disk in a statement with many rows refuses all",
			[]member{{"a", succeed}, {"b", exec(fmt.Sprintf(many, "randomblob(2000)"))}},
			1,
			[]string{"a", "b"},
			nil,
		},
		{
			"a member after a full disk begins a group",
			[]member{{"a", succeed}, {"b", fill}, {"c", succeed}},
			2,
			[]string{"a", "b"},
			[]string{"c"},
		},
		{
			"a statement after a full disk does not run",
			[]member{{"a", succeed}, {"b", func(ctx context.Context, tx *Tx) error {
				return errors.Join(fill(ctx, tx), exec("INSERT INTO members (name) VALUES ('z')")(ctx, tx))
			}}},
			1,
			[]string{"a", "b"},
			nil,
		},
		{
			"a member whose context ends in a statement",
			[]member{{"a", succeed}, {"b", func(ctx context.Context, tx *Tx) error {
				endSoon(ctx)
				err := exec(long)(ctx, tx)
				<-ctx.Done() // on a busy machine, the statement can end before
				return err
			}}, {"c", succeed}},
			1,
			[]string{"b"},
			[]string{"a", "c"},
		},
		{
			"a member whose context ends in a prepared statement",
			[]member{{"a", succeed}, {"b", func(ctx context.Context, tx *Tx) error {
				prepared, err := tx.raw.PrepareContext(ctx, long)
				if err != nil {
					return err
				}
				defer prepared.Close()
				endSoon(ctx)
				_, err = tx.execPrepared(ctx, prepared)
				<-ctx.Done() // as above
				return err
			}}, {"c", succeed}},
			1,
			[]string{"b"},
			[]string{"a", "c"},
		},
		{
			"a member that cannot be undone refuses all",
			[]member{{"a", succeed}, {"b", func(ctx context.Context, tx *Tx) error {
				return errors.Join(exec("RELEASE member")(ctx, tx), refused)
			}}},
			1,
			[]string{"a", "b"},
			nil,
		},
		{
			"an ended transaction refuses all",
			[]member{{"a", succeed}, {"b", exec("ROLLBACK")}},
			1,
			[]string{"a", "b"},
			nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := mustOpenFile(t)
			mustExec(t, s, "PRAGMA max_page_count = 2000")
			var hooks, fail []string
			var mu sync.Mutex // for hooks
			hooked := slices.Clone(c.members)
			for i, m := range c.members {
				hooked[i].fn = func(ctx context.Context, tx *Tx) error {
					tx.AfterCommit(func() {
						mu.Lock()
						defer mu.Unlock()
						hooks = append(hooks, m.name)
					})
					return m.fn(ctx, tx)
				}
			}
			got := runTogether(t, s, hooked)
			for i, err := range got.errs {
				if err != nil {
					fail = append(fail, c.members[i].name)
				}
			}
			slices.Sort(hooks)
			if !slices.Equal(fail, c.fail) {
				t.Errorf("members with an error = %q, want %q; errors: %v", fail, c.fail, got.errs)
			}
			if names := storedMembers(t, s); !slices.Equal(names, c.stored) {
				t.Errorf("stored = %q, want %q", names, c.stored)
			}
			if !slices.Equal(hooks, c.stored) {
				t.Errorf("AfterCommit called %q, want %q", hooks, c.stored)
			}
			if len(got.groups) != c.groups {
				t.Errorf("%d groups, want %d", len(got.groups), c.groups)
			}
			if !strings.Contains(c.name, "panic") && c.groups == 1 && got.early > 0 {
				t.Errorf("%d members returned before the commit", got.early)
			}
			if err := s.Write(t.Context(), func(*Tx) error { return nil }); err != nil {
				t.Errorf("Write() afterwards = %v", err)
			}
		})
	}
}

// If the transaction that should commit a group stops waiting, the group is committed all the same.
func TestGroupWithoutItsLastMember(t *testing.T) {
	t.Parallel()
	s := mustOpenFile(t)
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error)
	err := s.Write(t.Context(), func(tx *Tx) error {
		go func() { gone <- s.Write(ctx, func(*Tx) error { return nil }) }()
		waitFor(s, 1)
		cancel()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Errorf("Write(cancelled) = %v, want context.Canceled", err)
		}
		_, err := tx.raw.ExecContext(t.Context(), "INSERT INTO members (name) VALUES ('a')")
		return err
	})
	if err != nil {
		t.Errorf("Write() = %v", err)
	}
	if got := storedMembers(t, s); !slices.Equal(got, []string{"a"}) {
		t.Errorf("stored = %q, want a", got)
	}
}

// A full group is committed although transactions wait.
func TestGroupIsLimited(t *testing.T) {
	t.Parallel()
	s := mustOpenFile(t)
	if s.groups.most != maxMembers {
		t.Errorf("a group has up to %d members, want %d", s.groups.most, maxMembers)
	}
	s.groups.most = 2
	succeed := func(context.Context, *Tx) error { return nil }
	got := runTogether(t, s, []member{{"a", succeed}, {"b", succeed}, {"c", succeed}, {"d", succeed}, {"e", succeed}})
	if err := errors.Join(got.errs...); err != nil || len(got.groups) != 3 {
		t.Errorf("five transactions ran in %d groups, %v, want 3", len(got.groups), err)
	}
}

// A transaction that changes much begins a group, which others join.
func TestGroupOfWriteUsers(t *testing.T) {
	t.Parallel()
	s := mustOpenFile(t)
	var large, before, after *group
	ended := make(chan error, 2)
	err := s.Write(t.Context(), func(tx *Tx) error {
		before = tx.raw.(statements).group
		go func() {
			ended <- s.WriteUsers(t.Context(), func(tx *Tx) error {
				large = tx.raw.(statements).group
				go func() {
					ended <- s.Write(t.Context(), func(tx *Tx) error {
						after = tx.raw.(statements).group
						return nil
					})
				}()
				waitFor(s, 1)
				return nil
			})
		}()
		waitFor(s, 1)
		return nil
	})
	if err := errors.Join(err, <-ended, <-ended); err != nil {
		t.Fatalf("Write() = %v", err)
	}
	if large == before || large != after {
		t.Errorf("groups are %p, %p, %p: want the large one different from the first and equal to the last", before, large, after)
	}
}

// The connection that writes waits for the disk at each commit.
func TestCommitsAreSynced(t *testing.T) {
	t.Parallel()
	s := mustOpenFile(t)
	var journal string
	var synchronous int
	err := errors.Join(
		s.write.QueryRowContext(t.Context(), "PRAGMA journal_mode").Scan(&journal),
		s.write.QueryRowContext(t.Context(), "PRAGMA synchronous").Scan(&synchronous),
	)
	const full = 2
	if err != nil || journal != "wal" || synchronous != full {
		t.Errorf("journal_mode = %s, synchronous = %d, %v, want wal and FULL (%d)", journal, synchronous, err, full)
	}
}

// The page caches of all connections together have the size of the setting, of which SQLite counts half.
func TestCacheBytes(t *testing.T) {
	t.Parallel()
	for bytes, want := range map[int64]int64{0: 8 << 10, 8 << 20: 4 << 10} {
		s := mustOpenWith(t, Config{CacheBytes: bytes})
		var writer, reader int64 // in KiB, negative
		err := errors.Join(
			s.write.QueryRowContext(t.Context(), "PRAGMA cache_size").Scan(&writer),
			s.read.QueryRowContext(t.Context(), "PRAGMA cache_size").Scan(&reader),
		)
		if got := -writer - 8*reader; err != nil || got != want {
			t.Errorf("with CacheBytes %d the caches have %d KiB, %v, want %d", bytes, got, err, want)
		}
	}
}
