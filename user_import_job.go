package cognate

import (
	"slices"
	"time"

	"cognate/api"
)

// UserImportJob is one import of users from a CSV file. Source: docs/behaviour.md §5.7.
type UserImportJob struct {
	PoolID, ID string
	AccountID  string // of the pool
	Name       string
	// RoleARN is the role for CloudWatch Logs. It is checked, stored and returned: the log of an import needs no role here.
	RoleARN string
	// Hashing is the algorithm of the password hashes in the file; empty if the file has none.
	Hashing api.PasswordHashingAlgorithmType
	Status  api.UserImportJobStatusType
	// Message says how the job ended; empty before.
	Message string
	Ordinal int64 // orders the jobs of a pool by creation

	CreatedAt, StartedAt, CompletedAt time.Time // zero until reached

	// Upload is the ID of the upload that is the file of the job; empty without a file. Uploading is that of the newest upload
	// that has begun: an older one stops.
	Upload, Uploading string

	// What the import has stored so far. Position is in bytes and Line in lines of the file, both with the header.
	Position, Line            int64
	Imported, Skipped, Failed int64 // rows

	// Holder is the ID of the run that may write; empty if none may. Each change raises Beat.
	Holder string
	Beat   int64
}

const (
	// UserImportLifetime is how long a job waits for its start. Assumed: a job that is not started expires after 24 hours, of the
	// documented 24 to 48.
	UserImportLifetime = 24 * time.Hour
	// UserImportUploadTime is how long the upload address of a job is valid.
	UserImportUploadTime = 15 * time.Minute
)

// The messages of finished jobs. Source: docs/behaviour.md §5.7.
const (
	UserImportSucceeded = "Import Job Completed Successfully."
	UserImportExpired   = "The user import job has expired."
	UserImportStopped   = "The Import Job was stopped by the developer."
	UserImportTooMany   = "Too many users have failed or been skipped during the import."
)

// NewUserImportJobID returns a random ID for a job: "import-9sHxosU7BP".
func NewUserImportJobID() string { return "import-" + randomText(alphanumerics, 10) }

// IsRunning reports whether the job has been started and has not ended.
func (j *UserImportJob) IsRunning() bool {
	return slices.Contains([]api.UserImportJobStatusType{
		api.UserImportJobStatusTypePending, api.UserImportJobStatusTypeInProgress, api.UserImportJobStatusTypeStopping,
	}, j.Status)
}

// Expire ends the job if it was not started in time.
func (j *UserImportJob) Expire(now time.Time) {
	end := j.CreatedAt.Add(UserImportLifetime)
	if j.Status != api.UserImportJobStatusTypeCreated || now.Before(end) {
		return
	}
	j.Finish(api.UserImportJobStatusTypeExpired, UserImportExpired, end)
}

// AcceptsUpload reports whether a file can be uploaded for the job.
func (j *UserImportJob) AcceptsUpload(now time.Time) bool {
	return j.Status == api.UserImportJobStatusTypeCreated && now.Before(j.CreatedAt.Add(UserImportUploadTime))
}

// Finish ends the job. Its file is no longer needed, and no run may write.
func (j *UserImportJob) Finish(status api.UserImportJobStatusType, message string, at time.Time) {
	j.Status, j.Message, j.CompletedAt = status, message, at
	j.Upload, j.Uploading, j.Holder = "", "", ""
}

// HasTooManyErrors reports whether so many rows failed or were skipped that the job must end.
// Assumed: a job fails if more than half of the rows so far failed or were skipped, and it has read at least 40 rows. This is
// checked after each batch of rows.
func (j *UserImportJob) HasTooManyErrors() bool {
	const least = 40
	bad := j.Skipped + j.Failed
	read := bad + j.Imported
	return read >= least && 2*bad > read
}
