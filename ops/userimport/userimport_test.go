package userimport_test

import (
	"fmt"
	"slices"
	"testing"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
)

const role = "arn:aws:iam::123456789012:role/logs"

func create(t *testing.T, p *cognatetest.UserPool, name, role string) (*api.CreateUserImportJobOutput, error) {
	t.Helper()
	return p.Client.CreateUserImportJob(t.Context(), &api.CreateUserImportJobInput{
		UserPoolId: p.PoolID, JobName: name, CloudWatchLogsRoleArn: role, PasswordHashingAlgorithm: api.PasswordHashingAlgorithmTypeScrypt,
	})
}

func TestListUserImportJobs(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := s.Pool(t)
		for _, name := range []string{"first", "second", "third"} {
			cognatetest.Try(create(t, p, name, role)).Of(t)
		}
		cognatetest.Try(create(t, s.Pool(t), "theirs", role)).Of(t)
		var names []string
		for page, token := 0, ""; page == 0 || token != ""; page++ {
			out := p.Must(t).ListUserImportJobs(&api.ListUserImportJobsInput{UserPoolId: p.PoolID, MaxResults: new(2), PaginationToken: token})
			for _, job := range out.UserImportJobs {
				names = append(names, job.JobName)
			}
			if page == 0 { // a job that is created meanwhile does not move the others
				cognatetest.Try(create(t, p, "fourth", role)).Of(t)
			}
			token = out.PaginationToken
		}
		if want := []string{"third", "second", "first"}; !slices.Equal(names, want) {
			t.Errorf("ListUserImportJobs = %q, want %q", names, want)
		}
	})
}

// Jobs of other pools and accounts do not exist.
func TestForeignJobs(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	other := p.Pool(t)
	foreign := cognatetest.Try(create(t, other, "theirs", role)).Of(t).UserImportJob.JobId
	calls := map[string]func(pool, id string) error{
		"DescribeUserImportJob": func(pool, id string) error {
			_, err := p.Client.DescribeUserImportJob(t.Context(), &api.DescribeUserImportJobInput{UserPoolId: pool, JobId: id})
			return err
		},
		"StartUserImportJob": func(pool, id string) error {
			_, err := p.Client.StartUserImportJob(t.Context(), &api.StartUserImportJobInput{UserPoolId: pool, JobId: id})
			return err
		},
		"StopUserImportJob": func(pool, id string) error {
			_, err := p.Client.StopUserImportJob(t.Context(), &api.StopUserImportJobInput{UserPoolId: pool, JobId: id})
			return err
		},
	}
	for name, call := range calls {
		cognatetest.WantError(t, name+"(foreign job)", call(p.PoolID, foreign), api.ResourceNotFoundException("User import job "+foreign+" does not exist."))
		cognatetest.WantError(t, name+"(unknown pool)", call("us-east-1_none", foreign), api.ResourceNotFoundException("User pool us-east-1_none does not exist."))
	}
	_, err := create(t, p, "a job", "arn:aws:iam::123456789012:user/somebody")
	cognatetest.WantError(t, "CreateUserImportJob(no role)", err, api.InvalidParameterException("CloudWatchLogsRoleArn is not the ARN of an IAM role."))
}

func TestUserImportJobQuota(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		const room = 7
		p := s.Pool(t)
		for i := range cognate.QuotaUserImportJobs.Max - room {
			cognatetest.Try(create(t, p, fmt.Sprint("job", i), role)).Of(t)
		}
		succeeded := cognatetest.Race(t, api.CodeLimitExceededException, func(i int) error {
			_, err := create(t, p, fmt.Sprint("new", i), role)
			return err
		})
		if succeeded != room {
			t.Errorf("%d of the concurrent requests created a job, want %d", succeeded, room)
		}
	})
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.AutoVerify(api.VerifiedAttributeTypeEmail))
	job := cognatetest.Try(create(t, p, "a job", role)).Of(t).UserImportJob
	if job.PasswordHashingAlgorithm != api.PasswordHashingAlgorithmTypeScrypt {
		t.Errorf("PasswordHashingAlgorithm = %q", job.PasswordHashingAlgorithm)
	}
	p.Clock.Advance(cognate.UserImportLifetime)
	for _, got := range []api.UserImportJobType{
		*p.Must(t).DescribeUserImportJob(&api.DescribeUserImportJobInput{UserPoolId: p.PoolID, JobId: job.JobId}).UserImportJob,
		p.Must(t).ListUserImportJobs(&api.ListUserImportJobsInput{UserPoolId: p.PoolID, MaxResults: new(1)}).UserImportJobs[0],
	} {
		if got.Status != api.UserImportJobStatusTypeExpired || got.CompletionMessage != "The user import job has expired." || got.CompletionDate == 0 {
			t.Errorf("job after 24 hours = %s %q %v", got.Status, got.CompletionMessage, got.CompletionDate)
		}
	}
	_, err := p.Client.StartUserImportJob(t.Context(), &api.StartUserImportJobInput{UserPoolId: p.PoolID, JobId: job.JobId})
	cognatetest.WantCode(t, "StartUserImportJob(expired)", err, api.CodePreconditionNotMetException)
}

// A pool that verifies no attribute cannot import.
func TestNoAutoVerifiedAttribute(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	job := cognatetest.Try(create(t, p, "a job", role)).Of(t).UserImportJob
	_, err := p.Client.StartUserImportJob(t.Context(), &api.StartUserImportJobInput{UserPoolId: p.PoolID, JobId: job.JobId})
	cognatetest.WantCode(t, "StartUserImportJob", err, api.CodePreconditionNotMetException)
}
