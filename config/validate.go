package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	maxDrain = 5 * time.Minute
	// minSigningKeyAge lets a key sign for a day before its successor is published, which is a day before that one signs.
	minSigningKeyAge = 48 * time.Hour
	// The largest values of the settings of events.
	maxRetention     = 10 * 365 * 24 * time.Hour
	maxEventsPerUser = 1_000_000
	codeKeySize      = 32        // bytes: AES-256
	minSecretSize    = 16        // characters of an access key's secret: an attacker with a signature can test secrets offline
	highestLimit     = 1_000_000 // requests per second
)

var (
	accountPattern = regexp.MustCompile(`^[0-9]{12}$`)
	regionPattern  = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`)
	keyIDPattern   = regexp.MustCompile(`^\w{3,128}$`)
	// keyNamePattern is the form of the name of an IAM user. Source: IAM API reference, CreateUser.
	keyNamePattern = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{1,64}$`)
)

// derive sets the defaults that depend on other settings.
func (c *Config) derive() {
	if c.Mode == Serve && c.Data == "" && c.DatabaseURL == "" {
		c.Data = defaultData
	}
	c.Sending.derive()
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	c.OTLPEndpoint = strings.TrimRight(c.OTLPEndpoint, "/")
	c.LogDeliveryOTLPEndpoint = strings.TrimRight(c.LogDeliveryOTLPEndpoint, "/")
	for i := range c.AccessKeys {
		if c.AccessKeys[i].Account == "" {
			c.AccessKeys[i].Account = c.Account
		}
		if c.AccessKeys[i].Name == "" {
			c.AccessKeys[i].Name = c.AccessKeys[i].ID
		}
	}
	for i := range c.CodeKeys {
		if c.CodeKeys[i].Format == "" {
			c.CodeKeys[i].Format = EncryptionSDK
		}
	}
}

// Validate returns every problem of the settings as Problems. It does not check the secrets in files. Load calls it.
func (c *Config) Validate() error {
	if p := c.problems(); len(p) > 0 {
		return p
	}
	return nil
}

// logFormats returns the values of LogFormat.
func logFormats(mode Mode) []string {
	formats := []string{"text", "logfmt", "json"}
	if mode == Dev {
		return append(formats, "")
	}
	return formats
}

func (c *Config) problems() Problems {
	var p Problems
	c.checkListen(&p)
	c.checkMetricsListen(&p)
	c.checkPublicURL(&p)
	c.HostNames.checkHosts(&p, "host_names")
	c.TrustedProxies.checkPrefixes(&p, "trusted_proxies")
	if c.ProxyProtocol && len(c.TrustedProxies) == 0 {
		p.add("proxy_protocol: needs trusted_proxies, the addresses that may name the address of a client")
	}
	if c.Issuer != IssuerPublic && c.Issuer != IssuerAWS {
		p.add("issuer: %q is neither %s nor %s", c.Issuer, IssuerPublic, IssuerAWS)
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		p.add("tls_cert, tls_key: set both or neither")
	}
	if c.TLSSelfSigned && (c.TLSCert != "" || c.TLSKey != "") {
		p.add("tls_self_signed, tls_cert: set only one of them")
	}
	if c.TLSDomains != "" && c.TLSCert == "" && !c.TLSSelfSigned && !c.ACME() {
		p.add("tls_domains: needs the certificate of the server, in tls_cert")
	}
	c.checkACME(&p)
	if _, err := c.DomainKeys(); err != nil {
		p.add("%v", err)
	}
	c.checkDatabase(&p)
	c.checkMigrate(&p)
	c.checkSQLiteCache(&p)
	c.checkMasterKey(&p)
	if !accountPattern.MatchString(c.Account) {
		p.add("account: %q is not 12 digits", c.Account)
	}
	if c.Mode == Dev && !regionPattern.MatchString(c.Region) {
		p.add("region: %q is not a region like us-east-1", c.Region)
	}
	c.checkAccessKeys(&p)
	c.checkAWSEndpoint(&p, "lambda_endpoint", c.LambdaEndpoint, "events")
	c.checkAWSEndpoint(&p, "kms_endpoint", c.KMSEndpoint, "answers")
	c.checkFunctions(&p)
	c.checkCodeKeys(&p)
	c.checkSending(&p)
	c.checkLogDelivery(&p)
	if sendsWithRoles := c.SMSSender == SNS && c.SNSAssumeRoles; c.STSEndpoint != "" && !sendsWithRoles && !c.LogDeliveryAssumeRoles {
		p.add("sts_endpoint: has no effect without sns_assume_roles and sms_sender: sns, or log_delivery_assume_roles")
	}
	c.OutgoingAllow.check(&p, "outgoing_allow")
	if c.ResourceQuotas != QuotasAWS && c.ResourceQuotas != QuotasOff {
		p.add("resource_quotas: %q is neither aws nor off", c.ResourceQuotas)
	}
	c.checkLimits(&p)
	c.ReplicaRegions.check(&p)
	if c.LimitMaximum < 0 || c.LimitMaximum > highestLimit {
		p.add("limit_maximum: %d is not between 0 and %d", c.LimitMaximum, highestLimit)
	}
	if c.SigningKeyAge != 0 && c.SigningKeyAge < minSigningKeyAge {
		p.add("signing_key_age: %v is shorter than %v; new keys are published 24 hours before they sign (0 means no age)",
			c.SigningKeyAge, minSigningKeyAge)
	}
	if c.AuthEventRetention < time.Hour || c.AuthEventRetention > maxRetention {
		p.add("auth_event_retention: %v is not between 1h and %v", c.AuthEventRetention, maxRetention)
	}
	if c.AuthEventsPerUser < 1 || c.AuthEventsPerUser > maxEventsPerUser {
		p.add("auth_events_per_user: %d is not between 1 and %d", c.AuthEventsPerUser, maxEventsPerUser)
	}
	if u, err := url.Parse(c.OTLPEndpoint); c.OTLPEndpoint != "" && (err != nil || !isBase(u)) {
		p.add("otlp_endpoint: not a URL such as http://127.0.0.1:4318 (http or https, a host, optionally a port and a path)")
	}
	c.checkAudit(&p)
	if !slices.Contains(logFormats(c.Mode), c.LogFormat) {
		p.add("log_format: %q is not text, logfmt or json", c.LogFormat)
	}
	if c.Drain < 0 || c.Drain > maxDrain {
		p.add("drain: %v is not between 0s and %v", c.Drain, maxDrain)
	}
	return p
}

func (c *Config) checkListen(p *Problems) {
	host, err := splitHostPort(c.Listen)
	if err != nil {
		p.add("listen: %q is not host:port", c.Listen)
		return
	}
	if c.Mode == Dev && !c.Expose && !isLoopback(host) {
		p.add("listen: cognate dev accepts any access key, so it listens on loopback only; to listen on %q, add --expose", c.Listen)
	}
}

func (c *Config) checkMetricsListen(p *Problems) {
	if c.Pprof && c.MetricsListen == "" {
		p.add("pprof: needs metrics_listen, because clients must not reach the profiles")
	}
	if c.MetricsListen == "" {
		return
	}
	host, err := splitHostPort(c.MetricsListen)
	if err != nil {
		p.add("metrics_listen: %q is not host:port", c.MetricsListen)
		return
	}
	if c.Mode == Dev && !c.Expose && !isLoopback(host) {
		p.add("metrics_listen: cognate dev listens on loopback only; to listen on %q, add --expose", c.MetricsListen)
	}
}

func splitHostPort(address string) (host string, err error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", err
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return host, err
}

// isLoopback does not query DNS, because the address of a name can change.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

func isEveryAddress(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "" || err == nil && ip.IsUnspecified()
}

func (c *Config) checkPublicURL(p *Problems) {
	if c.PublicURL == "" {
		if host, err := splitHostPort(c.Listen); c.Mode == Serve && err == nil && isEveryAddress(host) {
			p.add("public_url: required if the server listens on every address, because tokens and discovery documents contain it")
		}
		return
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil ||
		strings.ContainsAny(c.PublicURL, "?#") {
		p.add("public_url: not a URL such as https://id.example.com (http or https, a host, optionally a port and a path)")
	}
}

func (c *Config) checkMigrate(p *Problems) {
	if c.Mode == Serve && c.Migrate != MigrateAuto && c.Migrate != MigrateManual {
		p.add("migrate: %q is neither %s nor %s", c.Migrate, MigrateAuto, MigrateManual)
	}
}

// The least and the greatest SQLiteCache.
const (
	minSQLiteCache = 8
	maxSQLiteCache = 64 << 10
)

func (c *Config) checkSQLiteCache(p *Problems) {
	if c.SQLiteCache < minSQLiteCache || c.SQLiteCache > maxSQLiteCache {
		p.add("sqlite_cache: %d is not between %d and %d", c.SQLiteCache, minSQLiteCache, maxSQLiteCache)
	}
}

func (c *Config) checkMasterKey(p *Problems) {
	if c.MasterKeyFile != "" && c.MasterKey != "" {
		p.add("master_key_file, %sMASTER_KEY: set only one of them", EnvPrefix)
	}
	if c.MasterKeyFile != "" || c.MasterKey != "" {
		return
	}
	if c.Mode == Serve || c.DatabaseURL != "" {
		p.add("master_key_file: a master key is required to unseal the secrets in the database; make one with\n" +
			"    cognate master-key --out master.key\n" +
			"  keep it apart from the database and its backups, and name it with --master-key-file master.key, or set master_key to a key in a KMS")
	}
	if c.OldMasterKeysFile != "" {
		p.add("old_master_keys_file: needs the new master key, in master_key_file")
	}
}

func (c *Config) checkAccessKeys(p *Problems) {
	if c.Mode != Serve {
		return
	}
	ids, named := make(names), make(names)
	for i, k := range c.AccessKeys {
		k.check(p, i)
		if ids.add(p, fmt.Sprintf("access_keys[%d].id", i), k.ID); named[k.Account+"/"+k.Name] && k.Name != k.ID {
			p.add("access_keys[%d].name: %q appears twice in account %s", i, k.Name, k.Account)
		}
		named[k.Account+"/"+k.Name] = true
	}
}

// names holds the names in a list that were found so far. Each must be unique.
type names map[string]bool

func (n names) add(p *Problems, setting, name string) {
	if n[name] {
		p.add("%s: %q appears twice", setting, name)
	}
	n[name] = true
}

func (k AccessKey) check(p *Problems, i int) {
	if !keyIDPattern.MatchString(k.ID) {
		p.add("access_keys[%d].id: %q is not 3 to 128 letters, digits and underscores", i, k.ID)
	}
	if (k.Secret == "") == (k.SecretFile == "") {
		p.add("access_keys[%d]: set one of secret and secret_file", i)
	}
	if k.SecretFile == "" && k.Secret != "" && len(k.Secret) < minSecretSize {
		p.add("access_keys[%d].secret: shorter than %d characters", i, minSecretSize)
	}
	if k.Name != k.ID && !keyNamePattern.MatchString(k.Name) {
		p.add("access_keys[%d].name: %q is not 1 to 64 letters, digits and _+=,.@-", i, k.Name)
	}
	if !accountPattern.MatchString(k.Account) {
		p.add("access_keys[%d].account: %q is not 12 digits", i, k.Account)
	}
}

// checkAWSEndpoint checks the URL of an API of AWS, or of a replacement, whose events or answers contain secrets.
func (c *Config) checkAWSEndpoint(p *Problems, setting, endpoint, secret string) {
	u, err := url.Parse(endpoint)
	switch {
	case endpoint == "":
	case err != nil || !isBase(u):
		p.add("%s: not a URL such as https://aws.example.com (http or https, a host, optionally a port and a path)", setting)
	case c.Mode == Serve && !isPrivate(u):
		p.add("%s: %s contain secrets; use https (http is allowed on loopback only)", setting, secret)
	}
}

// isBase reports whether u is a URL to which paths can be added: it has no user, query or fragment.
func isBase(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

// isPrivate reports whether requests to u cannot be read on the network: they use HTTPS or loopback.
func isPrivate(u *url.URL) bool { return u.Scheme == "https" || isLoopback(u.Hostname()) }

func (c *Config) checkFunctions(p *Problems) {
	seen := make(names)
	for i, f := range c.Functions {
		f.check(p, i, c.Mode)
		seen.add(p, fmt.Sprintf("functions[%d].arn", i), f.ARN)
	}
}

// functionPattern matches the ARNs that pools may name: cognate.ParseARN rejects all others. It is compiled at its first use, because it
// takes 0.4 MB.
var functionPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(
		`^arn:aws(-[a-z]{1,8}){0,2}:lambda:[a-z]{2,4}(-[a-z]{2,12}){1,2}-[0-9]{1,2}:[0-9]{12}:function:[\w-]{1,140}(:[\w$-]{1,128})?$`)
})

func (f *Function) check(p *Problems, i int, mode Mode) {
	if !functionPattern().MatchString(f.ARN) {
		p.add("functions[%d].arn: %q is not like arn:aws:lambda:us-east-1:123456789012:function:name", i, f.ARN)
	}
	if (f.URL == "") == (len(f.Command) == 0) {
		p.add("functions[%d]: set one of url and command", i)
		return
	}
	if f.URL == "" {
		f.checkCommand(p, i)
		return
	}
	u, err := url.Parse(f.URL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		p.add("functions[%d].url: not a URL such as https://hooks.example.com/pre-sign-up", i)
	} else if !isPrivate(u) && (mode != Dev || !isPrivateHost(u.Hostname())) {
		p.add("functions[%d].url: events contain secrets; use https (http is allowed on loopback only)", i)
	}
	if (f.Secret == "") == (f.SecretFile == "") {
		p.add("functions[%d]: set one of secret and secret_file, to sign what is posted", i)
	}
	checkSecretSize(p, fmt.Sprintf("functions[%d].secret", i), f.Secret)
}

func (f *Function) checkCommand(p *Problems, i int) {
	if !filepath.IsAbs(f.Command[0]) {
		p.add("functions[%d].command: %q is not the absolute path of a program", i, f.Command[0])
	}
	if f.Secret != "" || f.SecretFile != "" {
		p.add("functions[%d]: secret and secret_file have no effect with command", i)
	}
}

func (c *Config) checkCodeKeys(p *Problems) {
	seen := make(names)
	for i, k := range c.CodeKeys {
		setting := fmt.Sprintf("code_keys[%d]", i)
		if k.KMSKeyID == "" || (k.KeyFile == "") == (k.KMSEndpoint == "") {
			p.add("%s: set kms_key_id, and one of key_file and kms_endpoint", setting)
		}
		switch {
		case k.Format != EncryptionSDK && k.Format != Cognate1:
			p.add("%s.format: %q is neither %s nor %s", setting, string(k.Format), EncryptionSDK, Cognate1)
		case k.Format == Cognate1 && k.KMSEndpoint != "":
			p.add("%s.format: a KMS cannot make codes in the format %s; use key_file", setting, Cognate1)
		}
		c.checkAWSEndpoint(p, setting+".kms_endpoint", k.KMSEndpoint, "answers")
		seen.add(p, setting+".kms_key_id", k.KMSKeyID)
	}
}
