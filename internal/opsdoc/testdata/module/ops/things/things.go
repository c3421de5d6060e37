// Package things has the operations of the example.
package things

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"maps"

	"example"
	"example/api"
	"example/store"
	"example/trigger"
)

type Service struct{ Store *store.Store }

func (s *Service) Do(_ context.Context, in *api.DoInput) (*api.DoOutput, error) {
	if in.Condition == "no" {
		return nil, errors.New("no")
	}
	slog.Info("do", "logged", in.Logged)
	noun := s.Store.Find(in.Identified)
	err := s.Store.Write(func() error {
		if in.Stored != "" {
			noun.Stored = in.Stored
		}
		noun.Checked, noun.Acting = in.Checked, in.Acting
		noun.Helped, noun.HelpedToo = api.IsTrue(in.Helped), api.IsTrue(in.HelpedToo)
		if k := in.Kept; k != nil {
			kept := *k
			noun.Kept = &kept
		}
		noun.Mixed = in.Mixed
		edit(noun, func(entries map[string]string) { maps.Copy(entries, in.Entries) })
		return noun.Check()
	})
	if err != nil || !matches(in.Hashed) {
		return nil, err
	}
	s.Store.Save(noun)
	trigger.Send(in.Sent)
	if _, err := s.Other(context.Background(), &api.OtherInput{Copied: in.Copied}); err != nil {
		return nil, err
	}
	return &api.DoOutput{Returned: in.Returned}, nil
}

func edit(n *example.Noun, change func(map[string]string)) { change(n.Entries) }

func matches(code string) bool {
	h := sha256.New()
	fmt.Fprintf(h, "%s", code)
	return subtle.ConstantTimeCompare(h.Sum(nil), make([]byte, sha256.Size)) == 1
}

func (s *Service) Other(_ context.Context, in *api.OtherInput) (*api.OtherOutput, error) {
	noun := s.Store.Find("")
	switch {
	case noun.Acting == "no", noun.HelpedToo, noun.Mixed.Read == "no", noun.Entries["a"] == "no", in.Copied == "no":
		return nil, errors.New("no")
	}
	return &api.OtherOutput{}, nil
}
