// Package attack has tests that attack a whole server over HTTP, as a client on the internet would. Each file is a class of attacks. An
// attack sends what an attacker could send to every operation or page that takes it, and the server must refuse it with an error of the
// API, change nothing, and show nothing about the inside.
//
// The package has only tests. A rule's own tests are in the folder of the rule. These stay there, because they need parts of it:
// stalled bodies and connections (server, internal/bodies), the PROXY protocol (cmd/cognate), decoys (subject), pages (web/login), policies
// against a second evaluator (iam), and how long answers take (go run ./internal/bench -timing).
package attack
