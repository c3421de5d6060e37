package trigger_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/tokens"
	"cognate/trigger"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// echo is an invoker whose functions return the event unchanged. It records the last event.
type echo struct{ event []byte }

func (e *echo) Invoke(_ context.Context, _ string, event []byte) ([]byte, error) {
	e.event = event
	return event, nil
}

func (e *echo) Start(_ context.Context, _ string, event []byte) error {
	e.event = event
	return nil
}

// plain is a CodeSealer that does not encrypt.
type plain struct{}

func (plain) SealCode(_ context.Context, _ *cognate.UserPool, code string) (string, error) {
	return "sealed " + code, nil
}

const function = "arn:aws:lambda:eu-west-1:123456789012:function:f"

// pool returns a pool with a function for every trigger.
func pool(version api.PreTokenGenerationLambdaVersionType) *cognate.UserPool {
	return &cognate.UserPool{
		ID: "eu-west-1_abcdefghi", AccountID: "123456789012",
		PoolUsernames: cognate.PoolUsernames{AliasAttributes: []api.AliasAttributeType{api.AliasAttributeTypeEmail}},
		LambdaConfig: &api.LambdaConfigType{
			PreSignUp: function, PostConfirmation: function, PreAuthentication: function, PostAuthentication: function,
			DefineAuthChallenge: function, CreateAuthChallenge: function, VerifyAuthChallengeResponse: function,
			UserMigration: function, CustomMessage: function, PreTokenGeneration: function,
			PreTokenGenerationConfig: &api.PreTokenGenerationVersionConfigType{LambdaArn: function, LambdaVersion: version},
			CustomEmailSender:        &api.CustomEmailLambdaVersionConfigType{LambdaArn: function},
			CustomSMSSender:          &api.CustomSMSLambdaVersionConfigType{LambdaArn: function},
			KMSKeyID:                 "key",
		},
	}
}

func service(invoker trigger.Invoker) *trigger.Service {
	return &trigger.Service{Invoker: invoker, Sealer: plain{}, Log: slog.New(slog.DiscardHandler)}
}

func request(metadata map[string]string) cognate.ClientRequest {
	return cognate.ClientRequest{
		Pool:     pool(api.PreTokenGenerationLambdaVersionTypeV10),
		Client:   &cognate.AppClient{ID: "1abcdefghijklmnopqrstuvwxy"},
		Metadata: metadata,
	}
}

// anna returns a call with every member set.
func anna() trigger.Call {
	return trigger.Call{
		ClientRequest: request(map[string]string{"from": "app"}),
		User: &cognate.User{
			Sub: "7f9f2f3e-0000-4000-8000-000000000001", Username: "anna", Status: api.UserStatusTypeConfirmed,
			Attributes: map[string]string{"email": "anna@example.com", "email_verified": "true", "custom:level": "3"},
			Identities: []cognate.LinkedIdentity{{
				ProviderName: "Google", ProviderType: api.IdentityProviderTypeTypeGoogle, Attribute: cognate.SubjectAttribute, Value: "42",
				LinkedAt: time.UnixMilli(1795348800123),
			}},
		},
		ValidationData: map[string]string{"invite": "7"},
		Groups:         tokens.GroupConfiguration{Groups: []string{"admins"}, Roles: []string{"arn:aws:iam::123456789012:role/admin"}, PreferredRole: "arn:aws:iam::123456789012:role/admin"},
	}
}

// unknown returns a call with as few members as possible.
func unknown() trigger.Call {
	return trigger.Call{ClientRequest: request(nil), Username: "unknown"}
}

func with(c trigger.Call, version api.PreTokenGenerationLambdaVersionType) trigger.Call {
	c.Pool = pool(version)
	return c
}

// goldens are the events, each with the type with which functions in Go parse it.
var goldens = []struct {
	file string
	as   any // nil if the library has no type
	ask  func(context.Context, *trigger.Service) error
}{
	{"pre_sign_up", new(events.CognitoEventUserPoolsPreSignup), func(ctx context.Context, s *trigger.Service) error {
		c := anna()
		c.User, c.Username, c.Attributes = nil, "anna", map[string]string{"email": "anna@example.com"}
		_, err := s.PreSignUp(ctx, c, trigger.PreSignUpSignUp)
		return err
	}},
	{"pre_sign_up_admin", new(events.CognitoEventUserPoolsPreSignup), func(ctx context.Context, s *trigger.Service) error {
		c := unknown()
		c.Client = nil
		_, err := s.PreSignUp(ctx, c, trigger.PreSignUpAdminCreateUser)
		return err
	}},
	{"post_confirmation", new(events.CognitoEventUserPoolsPostConfirmation), func(ctx context.Context, s *trigger.Service) error {
		return s.PostConfirmation(ctx, anna(), trigger.PostConfirmationConfirmSignUp)
	}},
	{"pre_authentication", new(events.CognitoEventUserPoolsPreAuthentication), func(ctx context.Context, s *trigger.Service) error {
		return s.PreAuthentication(ctx, anna())
	}},
	{"pre_authentication_unknown", new(events.CognitoEventUserPoolsPreAuthentication), func(ctx context.Context, s *trigger.Service) error {
		return s.PreAuthentication(ctx, unknown())
	}},
	{"post_authentication", new(events.CognitoEventUserPoolsPostAuthentication), func(ctx context.Context, s *trigger.Service) error {
		return s.PostAuthentication(ctx, anna(), true)
	}},
	{"define_auth_challenge_first", new(events.CognitoEventUserPoolsDefineAuthChallenge), func(ctx context.Context, s *trigger.Service) error {
		_, err := s.DefineAuthChallenge(ctx, unknown(), nil)
		return ignoreNoAnswer(err)
	}},
	{"define_auth_challenge", new(events.CognitoEventUserPoolsDefineAuthChallenge), func(ctx context.Context, s *trigger.Service) error {
		_, err := s.DefineAuthChallenge(ctx, anna(), []cognate.ChallengeResult{
			{ChallengeName: "SRP_A", ChallengeResult: true}, {ChallengeName: "CUSTOM_CHALLENGE", ChallengeMetadata: "riddle"},
		})
		return ignoreNoAnswer(err)
	}},
	{"create_auth_challenge", new(events.CognitoEventUserPoolsCreateAuthChallenge), func(ctx context.Context, s *trigger.Service) error {
		_, err := s.CreateAuthChallenge(ctx, anna(), "CUSTOM_CHALLENGE", []cognate.ChallengeResult{{ChallengeName: "SRP_A", ChallengeResult: true}})
		return err
	}},
	{"verify_auth_challenge_response", new(events.CognitoEventUserPoolsVerifyAuthChallenge), func(ctx context.Context, s *trigger.Service) error {
		_, err := s.VerifyAuthChallengeResponse(ctx, anna(), map[string]string{"answer": "42"}, "41")
		return err
	}},
	{"user_migration", new(events.CognitoEventUserPoolsMigrateUser), func(ctx context.Context, s *trigger.Service) error {
		c := anna()
		c.User, c.Username = nil, "anna"
		_, err := s.MigrateUser(ctx, c, trigger.UserMigrationAuthentication, "Correct-horse-7")
		return err
	}},
	{"user_migration_forgot_password", new(events.CognitoEventUserPoolsMigrateUser), func(ctx context.Context, s *trigger.Service) error {
		_, err := s.MigrateUser(ctx, unknown(), trigger.UserMigrationForgotPassword, "")
		return err
	}},
	{"custom_message", new(events.CognitoEventUserPoolsCustomMessage), func(ctx context.Context, s *trigger.Service) error {
		_, err := s.CustomMessage(ctx, anna(), "ResendCode")
		return err
	}},
	{"custom_message_admin_create_user", new(events.CognitoEventUserPoolsCustomMessage), func(ctx context.Context, s *trigger.Service) error {
		_, err := s.CustomMessage(ctx, anna(), "AdminCreateUser")
		return err
	}},
	{"custom_email_sender", nil, func(ctx context.Context, s *trigger.Service) error {
		_, err := s.SendCustom(ctx, anna(), "ForgotPassword", api.DeliveryMediumTypeEmail, "123456")
		return err
	}},
	{"custom_sms_sender", nil, func(ctx context.Context, s *trigger.Service) error {
		_, err := s.SendCustom(ctx, anna(), "Authentication", api.DeliveryMediumTypeSms, "123456")
		return err
	}},
	{"pre_token_generation_v1", new(events.CognitoEventUserPoolsPreTokenGen), func(ctx context.Context, s *trigger.Service) error {
		_, err := s.PreTokenGeneration(ctx, anna(), trigger.TokenGenerationAuthentication, []string{"openid"})
		return err
	}},
	{"pre_token_generation_v2", new(events.CognitoEventUserPoolsPreTokenGenV2_0), func(ctx context.Context, s *trigger.Service) error {
		c := with(anna(), api.PreTokenGenerationLambdaVersionTypeV20)
		_, err := s.PreTokenGeneration(ctx, c, trigger.TokenGenerationRefreshTokens, []string{"openid", "email"})
		return err
	}},
	{"pre_token_generation_v3", nil, func(ctx context.Context, s *trigger.Service) error {
		c := with(unknown(), api.PreTokenGenerationLambdaVersionTypeV30)
		_, err := s.PreTokenGeneration(ctx, c, trigger.TokenGenerationClientCredentials, []string{"orders/read"})
		return err
	}},
}

// ignoreNoAnswer ignores the error for an echoed event that is not an answer.
func ignoreNoAnswer(err error) error {
	if api.InvalidLambdaResponseException("Unrecognizable lambda output").Is(err) {
		return nil
	}
	return err
}

func TestEvents(t *testing.T) {
	t.Parallel()
	for _, g := range goldens {
		t.Run(g.file, func(t *testing.T) {
			t.Parallel()
			var heard echo
			if err := g.ask(t.Context(), service(&heard)); err != nil {
				t.Fatalf("the call = %v, want no error", err)
			}
			var got bytes.Buffer
			if err := json.Indent(&got, heard.event, "", "  "); err != nil {
				t.Fatalf("the event is no JSON: %v\n%s", err, heard.event)
			}
			path := filepath.Join("testdata", g.file+".json")
			if *update {
				if err := os.WriteFile(path, append(got.Bytes(), '\n'), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(bytes.TrimSpace(want)), got.String()); diff != "" {
				t.Errorf("event (-want +got):\n%s", diff)
			}
			if g.as == nil {
				return
			}
			decoder := json.NewDecoder(bytes.NewReader(heard.event))
			if err := decoder.Decode(g.as); err != nil {
				t.Errorf("aws-lambda-go reads the event: %v", err)
			}
		})
	}
}
