package store

import (
	"cmp"

	"cognate"
	"cognate/api"
)

// userPoolDocument is the stored form of a user pool, without what the columns of its row hold.
type userPoolDocument struct {
	form
	Schema                   []api.SchemaAttributeType    `json:"Schema"`
	UsernameAttributes       []api.UsernameAttributeType  `json:"UsernameAttributes"`
	AliasAttributes          []api.AliasAttributeType     `json:"AliasAttributes"`
	AutoVerified             []api.VerifiedAttributeType  `json:"AutoVerified"`
	VerifyBeforeUpdate       []api.VerifiedAttributeType  `json:"VerifyBeforeUpdate"`
	CaseInsensitive          bool                         `json:"CaseInsensitive"`
	CaseSensitivityRequested *bool                        `json:"CaseSensitivityRequested"`
	AdminCreateOnly          bool                         `json:"AdminCreateOnly"`
	PasswordPolicy           passwordPolicyDocument       `json:"PasswordPolicy"`
	FirstFactors             []api.AuthFactorType         `json:"FirstFactors"`
	MFA                      mfaConfigDocument            `json:"MFA"`
	Recovery                 []api.RecoveryOptionType     `json:"Recovery"`
	LambdaConfig             *api.LambdaConfigType        `json:"LambdaConfig"`
	DeletionProtection       bool                         `json:"DeletionProtection"`
	Tags                     map[string]string            `json:"Tags"`
	Tier                     api.UserPoolTierType         `json:"Tier"`
	EmailConfiguration       *api.EmailConfigurationType  `json:"EmailConfiguration"`
	SMSConfiguration         *api.SmsConfigurationType    `json:"SMSConfiguration"`
	AdvancedSecurity         *api.UserPoolAddOnsType      `json:"AdvancedSecurity"`
	Risk                     *riskDocument                `json:"Risk,omitzero"`
	LogDelivery              []logConfigurationDocument   `json:"LogDelivery,omitzero"`
	DeviceTracking           *api.DeviceConfigurationType `json:"DeviceTracking"`
	Sessions                 userSessionsDocument         `json:"Sessions"`
	Replica                  *replicaDocument             `json:"Replica,omitzero"`
	Carried                  carriedPoolDocument          `json:"Carried"`
}

// carriedPoolDocument holds settings that are together for historical reasons only.
type carriedPoolDocument struct {
	VerificationMessageTemplate *api.VerificationMessageTemplateType `json:"VerificationMessageTemplate"`
	InviteMessageTemplate       *api.MessageTemplateType             `json:"InviteMessageTemplate"`
	SMSAuthenticationMessage    string                               `json:"SmsAuthenticationMessage"`
	DCRConfiguration            *api.DcrConfigurationType            `json:"DcrConfiguration"`
	KeyConfiguration            *api.KeyConfigurationType            `json:"KeyConfiguration"`
	IssuerConfiguration         *api.IssuerConfigurationType         `json:"IssuerConfiguration"`
	ACRConfiguration            map[string]api.AcrLevelConfigType    `json:"AcrConfiguration"`

	// LambdaConfig is read only: the first builds stored it here.
	LambdaConfig *api.LambdaConfigType `json:"LambdaConfig,omitzero"`
}

type passwordPolicyDocument struct {
	MinimumLength                 int  `json:"MinimumLength"`
	RequireUppercase              bool `json:"RequireUppercase"`
	RequireLowercase              bool `json:"RequireLowercase"`
	RequireNumbers                bool `json:"RequireNumbers"`
	RequireSymbols                bool `json:"RequireSymbols"`
	TemporaryPasswordValidityDays int  `json:"TemporaryPasswordValidityDays"`
	TemporaryValiditySent         bool `json:"TemporaryValiditySent"`
	HistorySize                   int  `json:"HistorySize"`
	HistorySent                   bool `json:"HistorySent"`
}

type mfaConfigDocument struct {
	Mode              api.UserPoolMfaType            `json:"Mode"`
	SoftwareToken     bool                           `json:"SoftwareToken"`
	SoftwareTokenSent bool                           `json:"SoftwareTokenSent"`
	SMS               bool                           `json:"SMS"`
	Email             *api.EmailMfaConfigType        `json:"Email"`
	WebAuthn          *api.WebAuthnConfigurationType `json:"WebAuthn"`
}

type replicaDocument struct {
	Region    string            `json:"Region"`
	Active    bool              `json:"Active"`
	Tags      map[string]string `json:"Tags"`
	CreatedAt int64             `json:"CreatedAt"` // unix milliseconds
}

func fromReplica(r *cognate.Replica) *replicaDocument {
	if r == nil {
		return nil
	}
	return &replicaDocument{Region: r.Region, Active: r.Active, Tags: r.Tags, CreatedAt: millis(r.CreatedAt)}
}

func (d *replicaDocument) toReplica() *cognate.Replica {
	if d == nil {
		return nil
	}
	return &cognate.Replica{Region: d.Region, Active: d.Active, Tags: d.Tags, CreatedAt: fromMillis(d.CreatedAt)}
}

type userSessionsDocument struct {
	Tracked    bool `json:"Tracked"`
	MaxPerUser int  `json:"MaxPerUser"`
}

func fromUserPool(p *cognate.UserPool) *userPoolDocument {
	return &userPoolDocument{
		Schema:                   p.Schema,
		UsernameAttributes:       p.UsernameAttributes,
		AliasAttributes:          p.AliasAttributes,
		AutoVerified:             p.AutoVerified,
		VerifyBeforeUpdate:       p.VerifyBeforeUpdate,
		CaseInsensitive:          p.CaseInsensitive,
		CaseSensitivityRequested: p.CaseSensitivityRequested,
		AdminCreateOnly:          p.AdminCreateOnly,
		PasswordPolicy:           fromPasswordPolicy(p.PasswordPolicy),
		FirstFactors:             p.FirstFactors,
		MFA:                      fromMFAConfig(p.MFA),
		Recovery:                 p.Recovery,
		LambdaConfig:             p.LambdaConfig,
		DeletionProtection:       p.DeletionProtection,
		Tags:                     p.Tags,
		Tier:                     p.Tier,
		EmailConfiguration:       p.EmailConfiguration,
		SMSConfiguration:         p.SMSConfiguration,
		AdvancedSecurity:         p.AdvancedSecurity,
		Risk:                     fromRisk(p.Risk),
		LogDelivery:              fromLogDelivery(p.LogDelivery),
		DeviceTracking:           p.DeviceTracking,
		Sessions:                 userSessionsDocument{Tracked: p.UserSessions.Tracked, MaxPerUser: p.UserSessions.MaxPerUser},
		Replica:                  fromReplica(p.Replica),
		Carried: carriedPoolDocument{
			VerificationMessageTemplate: p.VerificationMessageTemplate,
			InviteMessageTemplate:       p.InviteMessageTemplate,
			SMSAuthenticationMessage:    p.SMSAuthenticationMessage,
			DCRConfiguration:            p.DCRConfiguration,
			KeyConfiguration:            p.KeyConfiguration,
			IssuerConfiguration:         p.IssuerConfiguration,
			ACRConfiguration:            p.ACRConfiguration,
		},
	}
}

// toUserPool sets the fields of a pool that a document holds.
func (d *userPoolDocument) toUserPool(p *cognate.UserPool) {
	p.Schema = d.Schema
	p.UsernameAttributes = d.UsernameAttributes
	p.AliasAttributes = d.AliasAttributes
	p.AutoVerified = d.AutoVerified
	p.VerifyBeforeUpdate = d.VerifyBeforeUpdate
	p.CaseInsensitive = d.CaseInsensitive
	p.CaseSensitivityRequested = d.CaseSensitivityRequested
	p.AdminCreateOnly = d.AdminCreateOnly
	p.PasswordPolicy = d.PasswordPolicy.toPasswordPolicy()
	p.FirstFactors = d.FirstFactors
	p.MFA = d.MFA.toMFAConfig()
	p.Recovery = d.Recovery
	p.LambdaConfig = cmp.Or(d.LambdaConfig, d.Carried.LambdaConfig)
	p.DeletionProtection = d.DeletionProtection
	p.Tags = d.Tags
	p.Tier = d.Tier
	p.EmailConfiguration = d.EmailConfiguration
	p.SMSConfiguration = d.SMSConfiguration
	p.AdvancedSecurity = d.AdvancedSecurity
	p.Risk = d.Risk.toRisk()
	p.LogDelivery = toLogDelivery(d.LogDelivery)
	p.DeviceTracking = d.DeviceTracking
	p.Replica = d.Replica.toReplica()
	p.UserSessions = cognate.UserSessionSettings{Tracked: d.Sessions.Tracked, MaxPerUser: d.Sessions.MaxPerUser}
	p.VerificationMessageTemplate = d.Carried.VerificationMessageTemplate
	p.InviteMessageTemplate = d.Carried.InviteMessageTemplate
	p.SMSAuthenticationMessage = d.Carried.SMSAuthenticationMessage
	p.DCRConfiguration = d.Carried.DCRConfiguration
	p.KeyConfiguration = d.Carried.KeyConfiguration
	p.IssuerConfiguration = d.Carried.IssuerConfiguration
	p.ACRConfiguration = d.Carried.ACRConfiguration
}

func fromPasswordPolicy(p cognate.PasswordPolicy) passwordPolicyDocument {
	return passwordPolicyDocument{
		MinimumLength:                 p.MinimumLength,
		RequireUppercase:              p.RequireUppercase,
		RequireLowercase:              p.RequireLowercase,
		RequireNumbers:                p.RequireNumbers,
		RequireSymbols:                p.RequireSymbols,
		TemporaryPasswordValidityDays: p.TemporaryPasswordValidityDays,
		TemporaryValiditySent:         p.TemporaryValiditySent,
		HistorySize:                   p.HistorySize,
		HistorySent:                   p.HistorySent,
	}
}

func (d passwordPolicyDocument) toPasswordPolicy() cognate.PasswordPolicy {
	return cognate.PasswordPolicy{
		MinimumLength:                 d.MinimumLength,
		RequireUppercase:              d.RequireUppercase,
		RequireLowercase:              d.RequireLowercase,
		RequireNumbers:                d.RequireNumbers,
		RequireSymbols:                d.RequireSymbols,
		TemporaryPasswordValidityDays: d.TemporaryPasswordValidityDays,
		TemporaryValiditySent:         d.TemporaryValiditySent,
		HistorySize:                   d.HistorySize,
		HistorySent:                   d.HistorySent,
	}
}

func fromMFAConfig(c cognate.MFAConfig) mfaConfigDocument {
	return mfaConfigDocument{
		Mode:              c.Mode,
		SoftwareToken:     c.SoftwareToken,
		SoftwareTokenSent: c.SoftwareTokenSent,
		SMS:               c.SMS,
		Email:             c.Email,
		WebAuthn:          c.WebAuthn,
	}
}

func (d mfaConfigDocument) toMFAConfig() cognate.MFAConfig {
	return cognate.MFAConfig{
		Mode:              d.Mode,
		SoftwareToken:     d.SoftwareToken,
		SoftwareTokenSent: d.SoftwareTokenSent,
		SMS:               d.SMS,
		Email:             d.Email,
		WebAuthn:          d.WebAuthn,
	}
}
