package cognate

import (
	"net/netip"
	"slices"
	"strconv"
	"time"

	"cognate/api"
)

// RiskConfiguration says how a pool, or one of its app clients, reacts to compromised passwords, to risky sign-ins and to
// addresses. A nil part has no settings.
type RiskConfiguration struct {
	Compromised *api.CompromisedCredentialsRiskConfigurationType
	Takeover    *api.AccountTakeoverRiskConfigurationType
	Exceptions  *api.RiskExceptionConfigurationType
	ModifiedAt  time.Time
}

// Check returns an error for the first rule that the settings break. The shapes of the API have checked lengths and values.
// Errors: InvalidParameterException. Source: docs/behaviour.md §5.10.
// Assumed: the texts for an IP range that is not CIDR, and for an invalid SourceArn, From or ReplyTo of a notification. An
// address without a prefix length is refused. A range may have bits after its prefix.
func (c *RiskConfiguration) Check() error {
	if e := c.Exceptions; e != nil {
		if err := checkRanges("BlockedIPRangeList", e.BlockedIPRangeList); err != nil {
			return err
		}
		if err := checkRanges("SkippedIPRangeList", e.SkippedIPRangeList); err != nil {
			return err
		}
	}
	if c.Takeover == nil || c.Takeover.NotifyConfiguration == nil {
		return nil
	}
	n := c.Takeover.NotifyConfiguration
	if _, err := ParseARN(SESIdentityARN, n.SourceArn); err != nil {
		return api.InvalidParameterException("Invalid SourceArn: " + n.SourceArn)
	}
	if err := checkSender("From", n.From); err != nil {
		return err
	}
	return checkSender("ReplyTo", n.ReplyTo)
}

// checkSender checks an address in the emails about risky sign-ins. It may be empty.
func checkSender(name, address string) error {
	if _, err := ParseNamedEmailAddress(address); address != "" && err != nil {
		return api.InvalidParameterException("Invalid " + name + " in NotifyConfiguration: " + address)
	}
	return nil
}

func checkRanges(list string, ranges []string) error {
	for _, r := range ranges {
		if _, err := netip.ParsePrefix(r); err != nil {
			return api.InvalidParameterException("Invalid CIDR in " + list + ": " + strconv.Quote(r))
		}
	}
	return nil
}

// IsEmpty reports whether the configuration has no part. An empty configuration of an app client has no effect.
func (c *RiskConfiguration) IsEmpty() bool {
	return c == nil || c.Compromised == nil && c.Takeover == nil && c.Exceptions == nil
}

// Blocks reports whether the configuration blocks requests from an address. An address that is no IP address is in no range.
func (c *RiskConfiguration) Blocks(address string) bool {
	return c.Exceptions != nil && isInRanges(c.Exceptions.BlockedIPRangeList, address)
}

// Skips reports whether the configuration finds no risk in sign-ins from an address. An address that is no IP address is in no
// range.
func (c *RiskConfiguration) Skips(address string) bool {
	return c.Exceptions != nil && isInRanges(c.Exceptions.SkippedIPRangeList, address)
}

// Action returns what the configuration does with a sign-in of a risk. It is NO_ACTION without a risk, and for a level without
// settings.
func (c *RiskConfiguration) Action(level api.RiskLevelType) api.AccountTakeoverEventActionType {
	if a := c.settingsOf(level); a != nil {
		return a.EventAction
	}
	return api.AccountTakeoverEventActionTypeNoAction
}

// Notifies reports whether the configuration sends the user an email about a sign-in of a risk.
func (c *RiskConfiguration) Notifies(level api.RiskLevelType) bool {
	a := c.settingsOf(level)
	return a != nil && api.IsTrue(a.Notify)
}

// settingsOf returns the settings for a level of risk; nil if there are none, and without a risk.
func (c *RiskConfiguration) settingsOf(level api.RiskLevelType) *api.AccountTakeoverActionType {
	if c.Takeover == nil || c.Takeover.Actions == nil {
		return nil
	}
	switch level {
	case api.RiskLevelTypeLow:
		return c.Takeover.Actions.LowAction
	case api.RiskLevelTypeMedium:
		return c.Takeover.Actions.MediumAction
	case api.RiskLevelTypeHigh:
		return c.Takeover.Actions.HighAction
	default:
		return nil
	}
}

// Notification returns the texts and the sender of emails about risky sign-ins. Its members are empty if there are no settings.
func (c *RiskConfiguration) Notification() api.NotifyConfigurationType {
	if c.Takeover == nil || c.Takeover.NotifyConfiguration == nil {
		return api.NotifyConfigurationType{}
	}
	return *c.Takeover.NotifyConfiguration
}

// isInRanges reports whether an address is in one of the CIDR ranges. IPv4 addresses that are written as IPv6 addresses are
// compared as IPv4.
func isInRanges(ranges []string, address string) bool {
	ip, err := netip.ParseAddr(address)
	if err != nil || len(ranges) == 0 {
		return false
	}
	ip = ip.Unmap().WithZone("")
	return slices.ContainsFunc(ranges, func(text string) bool {
		r, err := netip.ParsePrefix(text)
		return err == nil && unmapped(r).Contains(ip)
	})
}

// unmapped returns a range of IPv4 addresses for a range that writes them as IPv6 addresses.
func unmapped(r netip.Prefix) netip.Prefix {
	const mapped = 96 // the bits before the IPv4 address
	if r.Addr().Is4In6() && r.Bits() >= mapped {
		return netip.PrefixFrom(r.Addr().Unmap(), r.Bits()-mapped)
	}
	return r
}

// RiskConfigurationOf returns the configuration for requests of a client: that of the client, or else that of the pool. It is
// never nil. Source: API reference, SetRiskConfiguration.
// Assumed: an app client with a risk configuration uses no part of the configuration of its pool.
func (p *UserPool) RiskConfigurationOf(client *AppClient) *RiskConfiguration {
	switch {
	case client != nil && !client.Risk.IsEmpty():
		return client.Risk
	case !p.Risk.IsEmpty():
		return p.Risk
	default:
		return new(RiskConfiguration)
	}
}

// ThreatProtection returns the mode of threat protection: OFF, AUDIT or ENFORCED. Custom sign-ins have their own.
func (p *UserPool) ThreatProtection() api.AdvancedSecurityModeType {
	return p.ThreatProtectionOf(false)
}

// RecordsEvents reports whether the pool records events of any kind.
func (p *UserPool) RecordsEvents() bool {
	off := api.AdvancedSecurityModeTypeOff
	return p.ThreatProtection() != off || p.ThreatProtectionOf(true) != off
}

// ThreatProtectionOf returns the mode of threat protection in custom sign-ins, or in all other requests. It is OFF in custom
// sign-ins unless CustomAuthMode says otherwise.
func (p *UserPool) ThreatProtectionOf(custom bool) api.AdvancedSecurityModeType {
	a := p.AdvancedSecurity
	if a == nil || p.Tier != api.UserPoolTierTypePlus {
		return api.AdvancedSecurityModeTypeOff
	}
	mode := a.AdvancedSecurityMode
	if custom {
		mode = api.AdvancedSecurityModeTypeOff
		if flows := a.AdvancedSecurityAdditionalFlows; flows != nil {
			mode = api.AdvancedSecurityModeType(flows.CustomAuthMode)
		}
	}
	switch mode {
	case api.AdvancedSecurityModeTypeAudit, api.AdvancedSecurityModeTypeEnforced:
		return mode
	default:
		return api.AdvancedSecurityModeTypeOff
	}
}
