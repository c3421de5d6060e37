// Package trigger calls the Lambda functions of a pool. It encodes their events, waits for their answers for five seconds,
// and decodes them. It supports every trigger of the API's LambdaConfig except the one for federation.
//
// The package knows no flow: it does not call back, and the caller decides what an answer leads to. An Invoker reaches the
// functions (package trigger/invoker).
//
// Call it outside transactions, because a function may take seconds.
package trigger
