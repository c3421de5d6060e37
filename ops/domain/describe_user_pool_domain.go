package domain

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/store"
)

// DescribeUserPoolDomain returns a domain. For an unknown one, also one of another account, the description is empty.
// Source: docs/behaviour.md §5.8.
func (s *Service) DescribeUserPoolDomain(ctx context.Context, in *api.DescribeUserPoolDomainInput) (*api.DescribeUserPoolDomainOutput, error) {
	none := &api.DescribeUserPoolDomainOutput{DomainDescription: &api.DomainDescriptionType{}}
	d, err := s.Store.Domain(ctx, in.Domain)
	if errors.Is(err, store.ErrNotFound) {
		return none, nil
	}
	if err != nil {
		return nil, err
	}
	pool, err := s.Store.UserPool(ctx, d.PoolID)
	if errors.Is(err, store.ErrNotFound) || err == nil && !cognate.CallerFrom(ctx).Owns(pool) {
		return none, nil
	}
	if err != nil {
		return nil, err
	}
	return &api.DescribeUserPoolDomainOutput{DomainDescription: &api.DomainDescriptionType{
		UserPoolId:             d.PoolID,
		AWSAccountId:           pool.AccountID,
		Domain:                 d.Name,
		S3Bucket:               cognate.AssetBucket(pool.Region()),
		CloudFrontDistribution: d.Distribution,
		Version:                d.Version(),
		Status:                 api.DomainStatusTypeActive,
		CustomDomainConfig:     &api.CustomDomainConfigType{CertificateArn: d.CertificateARN, SecurityPolicy: d.SecurityPolicy},
		ManagedLoginVersion:    &d.ManagedLoginVersion,
		Routing:                routingToWire(d),
	}}, nil
}
