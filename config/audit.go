package config

import (
	"slices"
	"strings"
	"time"
)

// AuditSettings holds the settings of audit records (docs/audit.md).
type AuditSettings struct {
	// Audit says what is recorded: AuditOff, AuditChanges, AuditSignIns or AuditAll. Default changes in Serve, off in Dev.
	Audit string `koanf:"audit"`
	// AuditRetention is how long records are kept. Default 90d; 0 means forever.
	AuditRetention time.Duration `koanf:"audit_retention"`
	// AuditFile is a file that gets a copy of each record of this server, as JSON Lines. SIGHUP opens it again.
	AuditFile string `koanf:"audit_file"`
	// AuditFileRequired refuses changes while AuditFile cannot be written.
	AuditFileRequired bool `koanf:"audit_file_required"`
	// AuditWebhookURL is the address that copies of all records are posted to: https, or http on loopback.
	AuditWebhookURL string `koanf:"audit_webhook_url"`
	// AuditWebhookSecret signs the posted records, at least 16 characters. In the environment only. Load sets it from
	// AuditWebhookSecretFile.
	AuditWebhookSecret Secret `koanf:"audit_webhook_secret"`
	// AuditWebhookSecretFile is a file with the secret.
	AuditWebhookSecretFile string `koanf:"audit_webhook_secret_file"`
}

// The values of AuditSettings.Audit. Each one includes the one before it.
const (
	AuditOff     = "off"
	AuditChanges = "changes"
	AuditSignIns = "sign-ins"
	AuditAll     = "all"
)

// minAuditRetention is longer than servers need to copy records to a file and a webhook that cannot be reached for some hours.
const minAuditRetention = 24 * time.Hour

func (c *Config) checkAudit(p *Problems) {
	if levels := []string{AuditOff, AuditChanges, AuditSignIns, AuditAll}; !slices.Contains(levels, c.Audit) {
		p.add("audit: %q is not %s", c.Audit, strings.Join(levels[:3], ", ")+" or "+levels[3])
	}
	if c.AuditRetention != 0 && (c.AuditRetention < minAuditRetention || c.AuditRetention > maxRetention) {
		p.add("audit_retention: %v is not between %v and %v (0 means forever)", c.AuditRetention, minAuditRetention, maxRetention)
	}
	for _, setting := range []struct {
		name  string
		isSet bool
	}{{"audit_file", c.AuditFile != ""}, {"audit_webhook_url", c.AuditWebhookURL != ""}} {
		if setting.isSet && c.Audit == AuditOff {
			p.add("%s: has no effect with audit: off", setting.name)
		}
	}
	if c.AuditFileRequired && c.AuditFile == "" {
		p.add("audit_file_required: needs audit_file")
	}
	if c.AuditWebhookURL == "" {
		if c.AuditWebhookSecretFile != "" {
			p.add("audit_webhook_secret_file: has no effect without audit_webhook_url")
		}
		return
	}
	p.checkWebhook("audit_webhook", "https://audit.example.com/records", "records", c.AuditWebhookURL, c.AuditWebhookSecret, c.AuditWebhookSecretFile)
}

// readAuditSecret reads the secret from its file.
func (c *Config) readAuditSecret(p *Problems) {
	if c.AuditWebhookSecretFile == "" || c.AuditWebhookSecret != "" {
		return
	}
	c.AuditWebhookSecret = readSecret(p, "audit_webhook_secret_file", c.AuditWebhookSecretFile)
	if c.AuditWebhookSecret != "" && len(c.AuditWebhookSecret) < minSecretSize {
		p.add("audit_webhook_secret_file: the secret is shorter than %d characters", minSecretSize)
	}
}
