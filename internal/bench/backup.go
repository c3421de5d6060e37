package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"time"
)

// The targets of a backup of a million users.
const (
	mostBackup, mostRestore = 60, 180 // s
	mostBackupMemory        = 100     // MB
	mostWait                = 50      // ms, of other requests

	readTime = 100 * time.Millisecond // between looks whether the backup has ended
)

// measureBackup fills an SQLite database with o.scale.users users, writes a backup of it while other requests read users, and restores it
// into another database.
func measureBackup(ctx context.Context, o options, s *server, t *ratios) (err error) {
	d := newSide(o, s, o.scale.users)
	defer func() {
		if closed := d.close(); err == nil {
			err = closed
		}
	}()
	if err := d.begin(ctx, "sqlite"); err != nil {
		return err
	}
	file, data := s.path("bench.backup"), s.path(fmt.Sprintf("sqlite_%d", d.users))
	key := []string{"--master-key-file", s.path("master.key"), "--data"}
	name := fmt.Sprintf("of %d users", d.users)

	during, stop := context.WithCancel(ctx)
	defer stop()
	reads := make(chan *result)
	go func() {
		r := new(result)
		read := measurement{once: d.getUser(username).once}
		for c := d.s.client(1); during.Err() == nil && r.failures == 0; {
			r.loop(ctx, d.s, c, 1, readTime, read)
		}
		reads <- r
	}()
	took, mb, err := s.command(ctx, append([]string{"backup", "--out", file}, append(key, data)...)...)
	stop()
	r := <-reads
	if err != nil {
		return err
	}
	if _, err := r.speed(); err != nil {
		return fmt.Errorf("read users beside a backup: %w", err)
	}
	slices.Sort(r.took)
	t.belowUnit("backup "+name, "s", took.Seconds(), mostBackup)
	t.belowUnit("backup, memory", "MB", mb, mostBackupMemory)
	t.belowUnit("AdminGetUser beside it: p99", "ms", float64(r.quantile(0.99).Microseconds())/1000, mostWait)

	took, mb, err = s.command(ctx, append([]string{"restore", file}, append(key, s.path("restored"))...)...)
	if err != nil {
		return err
	}
	t.belowUnit("restore "+name, "s", took.Seconds(), mostRestore)
	t.belowUnit("restore, memory", "MB", mb, mostBackupMemory)
	return nil
}

// command runs a command of the binary, and returns its time and its largest memory in MB.
func (s *server) command(ctx context.Context, args ...string) (took time.Duration, mb float64, err error) {
	cmd := exec.CommandContext(ctx, s.path("cognate"), args...)
	cmd.Env = os.Environ()
	began := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, 0, fmt.Errorf("%s: %w\n%s", args[0], err, out)
	}
	return time.Since(began), largestMB(cmd.ProcessState), nil
}
