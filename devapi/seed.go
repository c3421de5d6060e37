package devapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/store"
)

// ApplySeed creates the pools of a seed that do not exist, with their clients and users. It does not change existing pools.
// Errors: SeedProblems if the service rejects a part of the seed; the pools before that part are created.
func (s *API) ApplySeed(ctx context.Context, seed *Seed) error {
	_, err := s.applySeed(ctx, seed)
	return err
}

// applySeed is ApplySeed. It also returns the IDs of the pools that it created.
func (s *API) applySeed(ctx context.Context, seed *Seed) (created []string, err error) {
	for i := range seed.pools {
		p := &seed.pools[i]
		_, err := s.Store.UserPool(ctx, p.id)
		if errors.Is(err, store.ErrNotFound) {
			err = s.createSeedPool(ctx, p)
			created = append(created, p.id)
		}
		if err != nil {
			return nil, err
		}
	}
	return created, nil
}

// Reseed applies a seed, and also makes it the seed that each reset restores. Errors: as ApplySeed.
func (s *API) Reseed(ctx context.Context, seed *Seed) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seed = seed
	return s.reseed(ctx)
}

// reseed applies the kept seed. If no pool of the seed existed, it keeps a copy of them, so that resets need no new keys and
// no password hashes. The caller holds mu.
func (s *API) reseed(ctx context.Context) error {
	s.seeded = nil
	created, err := s.applySeed(ctx, s.seed)
	if err != nil || len(created) < len(s.seed.pools) {
		return err
	}
	if err := s.Keys.MakeAll(ctx); err != nil {
		return err
	}
	s.seeded, err = s.Store.SnapshotOf(ctx, created)
	return err
}

// renewTemporaryPasswords makes the temporary passwords of the kept seed valid for as long as in a new pool, because the copy
// of the pools can be old. The caller holds mu.
func (s *API) renewTemporaryPasswords(ctx context.Context) error {
	for i := range s.seed.pools {
		p := &s.seed.pools[i]
		for j := range p.users {
			if p.users[j].Status != api.UserStatusTypeForceChangePassword {
				continue
			}
			pool, err := s.Store.UserPool(ctx, p.id)
			if err != nil {
				return err
			}
			if err := s.Users.RenewTemporaryPassword(ctx, pool, p.users[j].Username); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *API) kept() *Seed {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seed == nil {
		return new(Seed)
	}
	return s.seed
}

func (s *API) createSeedPool(ctx context.Context, p *seedPool) error {
	region, _, _ := strings.Cut(p.id, "_")
	ctx = cognate.WithCaller(ctx, cognate.Caller{AccountID: s.Options.Caller.AccountID, Region: region})
	if err := s.run(withChosenID(ctx, p.id), "CreateUserPool", p.settings, p.line); err != nil {
		return err
	}
	if p.mfa != nil {
		if err := s.run(ctx, "SetUserPoolMfaConfig", p.mfa, p.line); err != nil {
			return err
		}
	}
	for _, r := range p.resources {
		if err := s.run(ctx, r.operation, r.settings, r.line); err != nil {
			return err
		}
	}
	for _, c := range p.clients {
		if err := s.run(withChosenID(ctx, c.id), "CreateUserPoolClient", c.settings, c.line); err != nil {
			return err
		}
	}
	return s.createSeedUsers(ctx, p)
}

func (s *API) createSeedUsers(ctx context.Context, p *seedPool) error {
	pool, err := s.Store.UserPool(ctx, p.id)
	if err != nil {
		return err
	}
	for i, fixture := range p.users {
		fixture.Pool = pool
		user, err := s.Users.CreateSeedUser(ctx, &fixture)
		if err != nil {
			return seedProblem(p.userLines[i], "user "+fixture.Username, err)
		}
		for _, name := range p.members[i] {
			err := s.Groups.Add(ctx, pool.ID, name, user.Sub)
			if err != nil && !errors.Is(err, account.ErrGroupNotFound) { // deleted before a reset, which keeps groups as they are
				return seedProblem(p.userLines[i], "user "+fixture.Username+": group "+name, err)
			}
		}
	}
	return nil
}

// run calls an operation of the API.
func (s *API) run(ctx context.Context, operation string, body []byte, line int) error {
	endpoint := s.Endpoints[operation]
	input, err := endpoint.Decode(body)
	if err == nil {
		_, err = endpoint.Run(ctx, input)
	}
	return seedProblem(line, operation, err)
}

// seedProblem adds the line in the seed to an error of the service.
func seedProblem(line int, what string, err error) error {
	if problem, ok := errors.AsType[*api.Error](err); ok {
		return SeedProblems{fmt.Sprintf("line %d: %s: %s: %s", line, what, problem.Code, problem.Message)}
	}
	return err
}

func (s *API) postSeed(r *http.Request) (any, error) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	seed, err := ParseSeed(text)
	if err == nil {
		err = s.ApplySeed(r.Context(), seed)
	}
	if problems, ok := errors.AsType[SeedProblems](err); ok {
		return nil, badRequest("%s", problems.Error())
	}
	return nil, err
}
