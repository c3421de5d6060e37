package main

import (
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestDatabaseWait(t *testing.T) {
	t.Parallel()
	broken := errors.Join(errors.New("migrate"), io.ErrUnexpectedEOF)
	wrong := errors.New("wrong password")
	for _, tt := range []struct {
		name     string
		failures []error
		wait     time.Duration
		attempts int
		want     string // of the error; empty for none
	}{
		{name: "answers", attempts: 1},
		{name: "answers later", failures: []error{broken, broken, broken}, attempts: 4, wait: 7 * time.Second},
		{name: "another error", failures: []error{broken, wrong}, attempts: 2, wait: time.Second, want: "wrong password"},
		{name: "never answers", failures: make([]error, 100), attempts: 15, wait: time.Minute, want: "the database could not be reached for 1m0s: "},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := &databaseWait{log: slog.New(slog.DiscardHandler), limit: time.Minute}
			began, attempts := time.Now(), 0
			err := w.do(t.Context(), func() error {
				attempts++
				if attempts > len(tt.failures) {
					return nil
				}
				if err := tt.failures[attempts-1]; err != nil {
					return err
				}
				return broken
			})
			if (err == nil) != (tt.want == "") || err != nil && !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("do(%s) = %v, want %q", tt.name, err, tt.want)
			}
			if attempts != tt.attempts || time.Since(began) != tt.wait {
				t.Errorf("do(%s) made %d attempts in %v, want %d in %v", tt.name, attempts, time.Since(began), tt.attempts, tt.wait)
			}
		})
	}
}
