package config

import "strings"

// ReplicaRegions is a list of Regions, each with the host name of the server there, if it has one: "eu-west-1=id-eu.example.com".
// As text it is separated by commas.
type ReplicaRegions []string

// UnmarshalText reads the list from a flag or a variable.
func (l *ReplicaRegions) UnmarshalText(text []byte) error { return (*Hosts)(l).UnmarshalText(text) }

// Hosts returns the host of each Region in lower case; "" for a Region without one.
func (l ReplicaRegions) Hosts() map[string]string {
	hosts := make(map[string]string)
	for _, item := range l {
		region, host, _ := strings.Cut(item, "=")
		hosts[region] = strings.ToLower(host)
	}
	return hosts
}

func (l ReplicaRegions) check(p *Problems) {
	regions, hosts := make(names), make(names)
	for _, item := range l {
		region, host, hasHost := strings.Cut(item, "=")
		if len(region) > maxRegion || !regionPattern.MatchString(region) || hasHost && !hostName.MatchString(host) {
			p.add("replica_regions: %q is neither a Region like eu-west-1 nor a Region with a host like eu-west-1=id-eu.example.com", item)
			continue
		}
		regions.add(p, "replica_regions", region)
		if hasHost {
			hosts.add(p, "replica_regions", strings.ToLower(host))
		}
	}
}

// maxRegion is the greatest length of a RegionName. Source: docs/behaviour.md §5.12.
const maxRegion = 32
