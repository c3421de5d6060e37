package auth

import (
	"cmp"
	"strings"

	"cognate"
	"cognate/api"
	"cognate/signin"
)

// attributePrefix is before the name of each attribute of NEW_PASSWORD_REQUIRED.
const attributePrefix = "userAttributes."

// toResponse reads the answer to a challenge. The error is the one for the first required parameter that is missing, in the
// order in which the engine uses them. The response is nil for a challenge that the service never asks, as ADMIN_NO_SRP_AUTH.
func toResponse(challenge api.ChallengeNameType, p parameters) (signin.Response, error) {
	switch challenge {
	case api.ChallengeNameTypeSelectChallenge:
		return toChoiceResponse(p), p.require(keyUsername, "ANSWER")
	case api.ChallengeNameTypePassword:
		return signin.PasswordResponse{Password: p["PASSWORD"]}, p.require(keyUsername, "PASSWORD")
	case api.ChallengeNameTypePasswordSrp:
		return signin.PasswordSRPResponse{SRPA: p["SRP_A"]}, p.require(keyUsername, "SRP_A")
	case api.ChallengeNameTypePasswordVerifier:
		return signin.PasswordVerifierResponse{SRPProof: toSRPProof(p)}, p.requireProof()
	case api.ChallengeNameTypeSmsOtp:
		return signin.SMSOTPResponse{Code: p["SMS_OTP_CODE"]}, p.require(keyUsername, "SMS_OTP_CODE")
	case api.ChallengeNameTypeEmailOtp:
		return signin.EmailOTPResponse{Code: p["EMAIL_OTP_CODE"]}, p.require(keyUsername, "EMAIL_OTP_CODE")
	case api.ChallengeNameTypeWebAuthn:
		return signin.PasskeyResponse{Credential: p["CREDENTIAL"]}, p.require(keyUsername, "CREDENTIAL")
	case api.ChallengeNameTypeCustomChallenge:
		return signin.CustomResponse{Answer: p["ANSWER"]}, p.require(keyUsername, "ANSWER")
	case api.ChallengeNameTypeNewPasswordRequired:
		return toNewPasswordResponse(p), p.require(keyUsername, "NEW_PASSWORD")
	case api.ChallengeNameTypeSelectMfaType:
		return signin.SelectMFAResponse{Factor: cognate.Factor(p["ANSWER"])}, p.require(keyUsername, "ANSWER")
	case api.ChallengeNameTypeMfaSetup:
		return toMFASetupResponse(p), p.require(keyUsername)
	case api.ChallengeNameTypeSoftwareTokenMfa:
		return signin.SoftwareTokenResponse{Code: p["SOFTWARE_TOKEN_MFA_CODE"]}, p.require(keyUsername, "SOFTWARE_TOKEN_MFA_CODE")
	case api.ChallengeNameTypeSmsMfa:
		return signin.SMSMFAResponse{Code: p["SMS_MFA_CODE"]}, p.require(keyUsername, "SMS_MFA_CODE")
	case api.ChallengeNameTypeDeviceSrpAuth:
		return signin.DeviceSRPResponse{SRPA: p["SRP_A"]}, p.require(keyUsername, keyDevice, "SRP_A")
	case api.ChallengeNameTypeDevicePasswordVerifier:
		return signin.DeviceVerifierResponse{SRPProof: toSRPProof(p)}, cmp.Or(p.requireProof(), p.require(keyDevice))
	default:
		return nil, p.require(keyUsername)
	}
}

func toChoiceResponse(p parameters) signin.ChoiceResponse {
	return signin.ChoiceResponse{
		Chosen: api.ChallengeNameType(p["ANSWER"]), Password: p["PASSWORD"], SRPA: p["SRP_A"],
	}
}

func toSRPProof(p parameters) signin.SRPProof {
	return signin.SRPProof{
		SecretBlock: p["PASSWORD_CLAIM_SECRET_BLOCK"], Signature: p["PASSWORD_CLAIM_SIGNATURE"], Timestamp: p["TIMESTAMP"],
	}
}

func (p parameters) requireProof() error {
	return p.require(keyUsername, "PASSWORD_CLAIM_SECRET_BLOCK", "PASSWORD_CLAIM_SIGNATURE", "TIMESTAMP")
}

func toNewPasswordResponse(p parameters) signin.NewPasswordResponse {
	attributes := make(map[string]string)
	for key, value := range p {
		if name, ok := strings.CutPrefix(key, attributePrefix); ok {
			attributes[name] = value
		}
	}
	return signin.NewPasswordResponse{Password: p["NEW_PASSWORD"], Attributes: attributes}
}

// toMFASetupResponse reads the answer to MFA_SETUP, which sets up the email address, if it has one. The developer guide has the
// name of the parameter in both cases.
func toMFASetupResponse(p parameters) signin.Response {
	if email := cmp.Or(p["EMAIL"], p["email"]); email != "" {
		return signin.SetupEmailResponse{Email: email}
	}
	return signin.MFASetupResponse{}
}
