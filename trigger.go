package cognate

import "cognate/api"

// Trigger is a Lambda trigger by its name in LambdaConfig. Error messages use the same name (docs/behaviour.md §6.4).
type Trigger string

// The triggers. Source: Cognito developer guide, Customizing user pool workflows with Lambda triggers.
const (
	TriggerPreSignUp                   Trigger = "PreSignUp"
	TriggerPostConfirmation            Trigger = "PostConfirmation"
	TriggerPreAuthentication           Trigger = "PreAuthentication"
	TriggerPostAuthentication          Trigger = "PostAuthentication"
	TriggerPreTokenGeneration          Trigger = "PreTokenGeneration"
	TriggerDefineAuthChallenge         Trigger = "DefineAuthChallenge"
	TriggerCreateAuthChallenge         Trigger = "CreateAuthChallenge"
	TriggerVerifyAuthChallengeResponse Trigger = "VerifyAuthChallengeResponse"
	TriggerUserMigration               Trigger = "UserMigration"
	TriggerCustomMessage               Trigger = "CustomMessage"
	TriggerCustomEmailSender           Trigger = "CustomEmailSender"
	TriggerCustomSMSSender             Trigger = "CustomSMSSender"
)

// triggers is the list of all triggers.
var triggers = [...]Trigger{
	TriggerPreSignUp, TriggerPostConfirmation, TriggerPreAuthentication, TriggerPostAuthentication, TriggerPreTokenGeneration,
	TriggerDefineAuthChallenge, TriggerCreateAuthChallenge, TriggerVerifyAuthChallengeResponse, TriggerUserMigration,
	TriggerCustomMessage, TriggerCustomEmailSender, TriggerCustomSMSSender,
}

// HasTrigger reports whether the pool has a function for the trigger.
func (p *UserPool) HasTrigger(t Trigger) bool { return p.Function(t) != "" }

// Function returns the ARN of the pool's function for the trigger; empty without one. An earlier version may have stored an
// invalid ARN: parse it before use.
func (p *UserPool) Function(t Trigger) string {
	l := p.LambdaConfig
	if l == nil {
		return ""
	}
	switch t {
	case TriggerPreTokenGeneration:
		if l.PreTokenGenerationConfig != nil {
			return l.PreTokenGenerationConfig.LambdaArn
		}
		return l.PreTokenGeneration
	case TriggerCustomEmailSender:
		if l.CustomEmailSender != nil {
			return l.CustomEmailSender.LambdaArn
		}
		return ""
	case TriggerCustomSMSSender:
		if l.CustomSMSSender != nil {
			return l.CustomSMSSender.LambdaArn
		}
		return ""
	default:
		return plainFunctions(l)[t]
	}
}

func (p *UserPool) checkTriggers() error {
	l := p.LambdaConfig
	if l == nil {
		return nil
	}
	if (l.CustomSMSSender != nil || l.CustomEmailSender != nil) && l.KMSKeyID == "" {
		return api.InvalidParameterException(
			"KMSKeyId parameter is required when Custom SMS/Email Lambda trigger is used.")
	}
	if c := l.PreTokenGenerationConfig; c != nil && l.PreTokenGeneration != "" && c.LambdaArn != l.PreTokenGeneration {
		return api.InvalidParameterException(
			"Cannot use PreTokenGenerationLambda and PreTokenGeneration with different Lambda function ARN's")
	}
	return nil
}

// checkFunctions rejects a trigger whose value is not a Lambda function ARN, and a KMSKeyID that is not a KMS key ARN.
// Assumed: the texts for an invalid function ARN and an invalid KMSKeyID.
func (p *UserPool) checkFunctions(stored *UserPool) error {
	l := p.LambdaConfig
	if l == nil || l == stored.LambdaConfig {
		return nil
	}
	for _, t := range triggers {
		if err := checkFunction(string(t), p.Function(t)); err != nil {
			return err
		}
	}
	// Function returns only one of the two members for the trigger.
	if err := checkFunction(string(TriggerPreTokenGeneration), l.PreTokenGeneration); err != nil {
		return err
	}
	if f := l.InboundFederation; f != nil {
		if err := checkFunction("InboundFederation", f.LambdaArn); err != nil {
			return err
		}
	}
	if l.KMSKeyID == "" {
		return nil
	}
	if _, err := ParseARN(KMSKeyARN, l.KMSKeyID); err != nil {
		return api.InvalidParameterException("Invalid KMSKeyID: " + l.KMSKeyID)
	}
	return nil
}

func checkFunction(trigger, arn string) error {
	if arn == "" {
		return nil
	}
	if _, err := ParseARN(FunctionARN, arn); err != nil {
		return api.InvalidParameterException("Invalid Lambda function ARN for " + trigger + ": " + arn)
	}
	return nil
}

// plainFunctions returns the functions of the triggers whose setting is only an ARN.
func plainFunctions(l *api.LambdaConfigType) map[Trigger]string {
	return map[Trigger]string{
		TriggerPreSignUp:                   l.PreSignUp,
		TriggerPostConfirmation:            l.PostConfirmation,
		TriggerPreAuthentication:           l.PreAuthentication,
		TriggerPostAuthentication:          l.PostAuthentication,
		TriggerDefineAuthChallenge:         l.DefineAuthChallenge,
		TriggerCreateAuthChallenge:         l.CreateAuthChallenge,
		TriggerVerifyAuthChallengeResponse: l.VerifyAuthChallengeResponse,
		TriggerUserMigration:               l.UserMigration,
		TriggerCustomMessage:               l.CustomMessage,
	}
}

// TokenTriggerVersion returns the version of the pool's pre token generation events. V1_0 can change ID tokens only, V2_0
// also the access tokens of users, V3_0 also those of client credentials (docs/behaviour.md §6.3).
func (p *UserPool) TokenTriggerVersion() api.PreTokenGenerationLambdaVersionType {
	l := p.LambdaConfig
	if l == nil || l.PreTokenGenerationConfig == nil || l.PreTokenGenerationConfig.LambdaVersion == "" {
		return api.PreTokenGenerationLambdaVersionTypeV10
	}
	return l.PreTokenGenerationConfig.LambdaVersion
}

// ChallengeResult is one step of a sign-in by custom challenges, as in the events of its triggers.
type ChallengeResult struct {
	ChallengeName   string // "CUSTOM_CHALLENGE", "SRP_A", "PASSWORD_VERIFIER", …
	ChallengeResult bool   // the answer was correct
	// ChallengeMetadata is from the response of the function that created the challenge.
	ChallengeMetadata string
}
