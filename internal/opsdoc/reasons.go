package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// reason says why members of operations do nothing.
type reason struct {
	operations []string
	members    []string // each also means the members below it
	why        string
}

var (
	poolOperations   = []string{"CreateUserPool", "UpdateUserPool"}
	clientOperations = []string{"CreateUserPoolClient", "UpdateUserPoolClient"}
	domainOperations = []string{"CreateUserPoolDomain", "UpdateUserPoolDomain"}
	serverOperations = []string{"CreateResourceServer", "UpdateResourceServer"}
	termsOperations  = []string{"CreateTerms", "UpdateTerms"}
)

// reasons are those of the document, in its order.
var reasons = []reason{
	{
		[]string{
			"AdminInitiateAuth", "AdminRespondToAuthChallenge", "ConfirmForgotPassword", "ConfirmSignUp", "ForgotPassword", "InitiateAuth",
			"ResendConfirmationCode", "RespondToAuthChallenge", "SignUp",
		},
		[]string{"AnalyticsMetadata"},
		"It names an endpoint of Amazon Pinpoint, to which Cognate sends nothing.",
	},
	{clientOperations, []string{"AnalyticsConfiguration"}, "It names a project of Amazon Pinpoint, to which Cognate sends nothing."},
	{
		[]string{"AdminInitiateAuth", "AdminRespondToAuthChallenge"},
		[]string{"ContextData.ServerName", "ContextData.ServerPath"},
		"They describe the server of the application. Neither events nor risks have them.",
	},
	{poolOperations, []string{"LambdaConfig.InboundFederation"}, "Users cannot sign in through identity providers, so nothing calls the function."},
	{
		poolOperations,
		[]string{"LambdaConfig.CustomEmailSender.LambdaVersion", "LambdaConfig.CustomSMSSender.LambdaVersion"},
		"The only version is `V1_0`.",
	},
	{
		poolOperations,
		[]string{"EmailConfiguration.EmailSendingAccount"},
		"It is checked: `DEVELOPER` requires SourceArn, and email MFA requires `DEVELOPER`. The senders of the server send all email.",
	},
	{domainOperations, []string{"CustomDomainConfig"}, "The server has its own certificate of a domain, not one in AWS."},
	{domainOperations, []string{"Routing"}, "It names Regions of AWS. The DNS of the operator leads clients to a server."},
	{[]string{"CreateGroup", "UpdateGroup"}, []string{"Description"}, "It is a text for administrators."},
	{serverOperations, []string{"Name"}, "It is a text for administrators."},
	{termsOperations, []string{"TermsSource", "Enforcement"}, "There is only one value: `LINK` and `NONE`."},
	{[]string{"GetProvisionedLimit", "UpdateProvisionedLimit"}, []string{"LimitDefinition.LimitClass"}, "The only class is `API_CATEGORY`."},
	{
		[]string{"ListUserPoolClientSecrets", "ListUserPoolReplicas"},
		[]string{"NextToken"},
		"There is only one page, so a token is refused.",
	},
}

// elsewhere are the members that act where the analysis does not look: in queries of the database, and in what they return.
var elsewhere = []reason{
	{serverOperations, []string{"Scopes"}, "a query checks the scopes of app clients and of their tokens"},
}

// isOf returns a function that reports whether a member is its argument or below it.
func isOf(member string) func(string) bool {
	return func(m string) bool { return member == m || strings.HasPrefix(member, m+".") }
}

// have reports whether one of the reasons is about a member of an operation.
func have(reasons []reason, operation, member string) bool {
	return slices.ContainsFunc(reasons, func(r reason) bool {
		return slices.Contains(r.operations, operation) && slices.ContainsFunc(r.members, isOf(member))
	})
}

// all returns the members of both kinds.
func (m inert) all() []string { return slices.Concat(m.recorded, m.ignored) }

// without returns the members of an operation without those of elsewhere.
func (m inert) without(operation string) inert {
	remove := func(members []string) []string {
		return slices.DeleteFunc(members, func(member string) bool { return have(elsewhere, operation, member) })
	}
	return inert{recorded: remove(m.recorded), ignored: remove(m.ignored)}
}

// writeReasons writes the reasons for members that do nothing. all has these members, by operation.
func writeReasons(w io.Writer, all map[string]inert) {
	fmt.Fprint(w, `
## Members without effect

A recorded member is checked, stored and returned.

| member | operations | why |
| --- | --- | --- |
`)
	for _, r := range reasons {
		var operations []string
		for _, operation := range r.operations {
			if slices.ContainsFunc(all[operation].all(), func(member string) bool { return slices.ContainsFunc(r.members, isOf(member)) }) {
				operations = append(operations, operation)
			}
		}
		if len(operations) > 0 {
			fmt.Fprintf(w, "| %s | %s | %s |\n", strings.Join(r.members, ", "), strings.Join(operations, ", "), r.why)
		}
	}
}

// unexplained returns the members that do nothing without a reason, each after its operation.
func unexplained(all map[string]inert) []string {
	var found []string
	for operation, m := range all {
		for _, member := range m.all() {
			if !have(reasons, operation, member) {
				found = append(found, operation+" "+member)
			}
		}
	}
	slices.Sort(found)
	return found
}
