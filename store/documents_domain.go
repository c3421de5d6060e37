package store

import (
	"cognate"
	"cognate/api"
)

// domainDocument is the stored form of a domain, without what the columns of its row hold.
type domainDocument struct {
	form
	ManagedLoginVersion int                    `json:"ManagedLoginVersion"`
	CertificateARN      string                 `json:"CertificateArn"`
	SecurityPolicy      api.SecurityPolicyType `json:"SecurityPolicy"`
	Failover            *failoverDocument      `json:"Failover"`
	Distribution        string                 `json:"Distribution"`
}

type failoverDocument struct {
	SecondaryRegion      string `json:"SecondaryRegion"`
	PrimaryHealthCheckID string `json:"PrimaryHealthCheckId"`
}

func fromDomain(d *cognate.Domain) *domainDocument {
	document := &domainDocument{
		ManagedLoginVersion: d.ManagedLoginVersion, CertificateARN: d.CertificateARN, SecurityPolicy: d.SecurityPolicy,
		Distribution: d.Distribution,
	}
	if f := d.Failover; f != nil {
		document.Failover = &failoverDocument{SecondaryRegion: f.SecondaryRegion, PrimaryHealthCheckID: f.PrimaryRoute53HealthCheckId}
	}
	return document
}

// toDomain sets the fields of a domain that a document holds.
func (d *domainDocument) toDomain(domain *cognate.Domain) {
	domain.ManagedLoginVersion = d.ManagedLoginVersion
	domain.CertificateARN = d.CertificateARN
	domain.SecurityPolicy = d.SecurityPolicy
	domain.Distribution = d.Distribution
	if f := d.Failover; f != nil {
		domain.Failover = &api.FailoverType{SecondaryRegion: f.SecondaryRegion, PrimaryRoute53HealthCheckId: f.PrimaryHealthCheckID}
	}
}
