// Package domain has the operations on the domains of pools: the addresses of their login pages. cognate.Domain has the rules
// for their names and settings.
package domain

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"cognate"
	"cognate/api"
	"cognate/store"
)

// Service implements the operations of this package.
type Service struct {
	Store *store.Store
	// PublicURL and HostNames are the addresses of the server. No custom domain has one of them.
	PublicURL string
	HostNames []string
	Quotas    cognate.Quotas
	Now       func() time.Time
}

// isOwn reports whether a name is that of the server, or of a prefix domain below its host.
func (s *Service) isOwn(name string) bool {
	hosts := s.HostNames
	if u, err := url.Parse(s.PublicURL); err == nil {
		hosts = append(slices.Clone(hosts), u.Hostname())
	}
	return slices.ContainsFunc(hosts, func(host string) bool { return name == host || strings.HasSuffix(name, cognate.PrefixHost("", host)) })
}

func routingToWire(d *cognate.Domain) *api.RoutingType {
	if d.Failover == nil {
		return nil
	}
	return &api.RoutingType{Failover: d.Failover}
}

// cloudFrontName returns the CloudFront name of a custom domain; "" for a prefix. Source: docs/behaviour.md §5.8.
func cloudFrontName(d *cognate.Domain) string {
	if d.Kind != cognate.CustomDomain {
		return ""
	}
	return d.Distribution
}

// setRouting replaces the failover of a domain. A request without Routing keeps it.
func setRouting(d *cognate.Domain, routing *api.RoutingType) {
	if routing != nil {
		d.Failover = routing.Failover
	}
}
