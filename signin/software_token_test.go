package signin_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
)

// Codes of the present time step and of one step on either side are valid (RFC 6238 section 5.2).
func TestCodeWindow(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(on))
	p.MustUser("ann")
	secret, _ := p.MustEnrol("ann")
	for _, c := range []struct {
		age  time.Duration // of the code when it arrives
		want *api.Error
	}{
		{-60 * time.Second, api.ErrCodeMismatch},
		{-30 * time.Second, nil},
		{0, nil},
		{30 * time.Second, nil},
		{60 * time.Second, api.ErrCodeMismatch},
	} {
		p.Clock.Advance(10 * time.Minute) // far from the steps of the last round
		p.Clock.Advance(-c.age)
		code := p.Code(secret)
		p.Clock.Advance(c.age)
		_, err := p.AnswerCode("ann", p.MustSignIn("ann", totp).Session, code)
		if c.want != nil {
			cognatetest.WantError(t, fmt.Sprintf("code of age %s", c.age), err, c.want)
		} else if err != nil {
			t.Errorf("code of age %s = %v, want tokens", c.age, err)
		}
	}
}

func TestCodeIsSpentAcrossEnrolmentAndSignIn(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := s.Pool(t, cognatetest.MFA(on))
		p.MustUser("ann")
		secret, _ := p.MustEnrol("ann")
		session := p.MustSignIn("ann", totp).Session
		_, err := p.AnswerCode("ann", session, p.Code(secret))
		cognatetest.WantError(t, "code spent by the enrolment", err, api.ErrCodeSpent)
		p.NextStep()
		if _, err := p.AnswerCode("ann", session, p.Code(secret)); err != nil {
			t.Fatalf("next code on the same session = %v, want tokens", err)
		}
		_, err = p.AnswerCode("ann", p.MustSignIn("ann", totp).Session, p.Code(secret))
		cognatetest.WantError(t, "code spent by a sign-in", err, api.ErrCodeSpent)
	})
}

func TestSessionSurvivesAWrongCodeAndWrongCodesLock(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(on))
	p.MustUser("ann")
	secret, _ := p.MustEnrol("ann")
	p.NextStep()
	session := p.MustSignIn("ann", totp).Session
	for range 4 {
		_, err := p.AnswerCode("ann", session, p.WrongCode(secret))
		cognatetest.WantError(t, "wrong code", err, api.ErrCodeMismatch)
	}
	// A right password does not allow more guesses.
	p.MustSignIn("ann", totp)
	_, err := p.AnswerCode("ann", session, p.WrongCode(secret))
	cognatetest.WantError(t, "fifth wrong code", err, api.ErrCodeMismatch)
	_, err = p.AnswerCode("ann", session, p.Code(secret))
	cognatetest.WantError(t, "right code while locked", err, api.ErrAttemptsExceeded)
	_, err = p.SignIn("ann")
	cognatetest.WantError(t, "right password while locked", err, api.ErrAttemptsExceeded)
	p.Clock.Advance(time.Second)
	_, err = p.AnswerCode("ann", session, p.WrongCode(secret))
	cognatetest.WantError(t, "sixth wrong code", err, api.ErrCodeMismatch)
	p.Clock.Advance(time.Second)
	_, err = p.AnswerCode("ann", session, p.Code(secret))
	cognatetest.WantError(t, "right code one second into a lock of two", err, api.ErrAttemptsExceeded)
	p.Clock.Advance(time.Second)
	if _, err := p.AnswerCode("ann", session, p.Code(secret)); err != nil {
		t.Errorf("right code after the lock = %v, want tokens", err)
	}
	_, err = p.AnswerCode("ann", p.MustSignIn("ann", totp).Session, p.WrongCode(secret))
	cognatetest.WantError(t, "wrong code after a finished sign-in", err, api.ErrCodeMismatch)
}

// Of a hundred requests with one code, exactly one gets tokens: with one Session or a hundred, on one server or two.
func TestRacingCodes(t *testing.T) {
	t.Parallel()
	servers := map[string]func(t *testing.T) []*cognatetest.Server{
		"sqlite":    func(t *testing.T) []*cognatetest.Server { return []*cognatetest.Server{cognatetest.Start(t)} },
		"two nodes": func(t *testing.T) []*cognatetest.Server { return cognatetest.StartPair(t, 2) },
	}
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			nodes := start(t)
			p := nodes[0].Pool(t, cognatetest.MFA(on))
			p.MustUser("ann")
			secret, _ := p.MustEnrol("ann")
			for _, sameSession := range []bool{false, true} {
				p.NextStep()
				if won := raceCode(t, nodes, p, p.Code(secret), sameSession); won != 1 {
					t.Errorf("%d racing requests got tokens (one session: %v), want exactly one", won, sameSession)
				}
			}
		})
	}
}

func raceCode(t *testing.T, nodes []*cognatetest.Server, p *cognatetest.UserPool, code string, sameSession bool) (won int) {
	t.Helper()
	const racers = 100
	sessions := make([]string, racers)
	for i := range sessions {
		if i == 0 || !sameSession {
			sessions[i] = p.MustSignIn("ann", totp).Session
		} else {
			sessions[i] = sessions[0]
		}
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i, session := range sessions {
		wg.Go(func() {
			_, err := nodes[i%len(nodes)].Client.RespondToAuthChallenge(t.Context(), &api.RespondToAuthChallengeInput{
				ClientId: p.ClientID, ChallengeName: totp, Session: session,
				ChallengeResponses: map[string]string{"USERNAME": "ann", "SOFTWARE_TOKEN_MFA_CODE": code},
			})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case !errors.Is(err, api.ErrCodeSpent) && !errors.Is(err, api.ErrSessionSpent):
				t.Errorf("losing request = %v, want a spent code or session", err)
			}
		})
	}
	wg.Wait()
	return won
}

// An attacker who knows the password guesses codes for a day, and is quiet whenever the lockout begins. The fifth guess locks
// the user, and fifteen minutes later the lockout has forgotten all five.
func TestADayOfGuesses(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(on))
	p.MustUser("ann")
	secret, _ := p.MustEnrol("ann")
	const quiet, day = 15 * time.Minute, 24 * time.Hour
	checked, refused := 0, 0
	p.Clock.Advance(quiet)
	for past := time.Duration(0); past < day; past += quiet {
		session := p.MustSignIn("ann", totp).Session
		for range 5 {
			_, err := p.AnswerCode("ann", session, p.WrongCode(secret))
			if errors.Is(err, api.ErrAttemptsExceeded) {
				refused++
				break
			}
			cognatetest.WantError(t, "wrong code", err, api.ErrCodeMismatch)
			checked++
		}
		if past == 12*time.Hour { // a right code is not checked either
			_, err := p.AnswerCode("ann", session, p.Code(secret))
			cognatetest.WantError(t, "right code after 100 wrong ones", err, api.ErrAttemptsExceeded)
		}
		p.Clock.Advance(quiet)
	}
	if checked != 100 || refused == 0 {
		t.Errorf("in a day %d guesses were checked and %d refused, want 100 checked", checked, refused)
	}
	if _, err := p.AnswerCode("ann", p.MustSignIn("ann", totp).Session, p.Code(secret)); err != nil {
		t.Errorf("right code on the next day = %v, want tokens", err)
	}
}
