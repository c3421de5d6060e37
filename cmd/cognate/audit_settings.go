package main

import (
	"fmt"
	"time"

	"cognate/audit"
	"cognate/internal/outgoing"
	"cognate/notify/webhook"
	"cognate/server"
)

// audit returns the settings of the audit records, and opens their file.
func (n *node) audit() (server.Audit, error) {
	c := n.config
	a := server.Audit{
		Level: audit.Level(c.Audit), Retention: c.AuditRetention, Node: audit.Node(c.Listen), IsFileRequired: c.AuditFileRequired,
	}
	if c.AuditFile != "" {
		file, err := audit.OpenFile(c.AuditFile)
		if err != nil {
			return server.Audit{}, fmt.Errorf("audit_file: %w; name a file in a folder that the server can write", err)
		}
		a.File = file
		n.reloads.reopen("audit_file", c.AuditFile, file)
	}
	if c.AuditWebhookURL != "" {
		a.Webhook = webhook.Records{Transport: webhook.New(webhook.Config{
			URL: c.AuditWebhookURL, Secret: []byte(c.AuditWebhookSecret), Client: outgoing.Operator(), Now: time.Now,
		})}
	}
	return a, nil
}
