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

// uploads is a server for uploads, in the fake time of a test.
type uploads struct {
	t       *testing.T
	store   *store.Store
	service *Service
	jobs    []*cognate.UserImportJob
	on      pipes
	stop    func()
}

// startUploads starts a server with some jobs.
func startUploads(t *testing.T, jobs int) *uploads {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{MasterKeys: []sealing.MasterKey{storetest.MasterKey(t)}})
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	u := &uploads{t: t, store: s, on: make(pipes), service: New(Config{Store: s, Now: time.Now, Log: slog.New(slog.DiscardHandler)})}
	pool := &cognate.UserPool{ID: "eu-west-1_AbCdEfGhI", AccountID: "123456789012"}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.CreateUserPool(t.Context(), pool, nil) })
	for range jobs {
		j := &cognate.UserImportJob{RoleARN: "arn:aws:iam::123456789012:role/logs"}
		mustWrite(t, s, func(tx *store.Tx) error { return u.service.Create(t.Context(), tx, pool, j) })
		u.jobs = append(u.jobs, j)
	}
	mux := http.NewServeMux()
	mux.HandleFunc(UploadRoute, func(w http.ResponseWriter, r *http.Request) {
		origin := cognate.Origin{IPAddress: r.Header.Get("Address")}
		u.service.PutFile(w, r.WithContext(cognate.WithOrigin(r.Context(), origin)))
	})
	// The limits of every other request, which an upload replaces.
	server := &http.Server{Handler: mux, ReadTimeout: 30 * time.Second, WriteTimeout: 90 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(u.on) }()
	u.stop = func() {
		t.Helper()
		if err := server.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	return u
}

// request sends the header of an upload from an address.
func (u *uploads) request(conn net.Conn, job int, address string, size int) {
	u.t.Helper()
	url, err := u.service.UploadURL(u.jobs[job])
	if err != nil {
		u.t.Fatal(err)
	}
	if _, err := fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: id.example\r\nAddress: %s\r\nContent-Length: %d\r\n\r\n", url, address, size); err != nil {
		u.t.Fatal(err)
	}
}

// A client that sends a byte a second is ended after 24 seconds: 20 seconds, and the time for a part of the file. Other clients are not
// delayed meanwhile. The time is fake.
func TestSlowUpload(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := startUploads(t, 2)
		slow := u.on.dial()
		u.request(slow, 0, "192.0.2.1", 1000)
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
		other, second := u.on.dial(), time.Now()
		u.request(other, 1, "192.0.2.1", len("file"))
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
		j, err := u.store.ImportJob(t.Context(), u.jobs[0].PoolID, u.jobs[0].ID)
		if err != nil || j.Upload != "" || j.Uploading != "" || j.Status != api.UserImportJobStatusTypeCreated {
			t.Errorf("job after a slow upload = %+v, %v, want one without a file", j, err)
		}
		u.stop()
	})
}

// Uploads that send nothing lose their places as soon as others need them. A client with many of them keeps out neither others nor its
// own later uploads, and an upload that is fast enough keeps its place.
func TestSlowUploadsLoseTheirPlaces(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := startUploads(t, 16)
		var idle []net.Conn
		answers := make(chan string, 16)
		stall := func(job int, address string) {
			conn := u.on.dial()
			idle = append(idle, conn)
			u.request(conn, job, address, 1000)
			go func() { answers <- readAnswer(conn) }()
			synctest.Wait()
		}
		put := func(job int, address string) string {
			conn := u.on.dial()
			defer conn.Close()
			u.request(conn, job, address, len("file"))
			go func() { _, _ = io.WriteString(conn, "file") }() // which fails if the answer comes first
			return readAnswer(conn)
		}
		want := func(what, got, want string) {
			t.Helper()
			if got != want {
				t.Errorf("%s = %q, want %q", what, got, want)
			}
		}
		fast := u.on.dial() // sends 256 KiB at once, and then nothing for three seconds
		u.request(fast, 15, "203.0.113.1", chunkSize)
		if _, err := fast.Write(make([]byte, chunkSize-1)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		for job := range 4 {
			stall(job, "192.0.2.1")
		}
		busy := "429 Too Many Requests: " + errNetworkUploads.text
		want("a fifth upload of a network", put(8, "192.0.2.1"), busy)
		want("a fifth upload of a network, for a job that it uploads already", put(0, "192.0.2.1"), "200 OK: ")
		want("an upload of another network", put(9, "192.0.2.2"), "200 OK: ")
		for job := range 3 {
			stall(4+job, fmt.Sprintf("2001:db8:%d::1", job))
		}
		want("a ninth upload", put(9, "192.0.2.3"), "503 Service Unavailable: "+errUploads.text)
		time.Sleep(3 * time.Second)
		want("a ninth upload later", put(9, "192.0.2.3"), "200 OK: ")
		want("the one that it replaces", <-answers, "408 Request Timeout: "+errSlow.text)
		for job := range 5 {
			want("a later upload of the network", put(10+job, "192.0.2.1"), "200 OK: ")
		}
		if _, err := fast.Write([]byte("a")); err != nil {
			t.Fatal(err)
		}
		want("the fast upload", readAnswer(fast), "200 OK: ")
		for _, conn := range append(idle, fast) {
			_ = conn.Close()
		}
		u.stop()
	})
}
