// Package codekeys encrypts the codes in the events of custom senders, in the message format of the AWS Encryption SDK or in
// Cognate's own. The operator's settings say where the key of a KMSKeyID is: in a file or in a KMS.
//
// The package writes the messages itself. The SDK's Go module (v0.4.0) has data races if two goroutines encrypt, calls a KMS
// without a context, panics on some answers, and would make the binary six megabytes larger. Package conformance decrypts the
// messages with that module and with the SDK for JavaScript.
package codekeys
