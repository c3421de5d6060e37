package userpool_test

import (
	"errors"
	"testing"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/store"
)

// hostile is a setting with a value that would lead the server elsewhere.
type hostile struct {
	email  *api.EmailConfigurationType
	sms    *api.SmsConfigurationType
	lambda *api.LambdaConfigType
	key    *api.KeyConfigurationType
	want   string // the message, or "" for any InvalidParameterException
}

const (
	hostileRegion  = "@127.0.0.1:8229/"
	hostileRole    = "arn:aws:iam::123456789012:user/sms"
	hostileSource  = "arn:aws:ses:evil.example.com/:123456789012:identity/example.com"
	hostileLambda  = "arn:aws:lambda:@127.0.0.1:123456789012:function:f"
	hostileKMS     = "arn:aws:kms:evil.example.com/:123456789012:key/a"
	hostileHeader  = "a@example.com\r\nBcc: b@example.com"
	hostileAddress = "a@b <a"
)

func hostileSettings() map[string]hostile {
	fn := func(set func(*api.LambdaConfigType)) *api.LambdaConfigType {
		c := new(api.LambdaConfigType)
		set(c)
		return c
	}
	eums := func(set func(*api.EumsSmsConfigurationType)) *api.SmsConfigurationType {
		c := &api.EumsSmsConfigurationType{CallerArn: smsRole}
		set(c)
		return &api.SmsConfigurationType{EumsSms: c}
	}
	return map[string]hostile{
		"SnsRegion":         {sms: &api.SmsConfigurationType{SnsCallerArn: smsRole, SnsRegion: hostileRegion}, want: "Invalid SnsRegion: " + hostileRegion},
		"SnsRegion, host":   {sms: &api.SmsConfigurationType{SnsCallerArn: smsRole, SnsRegion: "us-east-1.evil.example.com"}},
		"SnsRegion, header": {sms: &api.SmsConfigurationType{SnsCallerArn: smsRole, SnsRegion: "us-east-1\r\nX: y"}},
		"SnsCallerArn":      {sms: &api.SmsConfigurationType{SnsCallerArn: hostileRole}, want: "Invalid SnsCallerArn: " + hostileRole},
		"ExternalId":        {sms: &api.SmsConfigurationType{SnsCallerArn: smsRole, ExternalId: "a&RoleArn=b"}, want: "Invalid ExternalId in SmsConfiguration"},
		"EumsSms CallerArn": {sms: eums(func(c *api.EumsSmsConfigurationType) { c.CallerArn = hostileRole }), want: "Invalid CallerArn in EumsSms"},
		"EumsSms Region":    {sms: eums(func(c *api.EumsSmsConfigurationType) { c.Region = "us-west-2" }), want: "Invalid Region in EumsSms"},
		"EumsSms OriginationIdentity": {
			sms:  eums(func(c *api.EumsSmsConfigurationType) { c.OriginationIdentity = hostileSource }),
			want: "Invalid OriginationIdentity in EumsSms",
		},
		"EumsSms ConfigurationSetName": {sms: eums(func(c *api.EumsSmsConfigurationType) { c.ConfigurationSetName = "a b" })},
		"EumsSms InEntityId":           {sms: eums(func(c *api.EumsSmsConfigurationType) { c.InEntityId = "a\n" })},
		"EumsSms InTemplateId":         {sms: eums(func(c *api.EumsSmsConfigurationType) { c.InTemplateId = "a/b" })},
		"EumsSms ExternalId":           {sms: eums(func(c *api.EumsSmsConfigurationType) { c.ExternalId = "a b" })},
		"SourceArn":                    {email: &api.EmailConfigurationType{SourceArn: hostileSource}, want: "Provided Source ARN is invalid"},
		"SourceArn, another kind":      {email: &api.EmailConfigurationType{SourceArn: smsRole}},
		"From":                         {email: &api.EmailConfigurationType{From: hostileHeader, SourceArn: sesIdentity}, want: "Provided From email address is invalid"},
		"From, no address":             {email: &api.EmailConfigurationType{From: hostileAddress, SourceArn: sesIdentity}, want: "Provided From email address is invalid"},
		"From, two addresses":          {email: &api.EmailConfigurationType{From: "a@example.com, b@example.com"}, want: "Provided From email address is invalid"},
		"ReplyToEmailAddress":          {email: &api.EmailConfigurationType{ReplyToEmailAddress: hostileHeader}},
		"ReplyToEmailAddress, two":     {email: &api.EmailConfigurationType{ReplyToEmailAddress: "a@example.com,b@example.com"}, want: "Provided ReplyTo email address is invalid"},
		"ConfigurationSet":             {email: &api.EmailConfigurationType{ConfigurationSet: "a/b"}},
		"PreSignUp":                    {lambda: fn(func(c *api.LambdaConfigType) { c.PreSignUp = hostileLambda }), want: "Invalid Lambda function ARN for PreSignUp: " + hostileLambda},
		"CustomMessage, another kind":  {lambda: fn(func(c *api.LambdaConfigType) { c.CustomMessage = smsRole })},
		"PreTokenGeneration":           {lambda: fn(func(c *api.LambdaConfigType) { c.PreTokenGeneration = hostileLambda })},
		"InboundFederation": {lambda: fn(func(c *api.LambdaConfigType) {
			c.InboundFederation = &api.InboundFederationLambdaType{LambdaArn: hostileLambda, LambdaVersion: "V1_0"}
		})},
		"KMSKeyID":  {lambda: fn(func(c *api.LambdaConfigType) { c.KMSKeyID = hostileKMS }), want: "Invalid KMSKeyID: " + hostileKMS},
		"KmsKeyArn": {key: &api.KeyConfigurationType{KeyType: api.EncryptionKeyTypeCustomerManagedKey, KmsKeyArn: hostileKMS}},
	}
}

// Every operation that writes a setting rejects values that would lead the server elsewhere, and does not store them.
func TestHostileSettings(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	pool := mustCreate(t, s, api.CreateUserPoolInput{})
	for name, h := range hostileSettings() {
		_, err := s.Client.CreateUserPool(t.Context(), &api.CreateUserPoolInput{
			PoolName: "hostile", EmailConfiguration: h.email, SmsConfiguration: h.sms, LambdaConfig: h.lambda, KeyConfiguration: h.key,
		})
		wantInvalid(t, "CreateUserPool("+name+")", err, h.want)
		wantInvalid(t, "UpdateUserPool("+name+")", update(t, s, api.UpdateUserPoolInput{
			UserPoolId: pool.Id, EmailConfiguration: h.email, SmsConfiguration: h.sms, LambdaConfig: h.lambda, KeyConfiguration: h.key,
		}), h.want)
		if h.sms != nil {
			wantInvalid(t, "SetUserPoolMfaConfig("+name+")", setMFA(t, s, api.SetUserPoolMfaConfigInput{
				UserPoolId: pool.Id, MfaConfiguration: api.UserPoolMfaTypeOptional,
				SmsMfaConfiguration: &api.SmsMfaConfigType{SmsConfiguration: h.sms},
			}), h.want)
		}
	}
	if got := mustDescribe(t, s, pool.Id); got.LastModifiedDate != pool.LastModifiedDate {
		t.Error("a rejected request changed the pool")
	}
	if out := s.Must(t).ListUserPools(&api.ListUserPoolsInput{MaxResults: new(60)}); len(out.UserPools) != 1 {
		t.Errorf("%d pools, want the one without hostile settings", len(out.UserPools))
	}
}

func wantInvalid(t *testing.T, what string, err error, message string) {
	t.Helper()
	failure, ok := errors.AsType[*api.Error](err)
	if !ok || failure.Code != api.InvalidParameterException("").Code || message != "" && failure.Message != message {
		t.Errorf("%s = %v, want InvalidParameterException %q", what, err, message)
	}
}

// A pool in which an earlier version stored hostile values can be described, tagged, changed and repaired.
func TestStoredHostileSettings(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	id := mustCreate(t, s, api.CreateUserPoolInput{}).Id
	err := s.Store.Write(t.Context(), func(tx *store.Tx) error {
		pool, err := tx.LockUserPool(t.Context(), id)
		if err != nil {
			return err
		}
		pool.EmailConfiguration = &api.EmailConfigurationType{From: hostileHeader, SourceArn: hostileSource, EmailSendingAccount: "DEVELOPER"}
		pool.SMSConfiguration = &api.SmsConfigurationType{SnsCallerArn: smsRole, SnsRegion: hostileRegion}
		pool.LambdaConfig = &api.LambdaConfigType{PreSignUp: hostileLambda}
		return tx.SaveUserPool(t.Context(), pool)
	})
	if err != nil {
		t.Fatal(err)
	}
	stored := mustDescribe(t, s, id)
	if stored.SmsConfiguration.SnsRegion != hostileRegion || stored.EmailConfiguration.From != hostileHeader {
		t.Errorf("DescribeUserPool() = %+v, %+v, want the stored values", stored.SmsConfiguration, stored.EmailConfiguration)
	}
	s.Must(t).TagResource(&api.TagResourceInput{ResourceArn: stored.Arn, Tags: map[string]string{"team": "a"}})
	s.Must(t).AddCustomAttributes(&api.AddCustomAttributesInput{
		UserPoolId: id, CustomAttributes: []api.SchemaAttributeType{{Name: "colour", AttributeDataType: "String"}},
	})
	if err := setMFA(t, s, api.SetUserPoolMfaConfigInput{
		UserPoolId: id, MfaConfiguration: api.UserPoolMfaTypeOptional, SoftwareTokenMfaConfiguration: softwareToken(true),
	}); err != nil {
		t.Errorf("SetUserPoolMfaConfig() = %v", err)
	}
	wantInvalid(t, "UpdateUserPool(the stored value again)",
		update(t, s, api.UpdateUserPoolInput{UserPoolId: id, SmsConfiguration: stored.SmsConfiguration}), "Invalid SnsRegion: "+hostileRegion)
	// One setting at a time.
	for _, in := range []api.UpdateUserPoolInput{{SmsConfiguration: sms()}, {EmailConfiguration: developerEmail()}} {
		in.UserPoolId = id
		if err := update(t, s, in); err != nil {
			t.Errorf("UpdateUserPool() = %v, want the pool repaired", err)
		}
	}
	pool, err := s.Store.UserPool(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if err := pool.Check(); err != nil || pool.HasTrigger(cognate.TriggerPreSignUp) {
		t.Errorf("Check() of the repaired pool = %v", err)
	}
}
