package devapi_test

import (
	"testing"

	"cognate/cognatetest"
	"cognate/devapi"
)

// BenchmarkCopies measures the ways to give each test its own data, for a pool with the users of testdata/seed.yaml.
func BenchmarkCopies(b *testing.B) {
	for _, c := range []struct {
		name string
		once func(b *testing.B, s *cognatetest.Server, snapshot string) error
	}{
		{"reset", func(b *testing.B, s *cognatetest.Server, _ string) error { return s.Reset(b.Context()) }},
		{"pool reset", func(b *testing.B, s *cognatetest.Server, _ string) error { return s.ResetPool(b.Context(), seedPool) }},
		{"restore", func(b *testing.B, s *cognatetest.Server, snapshot string) error {
			return s.Restore(b.Context(), snapshot)
		}},
		{"fork", func(b *testing.B, s *cognatetest.Server, _ string) error {
			_, err := s.ForkPool(b.Context(), seedPool, "")
			return err
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := cognatetest.Start(b)
			seed, err := devapi.ParseSeed([]byte(mustSeed(b)))
			if err == nil {
				err = s.Reseed(b.Context(), seed)
			}
			if err != nil {
				b.Fatal(err)
			}
			snapshot, err := s.Snapshot(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := c.once(b, s, snapshot); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
