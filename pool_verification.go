package cognate

import (
	"slices"

	"cognate/api"
)

// PoolVerification says which contact attributes the pool verifies and uses for account recovery.
type PoolVerification struct {
	AutoVerified       []api.VerifiedAttributeType
	VerifyBeforeUpdate []api.VerifiedAttributeType
	// Recovery is empty after an empty AccountRecoverySetting. The legacy order then holds: the phone number first.
	Recovery []api.RecoveryOptionType
}

// AutoVerifies reports whether the pool verifies the attribute ("email" or "phone_number") by a code.
func (v *PoolVerification) AutoVerifies(attribute string) bool {
	return slices.Contains(v.AutoVerified, api.VerifiedAttributeType(attribute))
}

func (p *UserPool) checkVerification() error {
	if p.AutoVerifies(AttributePhone) && p.SMSConfiguration == nil {
		return api.InvalidParameterException("SMS configuration is required when phone_number is selected for auto verification")
	}
	for _, a := range p.VerifyBeforeUpdate {
		if !p.AutoVerifies(string(a)) {
			return api.InvalidParameterException(
				"All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes")
		}
	}
	return nil
}

func (v *PoolVerification) checkRecovery() error {
	const invalid = "Invalid account recovery setting parameter. Account Recovery Setting "
	for i, r := range v.Recovery {
		if r.Name == api.RecoveryOptionNameTypeAdminOnly && len(v.Recovery) > 1 {
			return api.InvalidParameterException(invalid + "cannot use admin_only setting with any other recovery mechanisms.")
		}
		for _, other := range v.Recovery[:i] {
			if r.Name == other.Name || *r.Priority == *other.Priority { // both are required members
				return api.InvalidParameterException(invalid + "cannot have duplicate priorities or recovery mechanisms.")
			}
		}
	}
	return nil
}

// recoversFirstBy reports whether the medium of a second factor is the pool's first one for account recovery.
func (v *PoolVerification) recoversFirstBy(f Factor) bool {
	medium := map[Factor]api.RecoveryOptionNameType{
		FactorSMS:   api.RecoveryOptionNameTypeVerifiedPhoneNumber,
		FactorEmail: api.RecoveryOptionNameTypeVerifiedEmail,
	}[f]
	return slices.ContainsFunc(v.Recovery, func(r api.RecoveryOptionType) bool {
		return r.Name == medium && r.Priority != nil && *r.Priority == 1
	})
}
