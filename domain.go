package cognate

import (
	"cmp"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"cognate/api"
	"cognate/internal/lazyregexp"
)

// DomainKind says what the name of a domain is. A pool can have one domain of each kind.
type DomainKind string

// The kinds of domains. The names are stored.
const (
	PrefixDomain DomainKind = "PREFIX" // a label below the host of the server: "login"
	CustomDomain DomainKind = "CUSTOM" // a host name of the operator: "login.example.com"
)

// Versions of the pages at a domain. Source: docs/behaviour.md §5.8.
const (
	HostedUI     = 1 // the classic hosted UI
	ManagedLogin = 2
)

// Domain is an address of the login pages of a pool. No other pool of the installation has its name.
type Domain struct {
	PoolID, Name          string
	Kind                  DomainKind
	ManagedLoginVersion   int                    // HostedUI or ManagedLogin
	CertificateARN        string                 // of a custom domain
	SecurityPolicy        api.SecurityPolicyType // of a custom domain; "" if no request chose one
	Failover              *api.FailoverType      // of a custom domain; nil without one
	Distribution          string                 // the CloudFront name of the domain, which never changes
	CreatedAt, ModifiedAt time.Time
}

// NewDistribution returns a random CloudFront name for a domain: "d3oia8etllorh5.cloudfront.net".
func NewDistribution() string { return "d" + randomText(lowerAlphanumerics, 13) + ".cloudfront.net" }

// Errors of the operations on domains. Source: docs/behaviour.md §5.8.
var (
	ErrDomainNotFound  = api.InvalidParameterException("No such domain or user pool exists.")
	ErrPoolHasDomain   = api.InvalidParameterException("User pool already has a domain configured.")
	ErrPoolKeepsDomain = api.InvalidParameterException(
		"User pool cannot be deleted. It has a domain configured that should be deleted first.")
	errPrefixTaken     = api.InvalidParameterException("Domain already associated with another user pool.")
	errCustomTaken     = api.InvalidParameterException("Domain already exists.")
	errDomainCharacter = api.InvalidParameterException("The domain name contains an invalid character. Domain names can only " +
		"contain lower-case letters, numbers, and hyphens. Please enter a different name that follows this format: " +
		"^[a-z0-9](?:[a-z0-9\\-]{0,61}[a-z0-9])?$")
	errNoSubdomain = api.InvalidParameterException("Custom domain is not a valid subdomain: Was not able to resolve a DNS A " +
		"record for the parent domain or domain parent is a top-level domain.")
)

// ErrTaken returns the error for a domain whose name another domain has.
func (d *Domain) ErrTaken() error {
	if d.Kind == CustomDomain {
		return errCustomTaken
	}
	return errPrefixTaken
}

// authLabel is between a prefix and the host name of the server: "login.auth.id.example.com".
const authLabel = ".auth."

// Host returns the host name of the domain on a server with a host name; "" if that is not in the DNS.
func (d *Domain) Host(server string) string {
	switch {
	case !IsDNSName(server):
		return ""
	case d.Kind == CustomDomain:
		return d.Name
	default:
		return PrefixHost(d.Name, server)
	}
}

// DomainsPath is the path below which every domain is served, at every host of the server.
const DomainsPath = "/domains/"

// URL returns the URL of the domain at a server with a public URL: at its host, with the port of the public URL, if the host is in
// the DNS, else below DomainsPath.
func (d *Domain) URL(public string) string {
	u, err := url.Parse(public)
	if err != nil {
		return public + DomainsPath + d.Name
	}
	host := d.Host(strings.ToLower(u.Hostname()))
	if host == "" {
		return public + DomainsPath + d.Name
	}
	if port := u.Port(); port != "" {
		host = net.JoinHostPort(host, port)
	}
	return u.Scheme + "://" + host
}

// PrefixHost returns the host name of a prefix domain below a host name of the server.
func PrefixHost(prefix, server string) string { return prefix + authLabel + server }

// IsDNSName reports whether names below host can be in the DNS: it has a dot, and it is neither an address nor below localhost.
func IsDNSName(host string) bool {
	_, err := netip.ParseAddr(host)
	return err != nil && strings.Contains(host, ".") && !strings.HasSuffix(host, ".localhost")
}

// reservedWords must not be in a prefix. Source: docs/behaviour.md §5.8.
var reservedWords = []string{"cognito", "aws", "amazon"}

var (
	hostLabel    = lazyregexp.New(`^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$`)
	topLevelName = lazyregexp.New(`^[a-z][a-z0-9-]*$`) // RFC 1123 section 2.1: not all digits, so that no IP address is a host name
)

// minCustomLabels is the number of labels of the shortest custom domain: its parent is not a top-level domain.
const minCustomLabels = 3

// Check returns an error for the first rule that a domain of pool breaks. The name must be free, which only the store knows.
// Errors: InvalidParameterException, FeatureUnavailableInTierException. Source: docs/behaviour.md §5.8.
// Assumed: the texts for an invalid ManagedLoginVersion, an invalid certificate, and Routing of a prefix domain.
func (d *Domain) Check(pool *UserPool) error {
	if err := d.checkName(); err != nil {
		return err
	}
	switch d.ManagedLoginVersion {
	case HostedUI:
	case ManagedLogin:
		if pool.Tier == api.UserPoolTierTypeLite {
			return ErrManagedLoginTier
		}
	default:
		return api.InvalidParameterException("Invalid ManagedLoginVersion: " + strconv.Itoa(d.ManagedLoginVersion))
	}
	if d.Kind == CustomDomain {
		if arn, err := ParseARN(CertificateARN, d.CertificateARN); err != nil || arn.Region().String() != certificateRegion {
			return api.InvalidParameterException("Invalid CertificateArn: " + d.CertificateARN)
		}
	}
	return d.checkFailover()
}

// certificateRegion is the region of every certificate of a custom domain. Source: docs/behaviour.md §5.8.
const certificateRegion = "us-east-1"

// ErrManagedLoginTier is the error for a domain with ManagedLogin in a pool whose feature plan does not include it.
// Assumed: the name "Managed Login" in the error.
var ErrManagedLoginTier = errUnavailableInTier(api.UserPoolTierTypeLite, []string{"Managed Login"})

func (d *Domain) checkName() error {
	labels := strings.Split(d.Name, ".")
	for _, label := range labels {
		if !hostLabel.MatchString(label) {
			return errDomainCharacter
		}
	}
	if d.Kind == CustomDomain {
		if len(labels) < minCustomLabels || !topLevelName.MatchString(labels[len(labels)-1]) {
			return errNoSubdomain
		}
		return nil
	}
	if len(labels) > 1 {
		return errDomainCharacter
	}
	for _, word := range reservedWords {
		if strings.Contains(d.Name, word) {
			return api.InvalidParameterException("Domain cannot contain reserved word: " + word)
		}
	}
	return nil
}

func (d *Domain) checkFailover() error {
	if d.Failover == nil {
		return nil
	}
	if d.Kind != CustomDomain {
		return api.InvalidParameterException("Routing is only supported for custom domains")
	}
	if _, err := ParseRegion(d.Failover.SecondaryRegion); err != nil {
		return api.InvalidParameterException("Invalid SecondaryRegion: " + d.Failover.SecondaryRegion)
	}
	return nil
}

// airports has the codes in the names of the service's buckets. Source: docs/behaviour.md §5.8.
var airports = map[string]string{"us-east-1": "iad", "us-west-1": "sfo", "us-west-2": "pdx", "eu-west-1": "dub", "ap-northeast-1": "nrt"}

// AssetBucket returns the name of the bucket that the service uses for the domains of a region.
// Assumed: in a region whose code is not known, the name of the bucket has the name of the region.
func AssetBucket(region string) string {
	return "aws-cognito-prod-" + cmp.Or(airports[region], region) + "-assets"
}

// Version returns the version of the domain: the time of its creation, as 14 digits.
func (d *Domain) Version() string { return d.CreatedAt.UTC().Format("20060102150405") }
