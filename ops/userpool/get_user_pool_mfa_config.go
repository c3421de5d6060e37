package userpool

import (
	"cmp"
	"context"

	"cognate"
	"cognate/api"
	"cognate/ops"
)

// GetUserPoolMfaConfig shows whether a pool asks for second factors, and which it knows.
func (s *Service) GetUserPoolMfaConfig(ctx context.Context, in *api.GetUserPoolMfaConfigInput) (*api.GetUserPoolMfaConfigOutput, error) {
	pool, err := ops.Pool(ctx, s.Store, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return mfaToWire(pool), nil
}

// mfaToWire shows what is configured and nothing else.
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
