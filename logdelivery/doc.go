// Package logdelivery delivers records of user pools to the destinations that their administrators chose: events of users,
// messages that could not be delivered, and the logs of user imports.
//
// A destination is the ARN of a log group, a Firehose stream or an S3 bucket. The operator decides which sink receives the records
// of an ARN: the log of the server, a file, an OpenTelemetry collector, or the service of AWS. Records wait in a queue in memory,
// so no request waits for a sink. A record that no sink accepts in time, or for which the queue has no space, is dropped and
// counted.
//
// The package does not decide which records a pool delivers.
package logdelivery
