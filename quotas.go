package cognate

import (
	"fmt"

	"cognate/api"
)

// Quota is the largest number of resources of one kind.
type Quota struct {
	Max  int
	What string // for the error: "groups in a user pool"
}

// The quotas that Quotas enforces. Source: docs/behaviour.md §8.4. Other limits are in the shapes of the API, or with the
// setting that they limit.
var (
	QuotaUserPools       = Quota{1000, "user pools of an account in a Region"}
	QuotaAppClients      = Quota{1000, "app clients in a user pool"}
	QuotaGroups          = Quota{10_000, "groups in a user pool"}
	QuotaGroupsOfUser    = Quota{100, "groups of a user"}
	QuotaResourceServers = Quota{25, "resource servers in a user pool"}
	QuotaLoginStyles     = Quota{20, "managed login branding styles in a user pool"}
	QuotaTerms           = Quota{40, "terms documents in a user pool"}
	QuotaCustomDomains   = Quota{4, "custom domains of an account in a Region"}
	QuotaProviders       = Quota{300, "identity providers in a user pool"}
	QuotaLinks           = Quota{5, "linked identities of a user"}
	QuotaUserImportJobs  = Quota{1000, "user import jobs in a user pool"}
)

// Quotas says whether the quotas on resources are enforced. The zero value enforces them.
type Quotas struct {
	Off bool // there are no quotas
}

// Require returns an error if there are already as many resources as the quota allows. The caller calls it last, in the
// transaction that adds a resource. The transaction has locked what the resources belong to, so that of concurrent requests
// only as many succeed as the quota allows. count returns the number of resources in that transaction.
// Errors: LimitExceededException; those of count.
// Assumed: the text for a resource beyond a quota.
func (q Quotas) Require(quota Quota, count func() (int, error)) error {
	if q.Off {
		return nil
	}
	n, err := count()
	if err != nil {
		return err
	}
	if n >= quota.Max {
		return api.LimitExceededException(fmt.Sprintf("The maximum number of %s is %d.", quota.What, quota.Max))
	}
	return nil
}
