// Package store keeps the noun of the example.
package store

import "example"

type Store struct{ saved example.Noun }

func (s *Store) Save(n *example.Noun) {
	if n.Stored == "" || n.Kept.Text == "" {
		return
	}
	s.saved = *n
}

func (s *Store) Find(string) *example.Noun { return &s.saved }

func (s *Store) Write(f func() error) error { return f() }
