package cognate

import (
	"fmt"
	"slices"
	"strings"

	"cognate/api"
)

// featureStepUp names step-up authentication in the error for a feature plan.
// Assumed: the name "Step-Up Authentication" in the error.
const featureStepUp = "Step-Up Authentication"

// checkTier checks that the pool uses only features of its feature plan.
// Assumed: a downgrade of the plan does not check the pool's app clients.
func (p *UserPool) checkTier() error {
	features := p.unavailableFeatures()
	if len(features) == 0 {
		return nil
	}
	return errUnavailableInTier(p.Tier, features)
}

func errUnavailableInTier(tier api.UserPoolTierType, features []string) error {
	return api.FeatureUnavailableInTierException(fmt.Sprintf(
		"The following features need to be disabled for the %s pricing tier configured: %s", tier, strings.Join(features, ", ")))
}

// unavailableFeatures returns the names of the features that the pool uses and its feature plan does not include.
func (p *UserPool) unavailableFeatures() []string {
	var features []string
	if p.Tier != api.UserPoolTierTypePlus && p.usesThreatProtection() {
		features = append(features, "Threat Protection")
	}
	if p.Tier != api.UserPoolTierTypeLite {
		return features
	}
	// Assumed: WebAuthnConfiguration counts as this feature, whatever its members are (docs/behaviour.md §1.5).
	if p.MFA.WebAuthn != nil || slices.ContainsFunc(p.FirstFactors, func(f api.AuthFactorType) bool { return f != api.AuthFactorTypePassword }) {
		features = append(features, "Passwordless Sign-In")
	}
	if p.MFA.Email != nil {
		features = append(features, "Email MFA") // Assumed: the name "Email MFA" in the error.
	}
	if p.PasswordPolicy.HistorySize > 0 {
		features = append(features, "Password History") // Assumed: the name "Password History" in the error.
	}
	if p.UserSessions.Tracked {
		features = append(features, "User Session Management") // Assumed: the name "User Session Management" in the error.
	}
	if p.renamesACRLevels() {
		features = append(features, featureStepUp)
	}
	if p.RegistersClients() {
		features = append(features, "Dynamic Client Registration") // Assumed: the name "Dynamic Client Registration" in the error.
	}
	if l := p.LambdaConfig; l != nil && l.PreTokenGenerationConfig != nil {
		if v := l.PreTokenGenerationConfig.LambdaVersion; v != api.PreTokenGenerationLambdaVersionTypeV10 {
			features = append(features, "Token Customization with Pre-Token Generation Lambda "+string(v))
		}
	}
	return features
}

func (p *UserPool) usesThreatProtection() bool {
	a := p.AdvancedSecurity
	return a != nil && (a.AdvancedSecurityMode != api.AdvancedSecurityModeTypeOff || a.AdvancedSecurityAdditionalFlows != nil)
}
