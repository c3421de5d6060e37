// Package invoker invokes the functions of triggers: through the API of AWS Lambda or a compatible endpoint (Lambda), at an
// HTTPS URL (Web), or as a program on this machine (Command). A Router selects the invoker by the function's ARN.
//
// The package does not interpret events and does not retry; package trigger does. Only the operator configures where
// functions are. Administrators of pools, users and functions cannot change it.
package invoker
