package store

import (
	"embed"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
)

//go:embed queries
var queryFiles embed.FS

// withoutPool are the queries on tables of pools that do not name one pool, by their use. Pools can be divided among several databases
// only while there are no others: each of these must then ask every database.
var withoutPool = map[string][]string{
	"purge": {
		"PurgeAuthEvents", "PurgeAuthorizationCodes", "PurgePasskeyRegistrations", "PurgeDeviceAuthorizations", "PurgeGrants",
		"PurgeRetiredRefreshTokens", "PurgeImportChunks", "PurgeImportLog", "PurgeOutgoing", "PurgePushedRequests", "PurgeSpentIDs",
		"PurgeSpentSessions", "PurgeAttempts", "PurgeCodes", "PurgeSessionStates", "PurgeSSOSessions", "ExpireImportJobs",
	},
	"outbox":            {"DueOutgoing", "CountOutgoing"},
	"keys":              {"ListPoolsByKeyAge", "ListPoolsByKeyCount", "ListPoolsWithoutKeys", "ListPoolsWithOldSAMLKeys"},
	"client lookup":     {"GetAppClient", "GetAppClientWithPool"},
	"domain lookup":     {"GetDomain", "GetDomainAndPool"},
	"pools of accounts": {"ListUserPools", "ListAllUserPools", "CountUserPools", "CountDomains", "CountRunningImportJobs", "FindAccount"},
	"periodic tasks":    {"ListRunningImportJobs", "ListDueIdentityProviders", "ListUnusedClients", "ListUnconfirmedUsers", "ListDomainNames"},
}

var (
	queryName  = regexp.MustCompile(`(?m)^-- name: (\w+) :\w+$`)
	namesPool  = regexp.MustCompile(`@pool_id\b`)
	tableNames = regexp.MustCompile(`(?i)\b(?:FROM|INTO|UPDATE|JOIN)\s+(\w+)`)
)

func TestQueriesNameThePool(t *testing.T) {
	t.Parallel()
	poolOwned := make(map[string]bool)
	for _, table := range poolTables {
		poolOwned[table.name] = true
	}
	allowed := make(map[string]bool)
	for _, names := range withoutPool {
		for _, name := range names {
			allowed[name] = true
		}
	}
	files, err := fs.Glob(queryFiles, "queries/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("queries: %v, %v", files, err)
	}
	for _, file := range files {
		text, err := fs.ReadFile(queryFiles, file)
		if err != nil {
			t.Fatal(err)
		}
		heads := queryName.FindAllSubmatchIndex(text, -1)
		for i, head := range heads {
			end := len(text)
			if i+1 < len(heads) {
				end = heads[i+1][0]
			}
			name, query := string(text[head[2]:head[3]]), string(text[head[1]:end])
			owned := slices.ContainsFunc(tableNames.FindAllStringSubmatch(query, -1), func(m []string) bool { return poolOwned[m[1]] })
			if isWithout := owned && !namesPool.MatchString(query); isWithout != allowed[name] {
				t.Errorf("%s: %s is a query without pool_id: %t; the list says %t", strings.TrimPrefix(file, "queries/"), name, isWithout, allowed[name])
			}
		}
	}
}
