package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"cognate/certificates"
	"cognate/config"
	"cognate/devapi"
	"cognate/logdelivery"
	"cognate/risk"
	"cognate/sealing"
	"cognate/server"
	"cognate/trigger"
	"cognate/trigger/codekeys"
	"cognate/web/login"
)

// parts is what a node makes from its settings and the files that they name, before it opens its database.
type parts struct {
	functions         trigger.Invoker
	transports        transports
	logs              *logdelivery.Queue
	audit             server.Audit
	codeKeys          *codekeys.Keys
	compromised       risk.PasswordList
	places            risk.Locator
	pages             *login.Files
	keys              []configuredKey // those of the settings
	seed              *devapi.Seed    // nil without one
	masterKeys        []sealing.MasterKey
	certificate       certificateFunc
	removeCertificate func() error
	acme              *certificates.Manager // nil without ACME; the caller sets its store
}

// problems collects what is wrong with the settings and the files that they name.
type problems struct{ config.Problems }

// add adds an error, if there is one. Each of several Problems is one of its own.
func (p *problems) add(err error) {
	several, ok := errors.AsType[config.Problems](err)
	switch {
	case ok:
		p.Problems = append(p.Problems, several...)
	case err != nil:
		p.Problems = append(p.Problems, err.Error())
	}
}

// addEach adds the errors that errors.Join has joined.
func (p *problems) addEach(err error) {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		p.add(err)
		return
	}
	for _, one := range joined.Unwrap() {
		p.addEach(one)
	}
}

// makeParts makes the parts. Errors: config.Problems, with everything that is wrong. Then nothing has been changed.
func (n *node) makeParts(ctx context.Context) (*parts, error) {
	p := &parts{removeCertificate: func() error { return nil }}
	var err error
	found := problems{n.readParts(ctx, p)}
	p.logs, err = newLogDelivery(ctx, n.config, time.Now, n.log)
	found.add(err)
	p.audit, err = n.audit()
	found.add(err)
	if len(found.Problems) > 0 && n.config.Mode == config.Dev {
		return nil, found.Problems // a development server can make the files that the rest is read from
	}
	p.masterKeys, err = n.masterKeys()
	found.addEach(err)
	p.acme, err = n.acme()
	found.add(err)
	if certificate, remove, err := n.certificate(p.acme); err != nil {
		found.addEach(err)
	} else {
		p.certificate, p.removeCertificate = certificate, remove
	}
	if len(found.Problems) > 0 {
		return nil, errors.Join(found.Problems, p.removeCertificate())
	}
	return p, nil
}

// readParts makes the parts that only need the settings and the files that they name. It starts and creates nothing.
func (n *node) readParts(ctx context.Context, p *parts) config.Problems {
	found := problems{n.readFiles(p)}
	var err error
	// Requests to other services are signed with the real time, even if a developer's clock is moved.
	p.functions, err = functions(ctx, n.config, time.Now, n.log)
	found.add(err)
	p.transports, err = newTransports(ctx, n.config, time.Now)
	found.add(err)
	p.codeKeys, err = codeKeys(ctx, n.config, time.Now)
	found.add(err)
	return found.Problems
}

// readFiles makes the parts that are in files. Each needs only the setting that names its file, so other settings can be invalid.
func (n *node) readFiles(p *parts) config.Problems {
	var found problems
	var err error
	p.compromised, err = n.compromisedPasswords()
	found.add(err)
	p.places, err = n.places()
	found.add(err)
	p.pages, err = loginPages(n.config.LoginPages)
	found.add(err)
	p.keys, err = configuredKeys(n.config.AccessKeys)
	found.add(err)
	p.seed, err = readSeed(n.config.Seed)
	found.add(err)
	return found.Problems
}

// invalidFiles returns what is wrong with files that invalid settings name. So an operator sees it together with the problems of the
// settings.
func invalidFiles(c *config.Config) config.Problems {
	log := slog.New(slog.DiscardHandler)
	n := &node{config: c, reloads: newReloader(c, log), log: log}
	found := problems{n.readFiles(new(parts))}
	if c.MasterKey != "" {
		_, err := parseMasterKeys(c)
		found.addEach(err)
	}
	if c.TLSCert != "" && c.TLSKey != "" {
		found.add(n.reloads.loadCertificate())
	}
	if _, err := c.DomainKeys(); c.TLSDomains != "" && err == nil {
		found.addEach(n.reloads.loadDomains())
	}
	return found.Problems
}

// readSeed returns the content of a seed file; nil if the path is empty.
func readSeed(path string) (*devapi.Seed, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read seed: %w", err)
	}
	seed, err := devapi.ParseSeed(text)
	if err != nil {
		return nil, fmt.Errorf("seed %s:\n%w", path, err)
	}
	return seed, nil
}
