package userpool_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
)

func TestTags(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	pool := mustCreate(t, s, api.CreateUserPoolInput{UserPoolTags: map[string]string{"team": "a"}})
	tag := func(tags map[string]string) error {
		_, err := s.Client.TagResource(t.Context(), &api.TagResourceInput{ResourceArn: pool.Arn, Tags: tags})
		return err
	}
	untag := func(keys ...string) error {
		_, err := s.Client.UntagResource(t.Context(), &api.UntagResourceInput{ResourceArn: pool.Arn, TagKeys: keys})
		return err
	}
	wantTags := func(want map[string]string) {
		t.Helper()
		got := s.Must(t).ListTagsForResource(&api.ListTagsForResourceInput{ResourceArn: pool.Arn}).Tags
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("ListTagsForResource() (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(want, mustDescribe(t, s, pool.Id).UserPoolTags); diff != "" {
			t.Errorf("UserPoolTags (-want +got):\n%s", diff)
		}
	}

	wantTags(map[string]string{"team": "a"})
	cognatetest.WantRefusal(t, "TagResource()", tag(map[string]string{"team": "b", "cognate:software-token-replacement": "on-verify"}), nil)
	wantTags(map[string]string{"team": "b", "cognate:software-token-replacement": "on-verify"})
	cognatetest.WantRefusal(t, "TagResource(a setting's unknown value)", tag(map[string]string{"x": "y", "cognate:software-token-replacement": "later"}),
		api.InvalidParameterException("Tag cognate:software-token-replacement must be one of at-once, on-verify."))
	wantTags(map[string]string{"team": "b", "cognate:software-token-replacement": "on-verify"})
	cognatetest.WantRefusal(t, "UntagResource(a key twice)", untag("team", "x", "team"), api.InvalidParameterException("team appears more than once in TagKeys."))
	cognatetest.WantRefusal(t, "TagResource(an unknown time of MFA)", tag(map[string]string{"cognate:custom-auth-mfa": "sometimes"}),
		api.InvalidParameterException("Tag cognate:custom-auth-mfa must be one of never, when-required, always."))
	cognatetest.WantRefusal(t, "UntagResource()", untag("team", "cognate:software-token-replacement", "never-there"), nil)
	wantTags(map[string]string{})
}

func TestTagsOfWhatIsNoPool(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	id := mustCreate(t, s, api.CreateUserPoolInput{}).Id
	for arn, want := range map[string]error{
		"arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_none": api.ResourceNotFoundException("User pool us-east-1_none does not exist."),
		"arn:aws:cognito-idp:us-east-1:999999999999:userpool/" + id:          api.ResourceNotFoundException("User pool " + id + " does not exist."),
		"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/" + id:          api.ResourceNotFoundException("User pool " + id + " does not exist."),
		"arn:aws:lambda:us-east-1:123456789012:function:pre":                 api.InvalidParameterException("Invalid resource ARN: arn:aws:lambda:us-east-1:123456789012:function:pre"),
	} {
		_, err := s.Client.TagResource(t.Context(), &api.TagResourceInput{ResourceArn: arn, Tags: map[string]string{"a": "b"}})
		cognatetest.WantRefusal(t, "TagResource("+arn+")", err, want)
		_, err = s.Client.ListTagsForResource(t.Context(), &api.ListTagsForResourceInput{ResourceArn: arn})
		cognatetest.WantRefusal(t, "ListTagsForResource("+arn+")", err, want)
	}
}
