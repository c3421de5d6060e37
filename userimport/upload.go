package userimport

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/ratelimit"
	"cognate/store"
)

const (
	// maxFile is the size of a file. Source: docs/behaviour.md §5.7.
	maxFile = 100 << 20
	// chunkSize is how much of a file is in memory, and in one row of the database.
	chunkSize = 256 << 10

	// An upload must be at least as fast as leastRate, in bytes a second, after the time of grace. A slower one ends.
	leastRate = 64 << 10
	grace     = 20 * time.Second

	// MaxUpload is after which time since the creation of its job an upload has ended: it began while the address was valid, and
	// it was as slow as permitted.
	MaxUpload = cognate.UserImportUploadTime + grace + maxFile/leastRate*time.Second
)

// signatureParameter is the name of the signature in an upload address.
const signatureParameter = "signature"

// UploadURL returns the address for the file of a job: "<public URL>/user-imports/<pool ID>/<job ID>?signature=<hex>". Only the
// holder of the store's key can sign an address. Whether the address is still valid depends on the job.
//
// Assumed: all answers about a job have its upload address, also after it has expired.
func (s *Service) UploadURL(j *cognate.UserImportJob) (string, error) {
	signature, err := s.sign(j.PoolID, j.ID)
	if err != nil {
		return "", err
	}
	return s.PublicURL + "/user-imports/" + j.PoolID + "/" + j.ID + "?" + signatureParameter + "=" + signature, nil
}

func (s *Service) sign(poolID, jobID string) (string, error) {
	key, err := hkdf.Key(sha256.New, s.Store.DecoyKey(), nil, "upload addresses of user import jobs", sha256.Size)
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(poolID + "/" + jobID))
	return hex.EncodeToString(mac.Sum(nil)), nil
}

// UploadRoute is the pattern of PutFile.
const UploadRoute = "PUT /user-imports/{pool}/{job}"

// refusal is an answer to an upload that is not stored.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return r.text }

var (
	// errAddress is the same for a wrong signature and for an unknown job.
	errAddress  = &refusal{http.StatusForbidden, "the address is not that of a user import job"}
	errClosed   = &refusal{http.StatusForbidden, "the address has expired, or the job has been started"}
	errTooLarge = &refusal{http.StatusRequestEntityTooLarge, "the file is larger than 100 MB"}
	errUploads  = &refusal{http.StatusServiceUnavailable, "too many files are being uploaded; try again"}
	// errNetworkUploads is for a network that has all its uploads already.
	errNetworkUploads = &refusal{http.StatusTooManyRequests, "your network uploads files for four other jobs; try again"}
	errReplaced       = &refusal{http.StatusConflict, "another upload for the job has begun, or the job has been started"}
	errSlow           = &refusal{http.StatusRequestTimeout, "the upload was interrupted or too slow"}
)

// PutFile stores the body of a request as the file of a job. A later upload replaces it until the job is started. The context has the
// origin of the request.
func (s *Service) PutFile(w http.ResponseWriter, r *http.Request) {
	poolID, jobID := r.PathValue("pool"), r.PathValue("job")
	size, err := s.receive(w, r, poolID, jobID)
	refused, isRefusal := errors.AsType[*refusal](err)
	switch {
	case err == nil:
		s.Log.InfoContext(r.Context(), "user import: file uploaded", "pool", poolID, "job", jobID, "bytes", size)
	case isRefusal:
		w.Header().Set("Connection", "close") // the rest of the body is not read
		http.Error(w, refused.text, refused.status)
	default:
		s.Log.ErrorContext(r.Context(), "user import: the file was not stored", "error", err)
		w.Header().Set("Connection", "close")
		http.Error(w, "internal error", http.StatusInternalServerError)
	}
}

// receive checks the address and stores the body. It returns the size of the file. Errors: refusal.
func (s *Service) receive(w http.ResponseWriter, r *http.Request, poolID, jobID string) (int64, error) {
	want, err := s.sign(poolID, jobID)
	if err != nil {
		return 0, err
	}
	if !hmac.Equal([]byte(want), []byte(r.URL.Query().Get(signatureParameter))) {
		return 0, errAddress
	}
	if r.ContentLength > maxFile {
		return 0, errTooLarge
	}
	control := http.NewResponseController(w)
	place := &slot{
		job: jobKey{poolID, jobID}, network: ratelimit.Network(cognate.OriginFrom(r.Context()).IPAddress),
		stop: func() { _ = control.SetReadDeadline(time.Unix(1, 0)) }, // long ago
	}
	if err := s.uploads.take(place); err != nil {
		return 0, err
	}
	defer s.uploads.leave(place)
	u := &upload{service: s, poolID: poolID, jobID: jobID, id: uuid.NewString()}
	if err := u.begin(r.Context()); err != nil {
		return 0, err
	}
	extend := deadlines(control)
	size, err := u.store(r.Context(), r.Body, func(bytes int64) error { return s.uploads.received(place, bytes, extend) })
	if err == nil {
		err = u.finish(r.Context(), size)
	}
	if err != nil {
		return 0, errors.Join(err, u.drop(context.WithoutCancel(r.Context())))
	}
	return size, nil
}

// deadlines returns a function that sets by when the next part of a body must have arrived, after a number of bytes. The answer
// needs time after that too.
func deadlines(control *http.ResponseController) func(bytes int64) error {
	began := time.Now() //nolint:forbidigo // deadlines of connections are in real time
	return func(bytes int64) error {
		by := began.Add(grace + time.Duration(bytes/chunkSize+1)*(chunkSize*time.Second/leastRate))
		return errors.Join(control.SetReadDeadline(by), control.SetWriteDeadline(by.Add(grace)))
	}
}

// upload is one request with a file.
type upload struct {
	service           *Service
	poolID, jobID, id string
}

// begin makes this upload the newest one of its job. An older one that has not ended stops, so a job has at most two files.
func (u *upload) begin(ctx context.Context) error {
	return u.change(ctx, func(tx *store.Tx, j *cognate.UserImportJob) error {
		if !j.AcceptsUpload(u.service.Now()) {
			return errClosed
		}
		j.Uploading = u.id
		return errors.Join(tx.DeleteImportChunks(ctx, j, j.Upload), tx.SaveImportJob(ctx, j))
	})
}

// store stores a body in parts. It calls received with the number of bytes after each read.
func (u *upload) store(ctx context.Context, body io.Reader, received func(bytes int64) error) (int64, error) {
	buffer := make([]byte, chunkSize)
	var size int64
	if err := received(0); err != nil {
		return 0, err
	}
	for {
		n, ended, err := fill(body, buffer, received)
		switch {
		case err != nil:
			return 0, errSlow
		case size+int64(n) > maxFile:
			return 0, errTooLarge
		case n > 0:
			err := u.ongoing(ctx, func(tx *store.Tx, j *cognate.UserImportJob) error {
				return tx.AddImportChunk(ctx, j, u.id, size, buffer[:n])
			})
			if err != nil {
				return 0, err
			}
		}
		size += int64(n)
		if ended {
			return size, nil
		}
	}
}

// fill reads until buffer is full or the body ends. A body that the client does not finish does not end: Read returns another
// error than io.EOF.
func fill(body io.Reader, buffer []byte, received func(bytes int64) error) (n int, ended bool, err error) {
	for n < len(buffer) {
		read, err := body.Read(buffer[n:])
		n += read
		if err == nil {
			err = received(int64(read))
		}
		switch {
		case errors.Is(err, io.EOF):
			return n, true, nil
		case err != nil:
			return n, false, err
		}
	}
	return n, false, nil
}

// finish makes the upload the file of its job.
func (u *upload) finish(ctx context.Context, size int64) error {
	pool, err := u.service.Store.UserPool(ctx, u.poolID)
	if errors.Is(err, store.ErrNotFound) {
		return errAddress
	}
	if err != nil {
		return err
	}
	ctx = u.service.Records.Notice(ctx, "CognateUserImportUploaded")
	audit.SetPool(ctx, pool)
	audit.SetDetails(ctx, map[string]string{"job": u.jobID, "bytes": strconv.FormatInt(size, 10)})
	return u.ongoing(ctx, func(tx *store.Tx, j *cognate.UserImportJob) error {
		j.Upload, j.Uploading = u.id, ""
		return errors.Join(tx.DeleteImportChunks(ctx, j, u.id), tx.SaveImportJob(ctx, j))
	})
}

// drop deletes what an upload that failed has stored.
func (u *upload) drop(ctx context.Context) error {
	err := u.ongoing(ctx, func(tx *store.Tx, j *cognate.UserImportJob) error {
		j.Uploading = ""
		return errors.Join(tx.DeleteImportChunks(ctx, j, j.Upload), tx.SaveImportJob(ctx, j))
	})
	if _, replaced := errors.AsType[*refusal](err); replaced {
		return nil // the upload that replaced it has deleted its parts
	}
	return err
}

// ongoing changes the job while this upload is its newest one.
func (u *upload) ongoing(ctx context.Context, fn func(*store.Tx, *cognate.UserImportJob) error) error {
	return u.change(ctx, func(tx *store.Tx, j *cognate.UserImportJob) error {
		if j.Uploading != u.id || j.Status != api.UserImportJobStatusTypeCreated {
			return errReplaced
		}
		return fn(tx, j)
	})
}

func (u *upload) change(ctx context.Context, fn func(*store.Tx, *cognate.UserImportJob) error) error {
	return u.service.Store.Write(ctx, func(tx *store.Tx) error {
		j, err := tx.LockImportJob(ctx, u.poolID, u.jobID)
		if errors.Is(err, store.ErrNotFound) {
			return errAddress
		}
		if err != nil {
			return err
		}
		j.Expire(u.service.Now())
		return fn(tx, j)
	})
}
