package main

import (
	"path/filepath"
	"testing"
	"time"

	"cognate/api"
	"cognate/internal/testcluster"
)

// diskLimit is how long a server may take to fail after a fault of the disk, and to recover after its end.
const diskLimit = 30 * time.Second

// onDisk returns an SQLite database on a disk.
func onDisk(t *testing.T, disk *testcluster.Disk) database {
	t.Helper()
	args := []string{"dev", "--listen", "127.0.0.1:0", "--public-url", "http://id.example", "--data", filepath.Join(disk.Path, "data")}
	return database{t.TempDir(), args}
}

// recover starts the server again. Everything that was acknowledged is there, and changes succeed.
func (j *journal) recover(t *testing.T, n testPool, db database) {
	t.Helper()
	j.testPool = n.at(db.mustStart(t))
	j.check(t)
	if err := j.createUser(t.Context(), "afterwards"); err != nil {
		t.Errorf("a change after the fault = %v", err)
	}
}

// The disk of an SQLite database has no space for some time. Changes fail, reads go on, and the server recovers alone. After another
// fault it is killed.
func TestFaultOfTheFullDiskOfSQLite(t *testing.T) {
	disk := testcluster.New(t).MemoryDisk(16)
	db := onDisk(t, disk)
	server := db.mustStart(t)
	n := mustCreatePool(t, server, api.UserPoolMfaTypeOptional)
	j := n.journal(t, "full")
	j.acknowledged(t, 20, time.Minute)
	for range 2 {
		disk.Fill()
		j.failed(t, 20, diskLimit)
		j.reads(t, time.Second)
		disk.Free()
		j.acknowledged(t, 20, diskLimit)
	}
	disk.Fill()
	j.failed(t, 20, diskLimit)
	j.end()
	server.kill()
	disk.Free()
	j.recover(t, n, db)
}

// The disk of an SQLite database becomes read-only. Changes fail, and reads go on. After the repair of the disk and a restart of the server,
// everything that was acknowledged is there.
func TestFaultOfTheReadOnlyDiskOfSQLite(t *testing.T) {
	disk := testcluster.New(t).FileDisk(64)
	db := onDisk(t, disk)
	server := db.mustStart(t)
	n := mustCreatePool(t, server, api.UserPoolMfaTypeOptional)
	j := n.journal(t, "broken")
	j.acknowledged(t, 20, time.Minute)
	disk.Break()
	j.failed(t, 20, diskLimit)
	j.reads(t, time.Second)
	j.end()
	server.kill()
	disk.Repair()
	j.recover(t, n, db)
}

// The disk of PostgreSQL has no space, or becomes read-only. If the write-ahead log has space, reads go on, and the servers recover alone.
// Otherwise PostgreSQL stops; requests fail immediately, and the servers recover after its start.
func TestFaultOfTheDiskOfPostgres(t *testing.T) {
	for name, fault := range map[string]struct {
		disk      func(f *testcluster.Folder) *testcluster.Disk
		wal       func(f *testcluster.Folder, d *testcluster.Disk) string
		cause     func(d *testcluster.Disk, db *testcluster.Database)
		end       func(d *testcluster.Disk, db *testcluster.Database)
		readsGoOn bool
	}{
		"the disk of the data is full": {
			disk:      func(f *testcluster.Folder) *testcluster.Disk { return f.MemoryDisk(48) },
			wal:       func(f *testcluster.Folder, _ *testcluster.Disk) string { return f.Path() },
			cause:     func(d *testcluster.Disk, _ *testcluster.Database) { d.Fill() },
			end:       func(d *testcluster.Disk, _ *testcluster.Database) { d.Free() },
			readsGoOn: true,
		},
		"the only disk is full": {
			disk:  func(f *testcluster.Folder) *testcluster.Disk { return f.MemoryDisk(96) },
			wal:   func(_ *testcluster.Folder, d *testcluster.Disk) string { return d.Path },
			cause: func(d *testcluster.Disk, _ *testcluster.Database) { d.Fill() },
			end: func(d *testcluster.Disk, db *testcluster.Database) {
				db.Kill()
				d.Free()
				db.Start()
			},
		},
		"the disk is read-only": {
			disk:  func(f *testcluster.Folder) *testcluster.Disk { return f.FileDisk(128) },
			wal:   func(_ *testcluster.Folder, d *testcluster.Disk) string { return d.Path },
			cause: func(d *testcluster.Disk, _ *testcluster.Database) { d.Break() },
			end: func(d *testcluster.Disk, db *testcluster.Database) {
				db.Kill()
				d.Repair()
				db.Start()
			},
		},
		"the database is read-only": { // as managed databases become before their disks are full
			disk: func(f *testcluster.Folder) *testcluster.Disk { return f.MemoryDisk(96) },
			wal:  func(_ *testcluster.Folder, d *testcluster.Disk) string { return d.Path },
			cause: func(_ *testcluster.Disk, db *testcluster.Database) {
				db.Run("ALTER SYSTEM SET default_transaction_read_only = on")
				db.Run("SELECT pg_reload_conf()")
			},
			end: func(_ *testcluster.Disk, db *testcluster.Database) {
				db.Run("ALTER SYSTEM RESET default_transaction_read_only")
				db.Run("SELECT pg_reload_conf()")
			},
			readsGoOn: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := testcluster.New(t)
			disk := fault.disk(f)
			db := f.PostgresIn(disk.Path, fault.wal(f, disk))
			server := onCluster(t, db.URL()).mustStart(t)
			j := mustCreatePool(t, server, api.UserPoolMfaTypeOptional).journal(t, "user")
			j.acknowledged(t, 20, time.Minute)
			fault.cause(disk, db)
			j.failed(t, 20, diskLimit)
			if fault.readsGoOn {
				j.reads(t, 2*time.Second)
			}
			fault.end(disk, db)
			if awaitReady(t, server, true, diskLimit); t.Failed() {
				t.Log(db.Log())
			}
			j.acknowledged(t, 20, diskLimit)
			if j.check(t); j.slow > 5*time.Second {
				t.Errorf("a request took %v, want less than 5 s", j.slow)
			}
		})
	}
}
