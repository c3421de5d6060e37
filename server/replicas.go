package server

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"

	"cognate"
	"cognate/api"
	"cognate/authsession"
	"cognate/store"
	"cognate/tokens"
)

// replicas finds requests in the Region of a replica: they are signed for the Region, or sent to its host.
type replicas struct {
	store    *store.Store
	sessions *authsession.Sealer
	regions  []cognate.ReplicaRegion
}

// errNotInReplica says that a replica does not have the operation.
// Assumed: the text of OperationNotEnabledException in a replica.
const errNotInReplica = "This operation is not enabled in a replica of the user pool."

// admit returns the context of a request, which says whether it is in the Region of a replica. It returns an error if the
// replica does not have the operation.
// Assumed: an operation that does not declare OperationNotEnabledException answers InvalidParameterException in a replica.
func (d *replicas) admit(ctx context.Context, r *http.Request, op *api.Operation, input any) (context.Context, error) {
	if len(d.regions) == 0 {
		return ctx, nil // the server has no replicas
	}
	regions := d.regionsOf(ctx, r)
	if len(regions) == 0 {
		return ctx, nil
	}
	pool, err := d.poolOf(ctx, op, input)
	if err != nil || pool == nil || slices.Contains(regions, pool.Region()) && len(regions) == 1 {
		return ctx, err
	}
	switch in := slices.ContainsFunc(regions, pool.IsReplicatedTo); {
	case !in:
		return ctx, nil
	case pool.Replica.Enables(op.Name):
		return cognate.WithReplica(ctx), nil
	case slices.Contains(op.Errors, api.CodeOperationNotEnabledException):
		return nil, api.OperationNotEnabledException(errNotInReplica)
	default:
		return nil, api.InvalidParameterException(errNotInReplica)
	}
}

// regionsOf returns the Region for which a request is signed, and the Region to whose host it is sent.
func (d *replicas) regionsOf(ctx context.Context, r *http.Request) []string {
	var regions []string
	if region := cognate.CallerFrom(ctx).Region; region != "" {
		regions = append(regions, region)
	}
	host := strings.ToLower(r.Host)
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	for _, at := range d.regions {
		if at.Host != "" && at.Host == host {
			regions = append(regions, at.Region)
		}
	}
	return regions
}

// poolOf returns the pool of a request; nil if the request names no pool that exists, or a pool that is not the caller's. The
// operation itself answers such a request.
func (d *replicas) poolOf(ctx context.Context, op *api.Operation, input any) (*cognate.UserPool, error) {
	pool, err := d.find(ctx, input)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil || pool == nil || op.Auth == api.AuthSigV4 && !cognate.CallerFrom(ctx).Owns(pool) {
		return nil, err
	}
	return pool, nil
}

func (d *replicas) find(ctx context.Context, input any) (*cognate.UserPool, error) {
	if pr := tokens.PrincipalFrom(ctx); pr != nil {
		return pr.Pool, nil
	}
	if in, ok := input.(api.PoolScoped); ok {
		return d.store.UserPool(ctx, in.PoolID())
	}
	if in, ok := input.(api.ClientScoped); ok {
		_, pool, err := d.store.AppClientWithPool(ctx, in.AppClientID())
		return pool, err
	}
	if in, ok := input.(api.SessionBearer); ok {
		session, err := d.sessions.Open(in.AuthSession(), cognate.StepSetup, cognate.StepSetupAssociated)
		if err != nil {
			return nil, store.ErrNotFound
		}
		return d.store.UserPool(ctx, session.PoolID)
	}
	return nil, nil
}
