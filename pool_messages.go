package cognate

import (
	"strings"

	"cognate/api"
	"cognate/internal/lazyregexp"
)

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

// linkPlaceholder matches the place of the link in a template, which contains the text of the link.
var linkPlaceholder = lazyregexp.New(`\{##[^{}]*[^{}#][^{}]*##\}`)

// errMessage is the error for a template without its placeholders (docs/behaviour.md §5.5).
var errMessage = api.InvalidParameterException("The message is invalid.")

// checkTemplates checks the placeholders of the templates that differ from the stored ones. The API description requires the
// code in the other templates.
// Assumed: the text for an invitation without its placeholders. A pool that allows users without passwords may leave out {####}.
func (p *UserPool) checkTemplates(stored *UserPool) error {
	byLink := func(t *api.VerificationMessageTemplateType) string {
		if t == nil {
			return ""
		}
		return t.EmailMessageByLink
	}
	link := byLink(p.VerificationMessageTemplate)
	if link != "" && link != byLink(stored.VerificationMessageTemplate) && !linkPlaceholder.MatchString(link) {
		return errMessage
	}
	if p.InviteMessageTemplate == nil || p.InviteMessageTemplate == stored.InviteMessageTemplate {
		return nil
	}
	passwordless := len(p.FirstFactors) > 1
	for _, text := range []string{p.InviteMessageTemplate.EmailMessage, p.InviteMessageTemplate.SMSMessage} {
		complete := strings.Contains(text, "{username}") && (passwordless || strings.Contains(text, "{####}"))
		if text != "" && !complete {
			return errMessage
		}
	}
	return nil
}

// checkFrom refuses a sender's address in a pool that has no SES identity (docs/behaviour.md §5.5).
func (m *PoolMessages) checkFrom() error {
	if c := m.EmailConfiguration; c != nil && c.From != "" && c.SourceArn == "" {
		return api.InvalidParameterException("Cannot configure From email address for default email configuration")
	}
	return nil
}

// EmailSender is the content of an EmailConfiguration, parsed. A part that is not set is zero.
type EmailSender struct {
	From, ReplyTo    EmailAddress
	Identity         ARN // in SES
	ConfigurationSet string
}

// sesConfigurationSet matches the name of a configuration set. Source: SES API v2 reference, CreateConfigurationSet.
var sesConfigurationSet = lazyregexp.New(`^[a-zA-Z0-9_-]{1,64}$`)

// EmailSender parses the pool's EmailConfiguration. From is the address of the identity if the pool sets only the identity.
// Errors: InvalidParameterException. The text for From was recorded from the service (docs/behaviour.md §5.5).
// Assumed: the texts for the other members of EmailConfiguration.
func (m *PoolMessages) EmailSender() (EmailSender, error) {
	c := m.EmailConfiguration
	if c == nil {
		return EmailSender{}, nil
	}
	var s EmailSender
	var err error
	if c.SourceArn != "" {
		if s.Identity, err = ParseARN(SESIdentityARN, c.SourceArn); err != nil {
			return EmailSender{}, api.InvalidParameterException("Provided Source ARN is invalid")
		}
		s.From, _ = s.Identity.SESAddress()
	}
	if c.From != "" {
		if s.From, err = ParseNamedEmailAddress(c.From); err != nil {
			return EmailSender{}, api.InvalidParameterException("Provided From email address is invalid")
		}
	}
	if c.ReplyToEmailAddress != "" {
		if s.ReplyTo, err = ParseEmailAddress(c.ReplyToEmailAddress); err != nil {
			return EmailSender{}, api.InvalidParameterException("Provided ReplyTo email address is invalid")
		}
	}
	if c.ConfigurationSet != "" && !sesConfigurationSet.MatchString(c.ConfigurationSet) {
		return EmailSender{}, api.InvalidParameterException("Provided configuration set is invalid")
	}
	s.ConfigurationSet = c.ConfigurationSet
	return s, nil
}

// SMSSender is the content of an SmsConfiguration for Amazon SNS, parsed. A part that is not set is zero.
type SMSSender struct {
	Region     Region
	Role       ARN
	ExternalID string
}

// The form of the external ID of a role. Source: STS API reference, AssumeRole. STS itself rejects an ID of one character.
var externalID = lazyregexp.New(`^[\w+=,.@:/-]+$`)

const maxExternalID = 1224

func isExternalID(text string) bool {
	return len(text) <= maxExternalID && externalID.MatchString(text)
}

// SMSSender parses the pool's SmsConfiguration. Errors: InvalidParameterException.
// Assumed: the texts for invalid members of SmsConfiguration.
func (p *UserPool) SMSSender() (SMSSender, error) {
	c := p.SMSConfiguration
	if c == nil {
		return SMSSender{}, nil
	}
	s := SMSSender{ExternalID: c.ExternalId}
	var err error
	if c.SnsCallerArn != "" {
		if s.Role, err = ParseARN(RoleARN, c.SnsCallerArn); err != nil {
			return SMSSender{}, api.InvalidParameterException("Invalid SnsCallerArn: " + c.SnsCallerArn)
		}
	}
	if c.ExternalId != "" && !isExternalID(c.ExternalId) {
		return SMSSender{}, api.InvalidParameterException("Invalid ExternalId in SmsConfiguration")
	}
	if c.SnsRegion != "" {
		if s.Region, err = ParseRegion(c.SnsRegion); err != nil {
			return SMSSender{}, api.InvalidParameterException("Invalid SnsRegion: " + c.SnsRegion)
		}
	}
	if c.EumsSms != nil {
		_, err = p.EndUserMessagingSender()
	}
	return s, err
}

// checkSMSKind checks that an SmsConfiguration names one kind of sender: Amazon SNS or AWS End User Messaging SMS. A request
// with one kind replaces the other (docs/behaviour.md §5.11).
// Assumed: the texts for an SmsConfiguration with both kinds of sender, and for one without a sender.
func (m *PoolMessages) checkSMSKind() error {
	switch c := m.SMSConfiguration; {
	case c == nil:
		return nil
	case c.EumsSms == nil && c.SnsCallerArn == "":
		return api.InvalidParameterException("SmsConfiguration requires SnsCallerArn or EumsSms")
	case c.EumsSms != nil && (c.SnsCallerArn != "" || c.ExternalId != "" || c.SnsRegion != ""):
		return api.InvalidParameterException("SmsConfiguration can't have both SnsCallerArn and EumsSms")
	default:
		return nil
	}
}

// The names of AWS End User Messaging SMS. Source: its API reference, SendTextMessage.
var (
	smsConfigurationSet = lazyregexp.New(`^[\w:/-]{1,256}$`)
	smsEntity           = lazyregexp.New(`^[\w-]{1,50}$`)
	phoneNumber         = lazyregexp.New(`^\+[1-9][0-9]{1,14}$`)
)

// EndUserMessagingSender is the content of an SmsConfiguration for AWS End User Messaging SMS, parsed. A part that is not set is
// zero, except the region.
type EndUserMessagingSender struct {
	Region               Region
	Role                 ARN
	ExternalID           string
	Origination          string // a phone number, or the ARN of a number, sender ID or pool
	ConfigurationSet     string
	EntityID, TemplateID string // for messages to India
}

// EndUserMessagingSender parses the pool's EumsSms. Its region is that of the pool (docs/behaviour.md §5.11).
// Errors: InvalidParameterException, also for a pool without EumsSms.
// Assumed: the texts for invalid members of EumsSms.
func (p *UserPool) EndUserMessagingSender() (EndUserMessagingSender, error) {
	if p.SMSConfiguration == nil || p.SMSConfiguration.EumsSms == nil {
		return EndUserMessagingSender{}, api.InvalidParameterException("SmsConfiguration requires EumsSms")
	}
	c := p.SMSConfiguration.EumsSms
	matches := func(form *lazyregexp.Regexp, text string) bool { return text == "" || form.MatchString(text) }
	role, roleErr := ParseARN(RoleARN, c.CallerArn)
	_, originErr := ParseARN(SMSOriginARN, c.OriginationIdentity)
	for _, m := range []struct {
		name  string
		valid bool
	}{
		{"CallerArn", roleErr == nil},
		{"ExternalId", c.ExternalId == "" || isExternalID(c.ExternalId)},
		{"OriginationIdentity", matches(phoneNumber, c.OriginationIdentity) || originErr == nil},
		{"ConfigurationSetName", matches(smsConfigurationSet, c.ConfigurationSetName)},
		{"InEntityId", matches(smsEntity, c.InEntityId)},
		{"InTemplateId", matches(smsEntity, c.InTemplateId)},
		{"Region", c.Region == "" || c.Region == p.Region()},
	} {
		if !m.valid {
			return EndUserMessagingSender{}, api.InvalidParameterException("Invalid " + m.name + " in EumsSms")
		}
	}
	region, err := ParseRegion(p.Region())
	return EndUserMessagingSender{
		Region: region, Role: role, ExternalID: c.ExternalId, Origination: c.OriginationIdentity,
		ConfigurationSet: c.ConfigurationSetName, EntityID: c.InEntityId, TemplateID: c.InTemplateId,
	}, err
}
