package main

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cognate/passwords/compromised"
	"cognate/risk/geoip"
)

func TestRatios(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	r := &ratios{out: &out}
	r.header()
	r.ratio("good", speed{rate: 80, cpu: 0.02}, speed{rate: 100, cpu: 0.01}, 0.8)
	r.ratio("bad", over(79, time.Second, 0), speed{rate: 100}, 0.8)
	r.below("memory", 64, 64)
	if err := r.failed(); err != nil {
		t.Errorf("failed() = %v without a failure", err)
	}
	r.ratio("none", speed{rate: 80}, over(0, 0, 0), 0.8)
	r.ratio("at once", over(1, 0, 0), speed{rate: 100}, 0.8)
	if err := r.failed(); !errors.Is(err, errFailed) || r.failures != 2 {
		t.Errorf("failed() = %v after a failure, want errFailed", err)
	}
	got := strings.Fields(out.String())
	want := strings.Fields("comparison value reference ratio by CPU target good 80/s 100/s 0.80 0.50 >= 0.80 ok " +
		"bad 79/s 100/s 0.79 >= 0.80 short memory 64 MB < 64 MB short none failed " +
		errNone.Error() + " at once failed " + errNone.Error())
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("table = %q, want %q", got, want)
	}
}

// The files that the benchmark writes have the forms that a server accepts.
func TestScaleFiles(t *testing.T) {
	t.Parallel()
	list, places := filepath.Join(t.TempDir(), "list"), filepath.Join(t.TempDir(), "places")
	if err := errors.Join(writePasswords(list, 1000), writePlaces(places)); err != nil {
		t.Fatal(err)
	}
	if _, err := compromised.Open(list); err != nil {
		t.Errorf("compromised.Open() = %v", err)
	}
	d, err := geoip.Open(places)
	if err != nil {
		t.Fatalf("geoip.Open() = %v", err)
	}
	for range 20 {
		if ip := address(); !d.Locate(ip).HasPosition() {
			t.Errorf("Locate(%s) has no position", ip)
		}
	}
}

func TestImportFile(t *testing.T) {
	t.Parallel()
	got := string(importFile([]string{"email", "phone_number", "cognito:username"}, 2, "hash"))
	want := "email,phone_number,cognito:username,password_hash\n" +
		"user-0000000@example.com,,user-0000000,hash\nuser-0000001@example.com,,user-0000001,hash\n"
	if got != want {
		t.Errorf("importFile() = %q, want %q", got, want)
	}
}
