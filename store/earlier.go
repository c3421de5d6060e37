package store

import (
	"cognate"
	"cognate/api"
)

// Settings that earlier versions kept among what no rule reads (Carried) are found there until their document is written
// again.

// adoptEarlierPool fills in what a pool's document has in an earlier place.
func adoptEarlierPool(document string, p *cognate.UserPool) error {
	if p.LambdaConfig != nil {
		return nil
	}
	var earlier struct {
		Carried struct{ LambdaConfig *api.LambdaConfigType }
	}
	if err := decode("earlier user pool "+p.ID, document, &earlier); err != nil {
		return err
	}
	p.LambdaConfig = earlier.Carried.LambdaConfig
	return nil
}

// adoptEarlierClient fills in what an app client's document has in an earlier place.
func adoptEarlierClient(document string, c *cognate.AppClient) error {
	var earlier struct {
		Carried struct {
			AllowedOAuthFlowsUserPoolClient bool
			AllowedOAuthFlows               []api.OAuthFlowType
			AllowedOAuthScopes              []string
		}
	}
	if c.OAuth.Enabled || len(c.OAuth.Flows)+len(c.OAuth.Scopes) > 0 {
		return nil
	}
	if err := decode("earlier app client "+c.ID, document, &earlier); err != nil {
		return err
	}
	c.OAuth = cognate.OAuthSettings{
		Enabled: earlier.Carried.AllowedOAuthFlowsUserPoolClient, Flows: earlier.Carried.AllowedOAuthFlows,
		Scopes: earlier.Carried.AllowedOAuthScopes,
	}
	return nil
}
