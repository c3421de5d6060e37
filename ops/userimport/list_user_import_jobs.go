package userimport

import (
	"context"
	"math"
	"strconv"

	"cognate"
	"cognate/api"
	"cognate/ops"
)

// ListUserImportJobs lists the jobs of a pool, newest first. Source: docs/behaviour.md §5.7.
func (s *Service) ListUserImportJobs(ctx context.Context, in *api.ListUserImportJobsInput) (*api.ListUserImportJobsOutput, error) {
	pool, err := ops.Pool(ctx, s.Store, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	list := ops.PageList{Operation: "ListUserImportJobs", Owner: pool.ID}
	after, err := list.After(in.PaginationToken, 1)
	if err != nil {
		return nil, err
	}
	before := int64(math.MaxInt64)
	if after[0] != "" {
		if before, err = strconv.ParseInt(after[0], 10, 64); err != nil {
			return nil, ops.ErrPageToken
		}
	}
	size := ops.PageSize(in.MaxResults, maxPage)
	jobs, err := s.Store.ImportJobs(ctx, pool.ID, before, size+1)
	if err != nil {
		return nil, err
	}
	jobs, next := ops.Page(list, jobs, size, func(j *cognate.UserImportJob) []string {
		return []string{strconv.FormatInt(j.Ordinal, 10)}
	})
	out := &api.ListUserImportJobsOutput{UserImportJobs: make([]api.UserImportJobType, 0, len(jobs)), PaginationToken: next}
	for _, j := range jobs {
		j.Expire(s.Jobs.Now())
		job, err := s.toWire(j)
		if err != nil {
			return nil, err
		}
		out.UserImportJobs = append(out.UserImportJobs, *job)
	}
	return out, nil
}

// maxPage is the largest page size. Source: API reference, ListUserImportJobs.
const maxPage = 60
