package iam_test

import (
	"errors"
	"sync"
	"testing"

	"cognate/iam"
)

func TestCreateRejects(t *testing.T) {
	t.Parallel()
	s := mustOpen(t)
	s.manager.Configured = []iam.AccessKey{{AccountID: "123456789012", Name: "file"}}
	s.mustCreate(t, "boss", iam.Administrator)
	all := iam.Everything().Text()
	for _, tt := range []struct {
		new  iam.NewKey
		want error
	}{
		{iam.NewKey{AccountID: "123456789012", Name: "boss", Policy: all}, iam.ErrNameTaken},
		{iam.NewKey{AccountID: "123456789012", Name: "file", Policy: all}, iam.ErrNameTaken},
		{iam.NewKey{AccountID: "123456789012", Name: "a b", Policy: all}, nil},
		{iam.NewKey{AccountID: "123456789012", Name: "", Policy: all}, nil},
		{iam.NewKey{AccountID: "123456789012", Name: "new", Policy: "{}"}, nil},
	} {
		if _, err := s.manager.Create(t.Context(), tt.new); err == nil || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("Create(%v) = %v, want %v", tt.new, err, tt.want)
		}
	}
	if keys, err := s.manager.List(t.Context()); err != nil || len(keys) != 1 || keys[0].Secret != "" {
		t.Errorf("List() = %v, %v", keys, err)
	}
	if _, err := s.manager.Create(t.Context(), iam.NewKey{AccountID: "000000000000", Name: "boss", Policy: all}); err != nil {
		t.Errorf("Create(in another account) = %v", err)
	}
	if _, err := s.manager.Find(t.Context(), "boss"); !errors.Is(err, iam.ErrAmbiguous) {
		t.Errorf("Find(boss) = %v, want ErrAmbiguous", err)
	}
	if _, err := s.manager.SetPolicy(t.Context(), "nobody", all, "", false); !errors.Is(err, iam.ErrNoKey) {
		t.Errorf("SetPolicy(nobody) = %v, want ErrNoKey", err)
	}
}

// The last administrator key of an account stays, unless force is set.
func TestLastAdministrator(t *testing.T) {
	t.Parallel()
	desk, _ := iam.Ready("help-desk")
	for what, change := range map[string]func(s *stored, name string, force bool) error{
		"delete": func(s *stored, name string, force bool) error {
			_, err := s.manager.Delete(t.Context(), name, force)
			return err
		},
		"disable": func(s *stored, name string, force bool) error {
			_, err := s.manager.Disable(t.Context(), name, force)
			return err
		},
		"policy": func(s *stored, name string, force bool) error {
			_, err := s.manager.SetPolicy(t.Context(), name, desk.Text(), "help-desk", force)
			return err
		},
	} {
		s := mustOpen(t)
		s.mustCreate(t, "first", iam.Administrator)
		s.mustCreate(t, "second", iam.Administrator)
		s.mustCreate(t, "desk", "help-desk")
		if err := change(s, "desk", false); err != nil {
			t.Errorf("%s a lesser key = %v", what, err)
		}
		if err := change(s, "first", false); err != nil {
			t.Errorf("%s one of two = %v", what, err)
		}
		if err := change(s, "second", false); !errors.Is(err, iam.ErrLastAdministrator) {
			t.Errorf("%s the last one = %v, want ErrLastAdministrator", what, err)
		}
		s.manager.Configured = []iam.AccessKey{{AccountID: "000000000000", Policy: iam.Everything()}, {AccountID: "123456789012", Policy: desk}}
		if err := change(s, "second", false); !errors.Is(err, iam.ErrLastAdministrator) {
			t.Errorf("%s the last one of its account = %v, want ErrLastAdministrator", what, err)
		}
		if err := change(s, "second", true); err != nil {
			t.Errorf("%s the last one with force = %v", what, err)
		}
		s.mustCreate(t, "third", iam.Administrator)
		s.manager.Configured = []iam.AccessKey{{AccountID: "123456789012", Policy: iam.Everything()}}
		if err := change(s, "third", false); err != nil {
			t.Errorf("%s beside one of the settings = %v", what, err)
		}
	}
}

// Two commands at the same time cannot remove the last two administrators.
func TestLastAdministratorsRace(t *testing.T) {
	t.Parallel()
	s := mustOpen(t)
	s.mustCreate(t, "first", iam.Administrator)
	s.mustCreate(t, "second", iam.Administrator)
	var wait sync.WaitGroup
	errs := make([]error, 2)
	for i, name := range []string{"first", "second"} {
		wait.Go(func() { _, errs[i] = s.manager.Delete(t.Context(), name, false) })
	}
	wait.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("Delete() = %v and %v, want one error", errs[0], errs[1])
	}
}
