package cognate

import "cognate/api"

// PoolMessages says how the pool sends messages and what they contain.
type PoolMessages struct {
	EmailConfiguration *api.EmailConfigurationType
	SMSConfiguration   *api.SmsConfigurationType
	// VerificationMessageTemplate also holds SmsVerificationMessage, EmailVerificationMessage and EmailVerificationSubject:
	// the service returns each text in both members.
	VerificationMessageTemplate *api.VerificationMessageTemplateType
	InviteMessageTemplate       *api.MessageTemplateType
	SMSAuthenticationMessage    string
}

// sendsAsDeveloper reports whether the pool sends email from an identity of its owner.
func (m *PoolMessages) sendsAsDeveloper() bool {
	return m.EmailConfiguration != nil && m.EmailConfiguration.EmailSendingAccount == api.EmailSendingAccountTypeDeveloper
}

func (m *PoolMessages) check() error {
	if m.sendsAsDeveloper() && m.EmailConfiguration.SourceArn == "" {
		return api.InvalidParameterException("Source ARN is required to use DEVELOPER email sending owner")
	}
	return nil
}
