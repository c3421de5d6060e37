// Package attack has tests that attack a whole server over HTTP, as a client on the internet would. Each file has one class of attacks. An
// attack sends hostile input to every operation or page that takes such input. The server must refuse it with an error of the API,
// change nothing, and reveal no internal details.
//
// The package has only tests. The tests of a rule are in the folder of the rule. Other attacks need internal parts, so their tests are
// elsewhere: stalled bodies and connections (server, internal/bodies), the PROXY protocol (cmd/cognate), decoys (subject), pages
// (web/login), policies against a second evaluator (iam), and the time of answers (internal/bench -timing).
package attack
