package userpool

import (
	"context"
	"errors"
	"time"

	"cognate"
	"cognate/api"
	"cognate/internal/lazyregexp"
	"cognate/store"
)

// CreateUserPool creates a pool with its own signing keys. It does not wait for keys: if none are ready, they are made
// afterwards.
func (s *Service) CreateUserPool(ctx context.Context, in *api.CreateUserPoolInput) (*api.CreateUserPoolOutput, error) {
	pool, err := newPool(cognate.CallerFrom(ctx), s.Now())
	if err != nil {
		return nil, err
	}
	if err := define(pool, in); err != nil {
		return nil, err
	}
	var chosen string
	if s.ChooseID != nil {
		if chosen, err = s.ChooseID(ctx, in, pool.Region()); err != nil {
			return nil, err
		}
	}
	if chosen != "" {
		pool.ID = chosen
	}
	keys, err := s.Keys.Ready(pool.CreatedAt)
	if err != nil {
		return nil, err
	}
	if err := s.add(ctx, pool, keys, chosen != ""); err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		s.Keys.Missing(pool.ID)
	}
	return &api.CreateUserPoolOutput{UserPool: toWire(pool, 0)}, nil
}

// add stores a new pool. It replaces a random ID that is taken.
// Errors: InvalidParameterException if a chosen ID is taken; LimitExceededException.
func (s *Service) add(ctx context.Context, pool *cognate.UserPool, keys []cognate.SigningKey, chosen bool) error {
	region := pool.Region()
	for {
		err := s.Store.Write(ctx, func(tx *store.Tx) error {
			if err := tx.LockAccount(ctx, pool.AccountID, region); err != nil {
				return err
			}
			err := s.Quotas.Require(cognate.QuotaUserPools, func() (int, error) {
				return tx.CountUserPools(ctx, pool.AccountID, region)
			})
			if err != nil {
				return err
			}
			return tx.CreateUserPool(ctx, pool, keys)
		})
		if !errors.Is(err, store.ErrExists) {
			return err
		}
		if chosen {
			return api.InvalidParameterException("User pool " + pool.ID + " exists already.")
		}
		pool.ID = cognate.NewPoolID(region)
	}
}

// regionPattern matches the part of a pool's ID before the "_". The ID has at most 55 characters.
var regionPattern = lazyregexp.New(`^[a-z0-9-]{1,45}$`)

// newPool returns a pool with the default settings. Source: docs/behaviour.md §5.1.
func newPool(caller cognate.Caller, now time.Time) (*cognate.UserPool, error) {
	if !regionPattern.MatchString(caller.Region) { // in `cognate dev` the caller can send any region
		return nil, api.InvalidParameterException("Invalid region: " + caller.Region)
	}
	return &cognate.UserPool{
		ID:        cognate.NewPoolID(caller.Region),
		AccountID: caller.AccountID,
		MFA:       cognate.MFAConfig{Mode: api.UserPoolMfaTypeOff},
		PasswordPolicy: cognate.PasswordPolicy{
			MinimumLength:    defaultMinimumLength,
			RequireUppercase: true, RequireLowercase: true, RequireNumbers: true, RequireSymbols: true,
			TemporaryPasswordValidityDays: defaultTemporaryDays,
		},
		FirstFactors: []api.AuthFactorType{api.AuthFactorTypePassword},
		PoolVerification: cognate.PoolVerification{Recovery: []api.RecoveryOptionType{
			{Priority: new(1), Name: api.RecoveryOptionNameTypeVerifiedEmail},
			{Priority: new(2), Name: api.RecoveryOptionNameTypeVerifiedPhoneNumber},
		}},
		Tier: api.UserPoolTierTypeEssentials,
		PoolMessages: cognate.PoolMessages{
			EmailConfiguration: &api.EmailConfigurationType{EmailSendingAccount: api.EmailSendingAccountTypeCognitoDefault},
			VerificationMessageTemplate: &api.VerificationMessageTemplateType{
				DefaultEmailOption: api.DefaultEmailOptionTypeConfirmWithCode,
			},
		},
		KeyConfiguration:    &api.KeyConfigurationType{KeyType: api.EncryptionKeyTypeAwsOwnedKey},
		IssuerConfiguration: &api.IssuerConfigurationType{Type: api.IssuerTypeOriginal},
		CreatedAt:           now, ModifiedAt: now,
	}, nil
}

// define sets the settings of a request: those that only CreateUserPool can set, then all others in the same way as an update.
func define(pool *cognate.UserPool, in *api.CreateUserPoolInput) error {
	pool.AliasAttributes = in.AliasAttributes
	pool.UsernameAttributes = in.UsernameAttributes
	if in.UsernameConfiguration != nil { // without it, names are case-sensitive
		pool.CaseSensitivityRequested = in.UsernameConfiguration.CaseSensitive
		pool.CaseInsensitive = !api.IsTrue(in.UsernameConfiguration.CaseSensitive)
	}
	if err := pool.DefineSchema(in.Schema); err != nil {
		return err
	}
	if err := apply(pool, settingsOf(in)); err != nil {
		return err
	}
	if in.MfaConfiguration != "" && in.MfaConfiguration != api.UserPoolMfaTypeOff { // SMS is the only factor that CreateUserPool can switch on
		pool.MFA = cognate.MFAConfig{Mode: in.MfaConfiguration, SMS: true}
	}
	if err := checkRecoveryBySMS(pool, in.AccountRecoverySetting); err != nil {
		return err
	}
	if pool.PasskeySkipsMFA() {
		return errPasskeyInPolicy
	}
	return pool.Check()
}

// settingsOf returns the members that CreateUserPool and UpdateUserPool share, except the MFA mode, which they handle
// differently.
func settingsOf(in *api.CreateUserPoolInput) *api.UpdateUserPoolInput {
	return &api.UpdateUserPoolInput{
		PoolName:                    in.PoolName,
		Policies:                    in.Policies,
		DeletionProtection:          in.DeletionProtection,
		LambdaConfig:                in.LambdaConfig,
		AutoVerifiedAttributes:      in.AutoVerifiedAttributes,
		SmsVerificationMessage:      in.SmsVerificationMessage,
		EmailVerificationMessage:    in.EmailVerificationMessage,
		EmailVerificationSubject:    in.EmailVerificationSubject,
		VerificationMessageTemplate: in.VerificationMessageTemplate,
		SmsAuthenticationMessage:    in.SmsAuthenticationMessage,
		UserAttributeUpdateSettings: in.UserAttributeUpdateSettings,
		DeviceConfiguration:         in.DeviceConfiguration,
		EmailConfiguration:          in.EmailConfiguration,
		SmsConfiguration:            in.SmsConfiguration,
		UserPoolTags:                in.UserPoolTags,
		AdminCreateUserConfig:       in.AdminCreateUserConfig,
		UserPoolAddOns:              in.UserPoolAddOns,
		AccountRecoverySetting:      in.AccountRecoverySetting,
		UserPoolTier:                in.UserPoolTier,
		DcrConfiguration:            in.DcrConfiguration,
		KeyConfiguration:            in.KeyConfiguration,
		IssuerConfiguration:         in.IssuerConfiguration,
		AcrConfiguration:            in.AcrConfiguration,
	}
}
