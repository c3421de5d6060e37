// Package invoker reaches the functions of triggers: at the API of AWS Lambda or what speaks it (Lambda), at an HTTPS
// address (Web), or as a program on this machine (Command). A Router tells by the function's ARN which of them it is.
//
// It reads no events and retries nothing: package trigger does. Where functions are is the operator's word alone; nothing
// that an administrator of pools, a user or a function says leads anywhere else.
package invoker
