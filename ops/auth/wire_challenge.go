package auth

import (
	"fmt"
	"maps"

	"github.com/go-json-experiment/json"

	"cognate/api"
	"cognate/signin"
)

// outcome is what (Admin)InitiateAuth and (Admin)RespondToAuthChallenge answer: tokens, or a challenge.
type outcome struct {
	challenge  api.ChallengeNameType // empty with tokens
	parameters map[string]string     // ChallengeParameters; never nil
	tokens     *api.AuthenticationResultType
}

// toWire writes an outcome. It returns an error for an outcome that has neither tokens nor a challenge that it knows.
func toWire(o *signin.Outcome) (*outcome, error) {
	if o.Tokens != nil {
		return &outcome{parameters: map[string]string{}, tokens: o.Tokens.ToWire()}, nil
	}
	name, p := challengeToWire(o.Challenge)
	if name == "" {
		return nil, fmt.Errorf("write challenge: unknown type %T", o.Challenge)
	}
	if o.UserIDForSRP != "" {
		p["USER_ID_FOR_SRP"] = o.UserIDForSRP
	}
	return &outcome{challenge: name, parameters: p}, nil
}

// challengeToWire returns the name and the ChallengeParameters of a challenge; no name for an unknown one.
// Source: docs/behaviour.md §1.7.
func challengeToWire(c signin.Challenge) (api.ChallengeNameType, map[string]string) {
	switch c := c.(type) {
	case signin.ChoiceChallenge:
		return api.ChallengeNameTypeSelectChallenge, map[string]string{}
	case signin.PasswordChallenge:
		return api.ChallengeNameTypePassword, map[string]string{}
	case signin.PasswordSRPChallenge:
		return api.ChallengeNameTypePasswordSrp, map[string]string{}
	case signin.PasswordVerifierChallenge:
		return api.ChallengeNameTypePasswordVerifier, passwordVerifierToWire(c)
	case signin.SMSOTPChallenge:
		return api.ChallengeNameTypeSmsOtp, deliveryToWire(c.CodeDelivery)
	case signin.EmailOTPChallenge:
		return api.ChallengeNameTypeEmailOtp, deliveryToWire(c.CodeDelivery)
	case signin.PasskeyChallenge:
		return api.ChallengeNameTypeWebAuthn, map[string]string{"CREDENTIAL_REQUEST_OPTIONS": c.Options}
	case signin.CustomChallenge:
		return api.ChallengeNameTypeCustomChallenge, customToWire(c)
	case signin.NewPasswordChallenge:
		return api.ChallengeNameTypeNewPasswordRequired, newPasswordToWire(c)
	case signin.SelectMFAChallenge:
		return api.ChallengeNameTypeSelectMfaType, map[string]string{"MFAS_CAN_CHOOSE": jsonText(c.Factors)}
	case signin.MFASetupChallenge:
		return api.ChallengeNameTypeMfaSetup, map[string]string{"MFAS_CAN_SETUP": jsonText(c.Factors)}
	case signin.SoftwareTokenChallenge:
		return api.ChallengeNameTypeSoftwareTokenMfa, softwareTokenToWire(c)
	case signin.SMSMFAChallenge:
		return api.ChallengeNameTypeSmsMfa, deliveryToWire(c.CodeDelivery)
	case signin.DeviceSRPChallenge:
		return api.ChallengeNameTypeDeviceSrpAuth, map[string]string{}
	case signin.DeviceVerifierChallenge:
		return api.ChallengeNameTypeDevicePasswordVerifier, deviceVerifierToWire(c)
	default:
		return "", nil
	}
}

func exchangeToWire(x signin.SRPExchange) map[string]string {
	return map[string]string{"USERNAME": x.Username, "SALT": x.Salt, "SRP_B": x.B, "SECRET_BLOCK": x.SecretBlock}
}

func passwordVerifierToWire(c signin.PasswordVerifierChallenge) map[string]string {
	p := exchangeToWire(c.SRPExchange)
	p["USER_ID_FOR_SRP"] = c.Username
	return p
}

func deviceVerifierToWire(c signin.DeviceVerifierChallenge) map[string]string {
	p := exchangeToWire(c.SRPExchange)
	p["DEVICE_KEY"] = c.Device
	return p
}

func deliveryToWire(d signin.CodeDelivery) map[string]string {
	return map[string]string{
		"CODE_DELIVERY_DELIVERY_MEDIUM": string(d.Medium), "CODE_DELIVERY_DESTINATION": d.Destination,
	}
}

// customToWire adds USERNAME to the parameters of the function, which cannot choose another one.
func customToWire(c signin.CustomChallenge) map[string]string {
	p := make(map[string]string)
	maps.Copy(p, c.Parameters)
	p["USERNAME"] = c.Username
	return p
}

func newPasswordToWire(c signin.NewPasswordChallenge) map[string]string {
	required := []string{}
	for _, name := range c.Required {
		required = append(required, attributePrefix+name)
	}
	return map[string]string{"requiredAttributes": jsonText(required), "userAttributes": jsonText(c.Attributes)}
}

// softwareTokenToWire writes the name of the software token.
// Assumed: a software token without a name has no FRIENDLY_DEVICE_NAME.
func softwareTokenToWire(c signin.SoftwareTokenChallenge) map[string]string {
	if c.FriendlyName == "" {
		return map[string]string{}
	}
	return map[string]string{"FRIENDLY_DEVICE_NAME": c.FriendlyName}
}

// jsonText writes a list or a map of strings, which cannot fail.
func jsonText(v any) string {
	b, _ := json.Marshal(v, json.Deterministic(true))
	return string(b)
}
