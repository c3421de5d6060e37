package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"cognate"
	"cognate/api"
	"cognate/store/gen"
)

// importTables are deleted before the users: a write of an import has locked its job, so the deletion of a pool waits for it
// before it deletes the users.
var importTables = []table{
	{name: "import_jobs", role: roleTransient, restoring: restoreKeeps, key: []string{"pool_id", "job_id"}},
	{
		name: "import_chunks", role: roleTransient, restoring: restoreKeeps, key: []string{"pool_id", "job_id", "upload_id", "start"},
		sealed: []string{"sealed"},
	},
	{name: "import_log", role: roleTransient, restoring: restoreKeeps, key: []string{"pool_id", "job_id", "line"}},
}

// ImportJob returns a job of a pool. Errors: ErrNotFound.
func (s *Store) ImportJob(ctx context.Context, poolID, jobID string) (*cognate.UserImportJob, error) {
	row, err := s.reader.GetImportJob(ctx, gen.GetImportJobParams{PoolID: poolID, JobID: jobID})
	if err != nil {
		return nil, found("get import job", err)
	}
	return importJobFromRow(row.ImportJob), nil
}

// ImportJobs returns up to limit jobs of a pool that were created before the one with that ordinal, newest first.
func (s *Store) ImportJobs(ctx context.Context, poolID string, before int64, limit int) ([]*cognate.UserImportJob, error) {
	rows, err := s.reader.ListImportJobs(ctx, gen.ListImportJobsParams{PoolID: poolID, BeforeOrdinal: before, PageSize: int32(limit)})
	if err != nil {
		return nil, fmt.Errorf("list import jobs: %w", err)
	}
	jobs := make([]*cognate.UserImportJob, 0, len(rows))
	for _, row := range rows {
		jobs = append(jobs, importJobFromRow(row.ImportJob))
	}
	return jobs, nil
}

// RunningImportJobs returns the jobs of all pools that have been started and have not ended.
func (s *Store) RunningImportJobs(ctx context.Context) ([]*cognate.UserImportJob, error) {
	rows, err := s.reader.ListRunningImportJobs(ctx)
	if err != nil {
		return nil, fmt.Errorf("list running import jobs: %w", err)
	}
	jobs := make([]*cognate.UserImportJob, 0, len(rows))
	for _, row := range rows {
		jobs = append(jobs, importJobFromRow(row.ImportJob))
	}
	return jobs, nil
}

// ImportChunk returns the bytes of a job's file from a position up to the end of the stored part, or nothing after the end of
// the file.
func (s *Store) ImportChunk(ctx context.Context, j *cognate.UserImportJob, position int64) ([]byte, error) {
	row, err := s.reader.GetImportChunk(ctx, gen.GetImportChunkParams{
		PoolID: j.PoolID, JobID: j.ID, UploadID: j.Upload, Position: position,
	})
	if err != nil {
		return nil, found("get import chunk", err)
	}
	data, err := s.unseal(row.Sealed, importChunkAAD(j, j.Upload, row.Start))
	if err != nil {
		return nil, err
	}
	return data[min(position-row.Start, int64(len(data))):], nil
}

// CreateImportJob adds a job to a pool that the transaction has locked, and sets its Ordinal. Errors: ErrExists.
func (t *Tx) CreateImportJob(ctx context.Context, j *cognate.UserImportJob) error {
	last, err := t.q.LastImportJobOrdinal(ctx, j.PoolID)
	if err := found("create import job", err); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	j.Ordinal = last + 1
	n, err := t.q.CreateImportJob(ctx, gen.CreateImportJobParams{
		PoolID: j.PoolID, JobID: j.ID, AccountID: j.AccountID, Name: j.Name, RoleArn: j.RoleARN, Hashing: string(j.Hashing),
		Status: string(j.Status), Ordinal: j.Ordinal, Version: newVersion(), CreatedAt: millis(j.CreatedAt),
	})
	return changed("create import job", ErrExists, n, err)
}

// CountImportJobs returns the number of jobs of a pool that the transaction has locked.
func (t *Tx) CountImportJobs(ctx context.Context, poolID string) (int, error) {
	n, err := t.q.CountImportJobs(ctx, poolID)
	if err != nil {
		return 0, fmt.Errorf("count import jobs: %w", err)
	}
	return int(n), nil
}

// CountRunningImportJobs returns the number of jobs of an account in a region that have been started and have not ended. The
// transaction has locked the account.
func (t *Tx) CountRunningImportJobs(ctx context.Context, accountID, region string) (int, error) {
	after, before := poolIDs(region)
	n, err := t.q.CountRunningImportJobs(ctx, gen.CountRunningImportJobsParams{AccountID: accountID, AfterID: after, BeforeID: before})
	if err != nil {
		return 0, fmt.Errorf("count running import jobs: %w", err)
	}
	return int(n), nil
}

// LockImportJob returns a job that the caller can change, and locks it until the transaction ends. It raises the Beat of the
// job. Errors: ErrNotFound.
func (t *Tx) LockImportJob(ctx context.Context, poolID, jobID string) (*cognate.UserImportJob, error) {
	row, err := t.q.LockImportJob(ctx, gen.LockImportJobParams{PoolID: poolID, JobID: jobID})
	if err != nil {
		return nil, found("lock import job", err)
	}
	return importJobFromRow(row), nil
}

// SaveImportJob stores a job that the transaction has locked.
func (t *Tx) SaveImportJob(ctx context.Context, j *cognate.UserImportJob) error {
	err := t.q.SaveImportJob(ctx, gen.SaveImportJobParams{
		Status: string(j.Status), Message: j.Message, Upload: j.Upload, Uploading: j.Uploading, Position: j.Position, Line: j.Line,
		Imported: j.Imported, Skipped: j.Skipped, Failed: j.Failed, Holder: j.Holder, StartedAt: millis(j.StartedAt),
		CompletedAt: millis(j.CompletedAt), PoolID: j.PoolID, JobID: j.ID,
	})
	if err != nil {
		return fmt.Errorf("save import job: %w", err)
	}
	return nil
}

// DeleteImportChunks deletes the parts of all uploads of a job, except the one with that ID.
func (t *Tx) DeleteImportChunks(ctx context.Context, j *cognate.UserImportJob, except string) error {
	err := t.q.DeleteImportChunks(ctx, gen.DeleteImportChunksParams{PoolID: j.PoolID, JobID: j.ID, ExceptID: except})
	if err != nil {
		return fmt.Errorf("delete import chunks: %w", err)
	}
	return nil
}

// AddImportChunk stores the part of an upload that begins after start bytes.
func (t *Tx) AddImportChunk(ctx context.Context, j *cognate.UserImportJob, upload string, start int64, data []byte) error {
	sealed, err := t.s.seal(data, importChunkAAD(j, upload, start))
	if err != nil {
		return err
	}
	err = t.q.CreateImportChunk(ctx, gen.CreateImportChunkParams{
		PoolID: j.PoolID, JobID: j.ID, UploadID: upload, Start: start, Sealed: sealed,
	})
	if err != nil {
		return fmt.Errorf("create import chunk: %w", err)
	}
	return nil
}

// AddImportLog stores entries of the log of a job, one in each line. line is the number of lines of the file before the rows
// that the entries are about.
func (t *Tx) AddImportLog(ctx context.Context, j *cognate.UserImportJob, line int64, entries string) error {
	err := t.q.CreateImportLog(ctx, gen.CreateImportLogParams{PoolID: j.PoolID, JobID: j.ID, Line: line, Entries: entries})
	if err != nil {
		return fmt.Errorf("create import log: %w", err)
	}
	return nil
}

func importChunkAAD(j *cognate.UserImportJob, upload string, start int64) string {
	return aadOf("import_chunks", j.PoolID, j.ID, upload, strconv.FormatInt(start, 10), "sealed")
}

// expireImports ends jobs that were created before a time and not started.
func (t *Tx) expireImports(ctx context.Context, before time.Time) error {
	err := t.q.ExpireImportJobs(ctx, gen.ExpireImportJobsParams{
		Message: cognate.UserImportExpired, Lifetime: cognate.UserImportLifetime.Milliseconds(), Before: millis(before),
	})
	if err != nil {
		return fmt.Errorf("expire import jobs: %w", err)
	}
	return nil
}

func importJobFromRow(row gen.ImportJob) *cognate.UserImportJob {
	return &cognate.UserImportJob{
		PoolID: row.PoolID, ID: row.JobID, AccountID: row.AccountID, Name: row.Name, RoleARN: row.RoleArn,
		Hashing: api.PasswordHashingAlgorithmType(row.Hashing), Status: api.UserImportJobStatusType(row.Status),
		Message: row.Message, Ordinal: row.Ordinal, CreatedAt: fromMillis(row.CreatedAt), StartedAt: fromMillis(row.StartedAt),
		CompletedAt: fromMillis(row.CompletedAt), Upload: row.Upload, Uploading: row.Uploading, Position: row.Position,
		Line: row.Line, Imported: row.Imported, Skipped: row.Skipped, Failed: row.Failed, Holder: row.Holder, Beat: row.Version,
	}
}
