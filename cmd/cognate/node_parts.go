package main

import (
	"context"
	"errors"
	"fmt"
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

// makeParts makes the parts. Errors: config.Problems, with everything that is wrong. Then nothing has been changed.
func (n *node) makeParts(ctx context.Context) (*parts, error) {
	p := &parts{removeCertificate: func() error { return nil }}
	var problems config.Problems
	try := func(err error) {
		if err != nil {
			problems = append(problems, err.Error())
		}
	}
	var err error
	problems = n.readParts(ctx, p)
	p.logs, err = newLogDelivery(ctx, n.config, time.Now, n.log)
	try(err)
	p.audit, err = n.audit()
	try(err)
	if len(problems) > 0 && n.config.Mode == config.Dev {
		return nil, problems // a development server can make the files that the rest is read from
	}
	p.masterKeys, err = n.masterKeys()
	try(err)
	p.acme, err = n.acme()
	try(err)
	if certificate, remove, err := n.certificate(p.acme); err != nil {
		try(err)
	} else {
		p.certificate, p.removeCertificate = certificate, remove
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems, p.removeCertificate())
	}
	return p, nil
}

// readParts makes the parts that only need the settings and the files that they name. It starts and creates nothing.
func (n *node) readParts(ctx context.Context, p *parts) (problems config.Problems) {
	try := func(err error) {
		if err != nil {
			problems = append(problems, err.Error())
		}
	}
	var err error
	// Requests to other services are signed with the real time, even if a developer's clock is moved.
	p.functions, err = functions(ctx, n.config, time.Now, n.log)
	try(err)
	p.transports, err = newTransports(ctx, n.config, time.Now)
	try(err)
	p.codeKeys, err = codeKeys(ctx, n.config, time.Now)
	try(err)
	p.compromised, err = n.compromisedPasswords()
	try(err)
	p.places, err = n.places()
	try(err)
	p.pages, err = loginPages(n.config.LoginPages)
	try(err)
	p.keys, err = configuredKeys(n.config.AccessKeys)
	try(err)
	p.seed, err = readSeed(n.config.Seed)
	try(err)
	return problems
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
