package userimport

import (
	"net/netip"
	"sync"
	"time"
)

const (
	// maxUploads is how many uploads a server receives at the same time.
	maxUploads = 8
	// maxFromNetwork is for how many jobs one network of a client uploads at the same time.
	maxFromNetwork = 4
	// head is how long an upload may be slower than leastRate before another one can have its place.
	head = 2 * time.Second
)

// slots are the places of uploads. An upload that is slower than leastRate loses its place as soon as another upload needs it, so slow
// uploads do not keep others out.
type slots struct {
	now func() time.Time

	mu    sync.Mutex
	taken []*slot
}

// slot is the place of an upload.
type slot struct {
	job     jobKey
	network netip.Prefix // of the client; invalid if it is unknown
	began   time.Time
	stop    func() // makes the upload fail

	received int64 // guarded by slots.mu, as lost
	lost     bool
}

// take takes a place for an upload. Errors: errUploads, errNetworkUploads.
func (s *slots) take(u *slot) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u.began = s.now()
	jobs := make(map[jobKey]bool)
	for _, other := range s.taken {
		if other.network == u.network && other.job != u.job {
			jobs[other.job] = true
		}
	}
	if len(jobs) >= maxFromNetwork && !s.end(func(other *slot) bool { return other.network == u.network }) {
		return errNetworkUploads
	}
	if len(s.taken) >= maxUploads && !s.end(func(*slot) bool { return true }) {
		return errUploads
	}
	s.taken = append(s.taken, u)
	return nil
}

// end ends the upload that is most behind leastRate, of those that may end. It reports whether there is one.
func (s *slots) end(may func(*slot) bool) bool {
	var slowest *slot
	var most int64
	for _, u := range s.taken {
		if behind := leastRate*int64((s.now().Sub(u.began)-head)/time.Millisecond)/1000 - u.received; behind > most && may(u) {
			slowest, most = u, behind
		}
	}
	if slowest == nil {
		return false
	}
	s.remove(slowest)
	slowest.lost = true
	slowest.stop()
	return true
}

// leave gives up the place of an upload, if it still has it.
func (s *slots) leave(u *slot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(u)
}

func (s *slots) remove(u *slot) {
	for i, other := range s.taken {
		if other == u {
			s.taken = append(s.taken[:i], s.taken[i+1:]...)
			return
		}
	}
}

// received counts bytes of an upload. It calls extend with their number, unless the upload has lost its place. Errors: errSlow, and those of
// extend.
func (s *slots) received(u *slot, bytes int64, extend func(bytes int64) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u.lost {
		return errSlow
	}
	u.received += bytes
	return extend(u.received)
}
