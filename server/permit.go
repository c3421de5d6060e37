package server

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"cognate"
	"cognate/api"
	"cognate/iam"
	"cognate/store"
)

// poolReader reads user pools.
type poolReader interface {
	// UserPool returns a pool. Errors: store.ErrNotFound.
	UserPool(ctx context.Context, id string) (*cognate.UserPool, error)
}

// permit returns an error if the policy of the caller does not allow a request. Operations without a signature have no policy.
// Errors: AccessDeniedException.
func (d *dispatcher) permit(ctx context.Context, x *exchange, r *http.Request, op *api.Operation) error {
	if op.Auth != api.AuthSigV4 {
		return nil
	}
	caller := cognate.CallerFrom(ctx)
	named, err := namedPool(op, x.input, caller)
	if err != nil {
		return err
	}
	request := iam.Request{Operation: op.Name, Resource: named.arn, Conditions: conditionsOf(r, caller, d.now())}
	addRequestTags(&request.Conditions, x.input)
	if x.policy.ReadsTags() {
		if request.Conditions.ResourceTags, err = d.tagsOf(ctx, named, caller); err != nil {
			return err
		}
	}
	return x.policy.Authorize(caller, &request)
}

// resource is what a request names, as the policy of its caller sees it.
type resource struct{ arn, poolID, region string }

// namedPool returns the resource of a request. Its ARN is made from the ID of the pool and the account of the caller, also if
// the pool does not exist or belongs to another account. So a refusal does not show which pools exist, and the Region for which
// the request is signed does not matter: a policy would not hold if the caller could choose it.
func namedPool(op *api.Operation, input any, caller cognate.Caller) (resource, error) {
	if op.Resource == api.ResourceNone {
		return resource{arn: iam.AnyResource}, nil
	}
	if op.Resource == api.ResourceUserPool {
		if in, ok := input.(api.PoolScoped); ok {
			pool := &cognate.UserPool{ID: in.PoolID(), AccountID: caller.AccountID}
			return resource{pool.ARN(), pool.ID, pool.Region()}, nil
		}
		if in, ok := input.(api.ResourceScoped); ok {
			region, id, ok := cognate.ParsePoolARN(in.ResourceARN(), caller.AccountID)
			if !ok {
				return resource{arn: in.ResourceARN()}, nil // the operation rejects it
			}
			return resource{in.ResourceARN(), id, region}, nil
		}
	}
	return resource{}, fmt.Errorf("%s has a signature and no resource: %v", op.Name, op.Resource)
}

// tagsOf returns the tags of a pool of the caller. A pool of another account has none, as one that does not exist.
func (d *dispatcher) tagsOf(ctx context.Context, named resource, caller cognate.Caller) (map[string]string, error) {
	if named.poolID == "" {
		return nil, nil
	}
	pool, err := d.pools.UserPool(ctx, named.poolID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil || !caller.Owns(pool) {
		return nil, err
	}
	tags, _ := pool.TagsIn(named.region)
	return tags, nil
}

func conditionsOf(r *http.Request, caller cognate.Caller, now time.Time) iam.Conditions {
	origin := originOf(r)
	var address netip.Addr // without the address of a client, aws:SourceIp is missing
	if !origin.IsProxy {
		address, _ = netip.ParseAddr(origin.IPAddress)
	}
	return iam.Conditions{
		SourceIP: address, Now: now, SecureTransport: r.TLS != nil, UserAgent: origin.UserAgent,
		Username: caller.KeyName, Account: caller.AccountID, Region: caller.Region,
	}
}

// addRequestTags adds the tags that a request sets or removes.
func addRequestTags(c *iam.Conditions, input any) {
	switch in := input.(type) {
	case *api.CreateUserPoolInput:
		c.RequestTags = in.UserPoolTags
	case *api.CreateUserPoolReplicaInput:
		c.RequestTags = in.UserPoolTags
	case *api.UpdateUserPoolInput:
		c.RequestTags = in.UserPoolTags
	case *api.TagResourceInput:
		c.RequestTags = in.Tags
	case *api.UntagResourceInput:
		c.TagKeys = in.TagKeys
		return
	}
	c.TagKeys = slices.Collect(maps.Keys(c.RequestTags))
}
