package userimport_test

import (
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"cognate/audit"
	"cognate/cognatetest"
	"cognate/server"
)

// An import has records of the requests, of the upload, and of each transaction that stores rows. They do not name the users.
func TestAuditRecords(t *testing.T) {
	t.Parallel()
	s := cognatetest.StartAudited(t, "", server.Audit{Level: audit.LevelChanges, Node: "node"})
	p := pool(t, s)
	job := mustJob(t, p, "")
	text := file(header(t, p), person("ann"), person("bob"), person(""))
	mustImport(t, p, job, text)
	s.FlushAudit(t)
	if err := (&audit.Chain{Store: s.Store}).Link(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	events := cognatetest.Try(s.Store.LinkedAuditEvents(t.Context(), 0, 100)).Of(t)
	var names []string
	details := make(map[string]map[string]string) // by the name and the status
	for _, e := range events {
		r := cognatetest.Try(audit.Decode(e.Record)).Of(t)
		own := r.AdditionalEventData.Cognate
		switch r.EventName {
		case "CreateUserImportJob", "StartUserImportJob":
		case "CognateUserImportUploaded":
			if r.UserIdentity.PrincipalID != "Anonymous" || r.SourceIPAddress != "127.0.0.1" {
				t.Errorf("the upload has the caller %+v at %s", r.UserIdentity, r.SourceIPAddress)
			}
		case "CognateUsersImported":
			if r.UserIdentity.InvokedBy != "cognate" || own.Username != "" || r.AdditionalEventData.Sub != "" {
				t.Errorf("record = %+v, want one of a task without a user", r)
			}
		default:
			continue
		}
		if r.RecipientAccountID != cognatetest.AccountID || len(r.Resources) != 1 {
			t.Errorf("%s is about the account %s and %v", r.EventName, r.RecipientAccountID, r.Resources)
		}
		names = append(names, r.EventName)
		details[r.EventName+own.Details["status"]] = own.Details
	}
	slices.Sort(names) // the job can run before the outcome of its start is stored
	wantSame(t, "names", []string{
		"CognateUserImportUploaded", "CognateUsersImported", "CognateUsersImported", "CreateUserImportJob", "StartUserImportJob",
	}, names)
	maps.DeleteFunc(details, func(_ string, of map[string]string) bool { return len(of) == 0 })
	wantSame(t, "details", map[string]map[string]string{
		"CognateUserImportUploaded":      {"job": job.JobId, "bytes": strconv.Itoa(len(text))},
		"CognateUsersImportedInProgress": {"job": job.JobId, "status": "InProgress", "imported": "0", "skipped": "0", "failed": "0"},
		"CognateUsersImportedSucceeded":  {"job": job.JobId, "status": "Succeeded", "imported": "2", "skipped": "0", "failed": "1"},
	}, details)
}
