package cognatetest

import (
	"sync"
	"sync/atomic"

	"cognate"
)

// Passwords is a list of compromised passwords. The zero value is empty.
type Passwords struct {
	known   sync.Map
	lookUps atomic.Int64
}

// Add adds a password to the list.
func (p *Passwords) Add(password string) { p.known.Store(password, true) }

// Contains reports whether a password is in the list.
func (p *Passwords) Contains(password string) (bool, error) {
	p.lookUps.Add(1)
	_, ok := p.known.Load(password)
	return ok, nil
}

// LookUps returns how often Contains was called.
func (p *Passwords) LookUps() int { return int(p.lookUps.Load()) }

// Places has places of addresses. The zero value has none.
type Places struct{ known sync.Map }

// Set sets the place of an address.
func (p *Places) Set(address string, place cognate.Place) { p.known.Store(address, place) }

// Locate returns the place of an address.
func (p *Places) Locate(address string) cognate.Place {
	place, _ := p.known.Load(address)
	known, _ := place.(cognate.Place)
	return known
}
