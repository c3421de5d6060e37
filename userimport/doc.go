// Package userimport imports users from CSV files: the header of a pool's files, the rows, the upload of a file, and the jobs
// that read it. A job is Created, then has a file, then it is started: Pending, InProgress and at last Succeeded, Failed or
// Stopped. A job that is not started is Expired.
//
// One server runs a job. It stores up to 500 rows in one transaction, together with the position in the file, the counts and
// the log. So each row counts once. If the server is killed, the job makes no progress for a while, and another server goes on
// at the position. Each write checks that the run still holds the job, so an earlier holder can write nothing.
//
// The rules about users are in package account. The package does not know the shapes of the API.
package userimport
