// Package trigger calls the functions of a pool's owner: it writes their events, waits for their answers for five seconds,
// and reads them. Every trigger of the API's LambdaConfig is here but the one of federation.
//
// It knows no flow: it is called, it never calls back, and what an answer leads to is the caller's. How a function is
// reached is an Invoker's business (package trigger/invoker).
//
// Call it outside transactions: a function may take seconds.
package trigger
