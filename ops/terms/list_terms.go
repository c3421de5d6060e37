package terms

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/ops"
)

// ListTerms lists the terms of all app clients of a pool, in order of their IDs.
func (s *Service) ListTerms(ctx context.Context, in *api.ListTermsInput) (*api.ListTermsOutput, error) {
	pool, err := ops.Pool(ctx, s.Store, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	list := ops.PageList{Operation: "ListTerms", Owner: pool.ID}
	after, err := list.After(in.NextToken, 1)
	if err != nil {
		return nil, err
	}
	size := ops.PageSize(in.MaxResults, maxPage)
	terms, err := s.Store.ListTerms(ctx, pool.ID, after[0], size+1)
	if err != nil {
		return nil, err
	}
	terms, next := ops.Page(list, terms, size, func(t *cognate.Terms) []string { return []string{t.ID} })
	out := &api.ListTermsOutput{Terms: make([]api.TermsDescriptionType, 0, len(terms)), NextToken: next}
	for _, t := range terms {
		out.Terms = append(out.Terms, api.TermsDescriptionType{
			TermsId: t.ID, TermsName: t.Name, Enforcement: t.Enforcement,
			CreationDate: api.EpochOf(t.CreatedAt), LastModifiedDate: api.EpochOf(t.ModifiedAt),
		})
	}
	return out, nil
}
