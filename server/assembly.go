package server

import (
	"runtime"
	"time"

	"cognate/account"
	"cognate/api"
	"cognate/audit"
	"cognate/authn/argon2id"
	"cognate/authsession"
	"cognate/branding"
	"cognate/devapi"
	"cognate/federation"
	"cognate/notify"
	"cognate/oauth"
	"cognate/ops/appclient"
	"cognate/ops/auth"
	"cognate/ops/device"
	"cognate/ops/domain"
	"cognate/ops/group"
	"cognate/ops/identityprovider"
	"cognate/ops/limit"
	"cognate/ops/logs"
	"cognate/ops/managedlogin"
	"cognate/ops/mfa"
	"cognate/ops/password"
	"cognate/ops/replica"
	"cognate/ops/resourceserver"
	"cognate/ops/signup"
	"cognate/ops/terms"
	"cognate/ops/threat"
	"cognate/ops/uicustomization"
	"cognate/ops/user"
	importops "cognate/ops/userimport"
	"cognate/ops/userpool"
	"cognate/ops/usersession"
	"cognate/ops/webauthn"
	"cognate/passkeys"
	"cognate/passwords"
	"cognate/ratelimit"
	"cognate/risk"
	"cognate/signin"
	"cognate/subject"
	"cognate/throttle"
	"cognate/tokens"
	"cognate/trash"
	"cognate/trigger"
	"cognate/userimport"
	"cognate/web/login"
)

// services are the services that the families of operations share.
type services struct {
	Config
	metrics   *metrics
	records   *audit.Recorder
	bodies    bodyReaders
	keys      *tokens.Keyring
	rotator   *tokens.Rotator
	tokens    *tokens.Service
	replicas  *replicas
	servers   *ratelimit.Servers
	limits    *limits
	passwords *passwords.Service
	notify    *notify.Service
	users     *account.Service
	factors   *account.Factors
	devices   *account.Devices
	groups    *account.Groups
	samlKeys  *federation.SAMLKeys
	providers *federation.Providers
	links     *federation.Links
	passkeys  *account.Passkeys
	imports   *userimport.Service
	engine    *signin.Engine
	hosts     *oauth.Hosts
	oauth     *oauth.Service
	clients   *oauth.Registrations
	risk      *risk.Service
	trash     trash.Bin
}

// newServices builds the services in the order of their dependencies.
func newServices(c Config) *services {
	s := &services{Config: c, metrics: newMetrics(), bodies: newBodyReaders()}
	s.records = c.Audit.recorder(&c)
	limits := throttle.DefaultLimits()
	limits.Locked = s.metrics.lockouts.Inc
	s.keys = tokens.NewKeyring(c.Store, c.SigningKeys, c.Now)
	s.metrics.watchStore(c.Store, s.keys)
	s.metrics.watchAudit(&c.Audit, c.Store)
	s.rotator = &tokens.Rotator{Store: c.Store, Source: c.SigningKeys, Age: c.SigningKeyAge, Now: c.Now, Log: c.Log}
	s.tokens = &tokens.Service{Store: c.Store, Keys: s.keys, Issuer: c.issuer(), Now: c.Now}
	s.risk = &risk.Service{
		Store: c.Store, Retention: c.Events, Passwords: c.CompromisedPasswords, Places: c.Places, Logs: c.Logs, Now: c.Now, Log: c.Log,
	}
	sessions := &authsession.Sealer{Store: c.Store, Now: c.Now}
	s.replicas = &replicas{store: c.Store, sessions: sessions, regions: c.ReplicaRegions}
	s.servers = ratelimit.NewServers(c.Store, c.Now, c.Log)
	s.limits = newLimits(c, s.servers, s.tokens, s.replicas.find, s.metrics.limited)
	hasher := argon2id.NewHasher(runtime.GOMAXPROCS(0), time.After)
	s.metrics.watchHasher(hasher.Load)
	s.passwords = &passwords.Service{
		Hasher:         hasher,
		StorePlaintext: c.Dev != nil && c.Store.InMemory(), // plaintext never reaches a disk
	}
	registered := &passkeys.Service{Store: c.Store, PublicURL: c.PublicURL}
	subjects := &subject.Finder{Store: c.Store, DecoyKey: c.Store.DecoyKey()}
	triggers := &trigger.Service{
		Invoker: c.Functions, Sealer: c.CodeSealer, Log: c.Log, Limit: c.TriggerLimit, SameAccountOnly: c.SameAccountOnly,
		Observe: s.metrics.countTrigger, QuoteFunctions: c.Dev != nil && c.Dev.LogSecrets, Now: c.Now,
	}
	s.notify = &notify.Service{
		Sender: c.Sender, Triggers: triggers, Failures: &notify.Failures{Logs: c.Logs, Now: c.Now, Log: c.Log}, Log: c.Log,
		Sent: devSecret(c.Dev, devapi.LogSent(c.Log)),
	}
	bin := trash.Bin{Store: c.Store, Retention: c.DeletedRetention, Now: c.Now}
	notices := &account.Notices{Notify: s.notify, Limits: limits, Now: c.Now}
	s.users = &account.Service{
		Store: c.Store, Subjects: subjects, Passwords: s.passwords, Notify: s.notify,
		Links: notify.Links{Store: c.Store, PublicURL: c.PublicURL}, Triggers: triggers, Limits: limits, Risk: s.risk, Notices: notices, Trash: bin, Log: c.Log, Now: c.Now,
	}
	s.factors = &account.Factors{Store: c.Store, Sessions: sessions, Limits: limits, Notices: notices, Now: c.Now}
	s.devices = &account.Devices{Store: c.Store, Notices: notices, Now: c.Now}
	s.groups = &account.Groups{Store: c.Store, Quotas: c.Quotas, Now: c.Now}
	s.samlKeys = &federation.SAMLKeys{Store: c.Store, Source: c.SigningKeys, Now: c.Now}
	s.providers = &federation.Providers{
		Store: c.Store, Quotas: c.Quotas, Keys: s.samlKeys, Client: c.Outgoing, PlainHTTP: c.Dev != nil, Now: c.Now, Log: c.Log,
	}
	s.links = &federation.Links{Store: c.Store, Quotas: c.Quotas, Notices: notices, Now: c.Now}
	s.passkeys = &account.Passkeys{Store: c.Store, Passkeys: registered, Notices: notices, Now: c.Now}
	s.imports = userimport.New(userimport.Config{
		Store: c.Store, Users: s.users, PublicURL: c.PublicURL, Quotas: c.Quotas, Logs: c.Logs, Records: s.records, Log: c.Log, Now: c.Now,
	})
	s.engine = &signin.Engine{
		Store: c.Store, Subjects: subjects, Sessions: sessions, Tokens: s.tokens, Passwords: s.passwords, Passkeys: registered,
		Notify: s.notify, Triggers: triggers, Limits: limits, Users: s.users, Risk: s.risk,
		Links: s.users.Links, Now: c.Now, Observer: s.metrics,
	}
	s.hosts = &oauth.Hosts{Store: c.Store, PublicURL: c.PublicURL, HostNames: c.HostNames}
	s.oauth = &oauth.Service{Store: c.Store, Engine: s.engine, Tokens: s.tokens, Issuer: c.issuer(), Now: c.Now}
	s.clients = &oauth.Registrations{Store: c.Store, Engine: s.engine, Quotas: c.Quotas, Limits: limits, Trash: bin, Now: c.Now}
	s.trash = bin
	return s
}

// endpoints returns what the domains of pools answer, and the documents of pools, which name the endpoints.
func (s *services) endpoints() (*oauth.Endpoints, *oauth.Discovery) {
	e := new(oauth.Endpoints)
	files := s.LoginPages
	if files == nil {
		files = login.ProgramFiles()
	}
	pages := login.New(login.Config{
		Store: s.Store, Engine: s.engine, Users: s.users, Factors: s.factors, Passkeys: s.passkeys, OAuth: s.oauth, Risk: s.risk,
		Branding: &branding.Service{Store: s.Store, PublicURL: s.PublicURL}, Files: files, DefaultStyle: s.DefaultLoginStyle,
		Log: s.Log, Now: s.Now,
	})
	pages.Register(e)
	(&oauth.ClientEndpoints{
		Store: s.Store, Engine: s.engine, Tokens: s.tokens, Requests: s.oauth,
		Keys: &oauth.ClientKeys{Client: s.Outgoing, Now: s.Now, Log: s.Log}, Limits: throttle.DefaultLimits(), Now: s.Now,
	}).Mount(e)
	s.clients.Mount(e)
	d := &oauth.Discovery{
		Store: s.Store, Keys: s.keys, Issuer: s.issuer(), Hosts: s.hosts, Endpoints: e, Languages: pages.Languages,
	}
	d.Register(e)
	return e, d
}

// families returns the services that implement the operations, one line per family.
func (s *services) families() []any {
	return []any{
		&appclient.Service{Store: s.Store, Quotas: s.Quotas, Trash: s.trash, Now: s.Now, ChooseID: devOnly(s.Dev, devapi.ChooseClientID)},
		&auth.Service{Store: s.Store, Engine: s.engine, Risk: s.risk},
		&device.Service{Store: s.Store, Devices: s.devices},
		&domain.Service{Store: s.Store, PublicURL: s.PublicURL, HostNames: s.HostNames, Quotas: s.Quotas, Now: s.Now},
		&group.Service{Store: s.Store, Groups: s.groups},
		&identityprovider.Service{Store: s.Store, Providers: s.providers, Keys: s.samlKeys, Links: s.links},
		&limit.Service{Store: s.Store, Maximum: s.LimitMaximum, Rates: s.RateLimits},
		&logs.Service{Store: s.Store},
		&managedlogin.Service{Store: s.Store, Quotas: s.Quotas, Log: s.Log, Now: s.Now},
		&mfa.Service{Store: s.Store, Factors: s.factors},
		&password.Service{Store: s.Store, Users: s.users, Risk: s.risk},
		&replica.Service{Store: s.Store, Regions: s.ReplicaRegions, Now: s.Now},
		&resourceserver.Service{Store: s.Store, Quotas: s.Quotas, Now: s.Now},
		&signup.Service{Store: s.Store, Users: s.users, Engine: s.engine, Risk: s.risk},
		&terms.Service{Store: s.Store, Quotas: s.Quotas, Now: s.Now},
		&threat.Service{Store: s.Store, Risk: s.risk, Now: s.Now},
		&uicustomization.Service{Store: s.Store, PublicURL: s.PublicURL, Log: s.Log, Now: s.Now},
		&user.Service{Store: s.Store, Users: s.users, Now: s.Now},
		&importops.Service{Store: s.Store, Jobs: s.imports},
		&userpool.Service{
			Store: s.Store, Keys: s.keys, Quotas: s.Quotas, Trash: s.trash, Now: s.Now, ChooseID: devOnly(s.Dev, devapi.ChoosePoolID),
		},
		&usersession.Service{Store: s.Store, Engine: s.engine, Risk: s.risk, Now: s.Now},
		&webauthn.Service{Store: s.Store, Passkeys: s.passkeys},
	}
}

// devOnly returns f on a development server, and nil on any other.
func devOnly[F any](dev *devapi.Options, f F) F {
	var none F
	if dev == nil {
		return none
	}
	return f
}

// devSecret returns f on a development server whose log may have secrets, and nil on any other.
func devSecret[F any](dev *devapi.Options, f F) F {
	if dev != nil && !dev.LogSecrets {
		dev = nil
	}
	return devOnly(dev, f)
}

// devAPI returns the API that `cognate dev` has for tests.
func (s *services) devAPI(endpoints map[string]api.Endpoint) *devapi.API {
	return &devapi.API{
		Options: *s.Dev, Store: s.Store, Keys: s.keys, Passwords: s.passwords, Users: s.users, Groups: s.groups,
		Bodies: s.bodies.administrators, Endpoints: endpoints, PublicURL: s.PublicURL, HostNames: s.HostNames, Log: s.Log,
	}
}

//go:generate go run ../internal/opsdoc ..
//go:generate go run ../internal/metricsdoc ..
