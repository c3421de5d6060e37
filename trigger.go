package cognate

import (
	"regexp"
	"strings"

	"cognate/api"
)

// Trigger is an occasion at which a pool calls a function of its owner, by its name in LambdaConfig, which is also how
// error messages name it (docs/behaviour.md §6.4).
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

// triggers are all of them.
var triggers = [...]Trigger{
	TriggerPreSignUp, TriggerPostConfirmation, TriggerPreAuthentication, TriggerPostAuthentication, TriggerPreTokenGeneration,
	TriggerDefineAuthChallenge, TriggerCreateAuthChallenge, TriggerVerifyAuthChallengeResponse, TriggerUserMigration,
	TriggerCustomMessage, TriggerCustomEmailSender, TriggerCustomSMSSender,
}

// HasTrigger reports whether the pool calls a function at that occasion.
func (p *UserPool) HasTrigger(t Trigger) bool { return p.Function(t) != "" }

// Function returns the ARN of the function that the pool calls at that occasion; empty when it calls none.
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

// FunctionAccount returns the account that a function's ARN names; empty when it names none.
func FunctionAccount(arn string) string {
	if parts := strings.Split(arn, ":"); len(parts) > 4 {
		return parts[4]
	}
	return ""
}

// functionARN is what the service takes for a function: with or without a version or an alias.
// Source: AWS Lambda API reference, Invoke.
var functionARN = regexp.MustCompile(`^arn:aws[\w-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[\w-]+(:[\w$-]+)?$`)

// checkFunctions rejects a trigger whose value is not a Lambda function ARN.
// Assumed: the text for an invalid function ARN.
func (p *UserPool) checkFunctions() error {
	for _, t := range triggers {
		if arn := p.Function(t); arn != "" && !functionARN.MatchString(arn) {
			return api.InvalidParameterException("Invalid Lambda function ARN for " + string(t) + ": " + arn)
		}
	}
	return nil
}

// plainFunctions are the triggers of one version.
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

// TokenTriggerVersion returns the version of the events by which the pool asks for changes of tokens: V1_0 changes the ID
// token only, V2_0 the access tokens of users too, V3_0 also those of machines (docs/behaviour.md §6.3).
func (p *UserPool) TokenTriggerVersion() api.PreTokenGenerationLambdaVersionType {
	l := p.LambdaConfig
	if l == nil || l.PreTokenGenerationConfig == nil || l.PreTokenGenerationConfig.LambdaVersion == "" {
		return api.PreTokenGenerationLambdaVersionTypeV10
	}
	return l.PreTokenGenerationConfig.LambdaVersion
}

// ChallengeResult is one step of a sign-in by custom challenges, as its functions are shown it: what was asked, and whether
// the answer was right.
type ChallengeResult struct {
	ChallengeName   string // "CUSTOM_CHALLENGE", "SRP_A", "PASSWORD_VERIFIER", …
	ChallengeResult bool
	// ChallengeMetadata is what the function that made the challenge said of it.
	ChallengeMetadata string
}
