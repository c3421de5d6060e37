// Package federation has the rules for identity providers: which settings each type has, how the server reads their metadata,
// the keys of pools for SAML, and the links between users and their accounts at providers.
//
// Users cannot sign in through a provider yet. Connections follow the rules of package internal/outgoing, because callers of the
// API choose the hosts.
package federation
