package userimport

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cognate"
	"cognate/api"
	"cognate/sealing"
	"cognate/store"
	"cognate/store/storetest"
)

// pipes is a listener whose connections are pipes in memory, which have the fake time of a test.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	conn, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}
func (p pipes) Close() error   { close(p); return nil }
func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes", Net: "unix"} }

// dial returns a connection to the server.
func (p pipes) dial() net.Conn {
	client, server := net.Pipe()
	p <- server
	return client
}

// readAnswer returns the status and the text of an answer, or the error of reading it.
func readAnswer(conn net.Conn) string {
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err.Error()
	}
	return answer.Status + ": " + strings.TrimSpace(string(text))
}

// A client that sends a byte a second is ended after 24 seconds: 20 seconds, and the time for a part of the file. Other clients are not
// delayed meanwhile. The time is fake.
func TestSlowUpload(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, err := store.Open(t.Context(), store.Config{MasterKeys: []sealing.MasterKey{storetest.MasterKey(t)}})
		if err != nil {
			t.Fatalf("Open() = %v", err)
		}
		defer func() { _ = s.Close() }()
		service := New(Config{Store: s, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
		pool := &cognate.UserPool{ID: "eu-west-1_AbCdEfGhI", AccountID: "123456789012"}
		jobs := []*cognate.UserImportJob{{RoleARN: "arn:aws:iam::123456789012:role/logs"}, {RoleARN: "arn:aws:iam::123456789012:role/logs"}}
		mustWrite(t, s, func(tx *store.Tx) error { return tx.CreateUserPool(t.Context(), pool, nil) })
		for _, j := range jobs {
			mustWrite(t, s, func(tx *store.Tx) error { return service.Create(t.Context(), tx, pool, j) })
		}
		mux, on := http.NewServeMux(), make(pipes)
		service.Mount(mux)
		// The limits of every other request, which an upload replaces.
		server := &http.Server{Handler: mux, ReadTimeout: 30 * time.Second, WriteTimeout: 90 * time.Second}
		served := make(chan error, 1)
		go func() { served <- server.Serve(on) }()

		request := func(conn net.Conn, j *cognate.UserImportJob, size int) {
			t.Helper()
			url, err := service.UploadURL(j)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: id.example\r\nContent-Length: %d\r\n\r\n", url, size); err != nil {
				t.Fatal(err)
			}
		}
		slow := on.dial()
		request(slow, jobs[0], 1000)
		began := time.Now()
		answers := make(chan string, 1)
		go func() {
			answers <- readAnswer(slow) + fmt.Sprint(" after ", time.Since(began))
		}()
		var sending sync.WaitGroup
		sending.Go(func() {
			for {
				if _, err := slow.Write([]byte("a")); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		})

		time.Sleep(10 * time.Second)
		other, second := on.dial(), time.Now()
		request(other, jobs[1], len("file"))
		if _, err := io.WriteString(other, "file"); err != nil {
			t.Fatal(err)
		}
		if got := readAnswer(other); got != "200 OK: " || time.Since(second) != 0 {
			t.Errorf("another upload = %s after %v, want 200 immediately", got, time.Since(second))
		}
		_ = other.Close()

		if got, want := <-answers, "408 Request Timeout: "+errSlow.text+" after 24s"; got != want {
			t.Errorf("a slow upload = %s, want %s", got, want)
		}
		_ = slow.Close()
		sending.Wait()
		j, err := s.ImportJob(t.Context(), pool.ID, jobs[0].ID)
		if err != nil || j.Upload != "" || j.Uploading != "" || j.Status != api.UserImportJobStatusTypeCreated {
			t.Errorf("job after a slow upload = %+v, %v, want one without a file", j, err)
		}
		if err := server.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
}
