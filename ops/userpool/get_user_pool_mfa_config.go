package userpool

import (
	"cmp"
	"context"

	"cognate"
	"cognate/api"
	"cognate/ops"
)

// GetUserPoolMfaConfig returns a pool's MFA mode and the factors that it offers.
func (s *Service) GetUserPoolMfaConfig(ctx context.Context, in *api.GetUserPoolMfaConfigInput) (*api.GetUserPoolMfaConfigOutput, error) {
	pool, err := ops.Pool(ctx, s.Store, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return mfaToWire(pool), nil
}

// mfaToWire returns only the blocks that are configured.
func mfaToWire(p *cognate.UserPool) *api.GetUserPoolMfaConfigOutput {
	out := &api.GetUserPoolMfaConfigOutput{MfaConfiguration: p.MFA.Mode, EmailMfaConfiguration: p.MFA.Email}
	if p.MFA.SMS {
		out.SmsMfaConfiguration = &api.SmsMfaConfigType{
			SmsAuthenticationMessage: p.SMSAuthenticationMessage, SmsConfiguration: p.SMSConfiguration,
		}
	}
	if p.MFA.SoftwareTokenSent {
		out.SoftwareTokenMfaConfiguration = &api.SoftwareTokenMfaConfigType{Enabled: new(p.MFA.SoftwareToken)}
	}
	if w := p.MFA.WebAuthn; w != nil {
		shown := *w
		shown.FactorConfiguration = cmp.Or(w.FactorConfiguration, api.WebAuthnFactorConfigurationTypeSingleFactor)
		out.WebAuthnConfiguration = &shown
	}
	return out
}
