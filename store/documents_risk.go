package store

import (
	"cognate"
	"cognate/api"
)

// riskDocument is the stored form of a risk configuration. The documents of user pools and of app clients contain it.
type riskDocument struct {
	Compromised *api.CompromisedCredentialsRiskConfigurationType `json:"Compromised"`
	Takeover    *api.AccountTakeoverRiskConfigurationType        `json:"Takeover"`
	Exceptions  *api.RiskExceptionConfigurationType              `json:"Exceptions"`
	ModifiedAt  int64                                            `json:"ModifiedAt"` // unix milliseconds
}

func fromRisk(c *cognate.RiskConfiguration) *riskDocument {
	if c == nil {
		return nil
	}
	return &riskDocument{
		Compromised: c.Compromised, Takeover: c.Takeover, Exceptions: c.Exceptions, ModifiedAt: millis(c.ModifiedAt),
	}
}

func (d *riskDocument) toRisk() *cognate.RiskConfiguration {
	if d == nil {
		return nil
	}
	return &cognate.RiskConfiguration{
		Compromised: d.Compromised, Takeover: d.Takeover, Exceptions: d.Exceptions, ModifiedAt: fromMillis(d.ModifiedAt),
	}
}
