package cognate

import (
	"fmt"
	"maps"
	"slices"

	"cognate/api"
	"cognate/internal/lazyregexp"
)

// Level is a level of authentication, from 1 to 4: the higher, the stronger. The zero value is below all of them.
// Source: docs/behaviour.md §3.6.
type Level int

// The levels.
const (
	Level1 Level = iota + 1
	Level2
	Level3
	Level4
)

// acrLevels are the names of the levels of authentication, from low to high, as the API and tokens name them without a setting.
// Source: docs/behaviour.md §3.6.
var acrLevels = []struct{ level, name string }{
	{"Level1", "urn:cognito:loa:1"},
	{"Level2", "urn:cognito:loa:2"},
	{"Level3", "urn:cognito:loa:3"},
	{"Level4", "urn:cognito:loa:4"},
}

// acrValue matches the name of a level. Source: API reference, AcrLevelConfigType.
var acrValue = lazyregexp.New(`^[\x21\x23-\x5B\x5D-\x7E]{1,64}$`)

// ACRLevels returns the names of all levels: those that the pool sets, and the default names of the others.
func (p *UserPool) ACRLevels() map[string]api.AcrLevelConfigType {
	levels := make(map[string]api.AcrLevelConfigType, len(acrLevels))
	for _, l := range acrLevels {
		levels[l.level] = api.AcrLevelConfigType{AcrValue: l.name}
		if set, ok := p.ACRConfiguration[l.level]; ok {
			levels[l.level] = set
		}
	}
	return levels
}

// ACR returns the pool's name of a level, as the claim "acr" has it.
// Assumed: a sign-in that proves none of the factors of docs/behaviour.md §3.6, as CUSTOM_AUTH without a password or the
// sign-in after ConfirmSignUp, has the "acr" of the lowest level and an empty "amr".
func (p *UserPool) ACR(l Level) string {
	return p.ACRLevels()[acrLevels[max(l, Level1)-1].level].AcrValue
}

// LevelsNamed returns the levels that the pool calls by these names, in the order of the names. It ignores other names.
func (p *UserPool) LevelsNamed(names []string) []Level {
	var levels []Level
	for _, name := range names {
		for l := Level1; l <= Level4; l++ {
			if p.ACR(l) == name && !slices.Contains(levels, l) {
				levels = append(levels, l)
			}
		}
	}
	return levels
}

// RequestedLevels returns the levels that an authorization request asks for by these names: none if the pool has none of them, or
// if the feature plan has no step-up authentication. Source: docs/behaviour.md §3.6.
func (p *UserPool) RequestedLevels(names []string) []Level {
	if p.RequireStepUp() != nil {
		return nil
	}
	return p.LevelsNamed(names)
}

// RequireStepUp returns an error if the feature plan has no step-up authentication.
func (p *UserPool) RequireStepUp() error {
	if p.Tier != api.UserPoolTierTypeLite {
		return nil
	}
	return errUnavailableInTier(p.Tier, []string{featureStepUp})
}

// renamesACRLevels reports whether a level has another name than its default.
func (p *UserPool) renamesACRLevels() bool {
	return !maps.Equal(p.ACRLevels(), new(UserPool).ACRLevels())
}

// checkACR checks the names of levels. Each level has its own name, also compared with the default names of levels that the
// pool does not set.
// Assumed: the texts for invalid levels and names (docs/behaviour.md §3.6).
func (p *UserPool) checkACR() error {
	known := make(map[string]bool, len(acrLevels))
	used := make(map[string]bool, len(acrLevels))
	levels := p.ACRLevels()
	for _, l := range acrLevels {
		name := levels[l.level].AcrValue
		switch {
		case !acrValue.MatchString(name):
			return api.InvalidParameterException(fmt.Sprintf("Invalid AcrValue for %s in AcrConfiguration", l.level))
		case used[name]:
			return api.InvalidParameterException(fmt.Sprintf("The AcrValue %s appears more than once in AcrConfiguration", name))
		}
		known[l.level], used[name] = true, true
	}
	for level := range p.ACRConfiguration {
		if !known[level] {
			return api.InvalidParameterException("Invalid level in AcrConfiguration: valid levels are Level1, Level2, Level3, Level4")
		}
	}
	return nil
}
