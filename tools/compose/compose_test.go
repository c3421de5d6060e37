// Package compose_test checks the Compose files with the library of Docker Compose, and starts the service that they describe
// without Docker. It is a module of its own, because the library depends on many modules.
package compose_test

import (
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

const (
	withSQLite   = "compose.yaml"
	withPostgres = "compose.postgres.yaml"
	withNodes    = "compose.yaml" // in deploy
)

// mustLoad reads Compose files from dir as Docker Compose does, and validates them.
func mustLoad(t *testing.T, dir string, files ...string) *types.Project {
	t.Helper()
	for i := range files {
		files[i] = filepath.Join(dir, files[i])
	}
	options, err := cli.NewProjectOptions(files, cli.WithWorkingDirectory(dir))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatalf("%v: %v", files, err)
	}
	return project
}

func mustGetService(t *testing.T, p *types.Project, name string) types.ServiceConfig {
	t.Helper()
	service, err := p.GetService(name)
	if err != nil {
		t.Fatal(err)
	}
	return service
}

// The container cannot gain rights or write anywhere but in its volume, and only this machine reaches its port.
func TestServiceIsConfined(t *testing.T) {
	t.Parallel()
	for _, files := range [][]string{{withSQLite}, {withSQLite, withPostgres}} {
		project := mustLoad(t, "../..", files...)
		s := mustGetService(t, project, "cognate")
		if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") || s.Privileged {
			t.Errorf("%v: the container is not confined: %+v", files, s)
		}
		if proxies := s.Environment["COGNATE_TRUSTED_PROXIES"]; proxies == nil || *proxies != "" {
			t.Errorf("%v: the server trusts %v, want no proxy by default", files, proxies)
		}
		if ipam := project.Networks["default"].Ipam; len(ipam.Config) != 1 || ipam.Config[0].Subnet != "172.31.228.0/24" {
			t.Errorf("%v: the network is %+v, but docs/containers.md names its gateway", files, ipam)
		}
		for _, port := range s.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%v: port %s is open to other machines", files, port.Published)
			}
		}
		for _, secret := range s.Secrets {
			if project.Secrets[secret.Source].File == "" || secret.UID != "" || secret.GID != "" || secret.Mode != nil {
				t.Errorf("%v: secret %s: want a file without uid, gid and mode, which Compose would ignore", files, secret.Source)
			}
		}
	}
}

// With PostgreSQL, Cognate has no volume, waits for the database, and shares a network with it that leads nowhere else.
func TestPostgres(t *testing.T) {
	t.Parallel()
	project := mustLoad(t, "../..", withSQLite, withPostgres)
	s, postgres := mustGetService(t, project, "cognate"), mustGetService(t, project, "postgres")
	if len(s.Volumes) > 0 || !slices.Equal(s.Command, types.ShellCommand{"serve"}) || s.Environment["COGNATE_DATABASE_URL"] == nil {
		t.Errorf("cognate: volumes %v, command %v", s.Volumes, s.Command)
	}
	if s.DependsOn["postgres"].Condition != types.ServiceConditionHealthy || postgres.HealthCheck == nil {
		t.Errorf("cognate starts before PostgreSQL is ready")
	}
	if len(postgres.Ports) > 0 || len(postgres.Networks) != 1 || !project.Networks["database"].Internal {
		t.Errorf("postgres: ports %v, networks %v", postgres.Ports, postgres.Networks)
	}
	if _, ok := s.Networks["default"]; !ok {
		t.Errorf("cognate: networks %v, want the default one too, for its port", s.Networks)
	}
}

// The two servers are the same, only HAProxy is reached from outside, and a server that stops has the time that it needs.
func TestNodes(t *testing.T) {
	t.Parallel()
	project := mustLoad(t, "../../deploy", withNodes)
	first, second := mustGetService(t, project, "cognate-1"), mustGetService(t, project, "cognate-2")
	first.Name, second.Name = "", ""
	if !reflect.DeepEqual(first, second) {
		t.Errorf("cognate-1 is %+v, and cognate-2 is %+v", first, second)
	}
	haproxy, postgres := mustGetService(t, project, "haproxy"), mustGetService(t, project, "postgres")
	if address := haproxy.Networks["clients"].Ipv4Address; *first.Environment["COGNATE_TRUSTED_PROXIES"] != address {
		t.Errorf("the servers trust %s, want the address of HAProxy, %s", *first.Environment["COGNATE_TRUSTED_PROXIES"], address)
	}
	if len(first.Ports)+len(postgres.Ports) > 0 || len(haproxy.Ports) != 1 || haproxy.Ports[0].HostIP != "127.0.0.1" {
		t.Errorf("ports of a server %v, of PostgreSQL %v, of HAProxy %v", first.Ports, postgres.Ports, haproxy.Ports)
	}
	if _, ok := haproxy.Networks["database"]; ok || !project.Networks["database"].Internal {
		t.Errorf("HAProxy reaches the database: %v", haproxy.Networks)
	}
	drain, err := time.ParseDuration(*first.Environment["COGNATE_DRAIN"])
	if err != nil || first.StopGracePeriod == nil || time.Duration(*first.StopGracePeriod) <= drain+10*time.Second {
		t.Errorf("a server has %v to stop and needs %v and 10s (%v)", first.StopGracePeriod, drain, err)
	}
	for _, s := range []types.ServiceConfig{first, haproxy} {
		if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") || s.Privileged {
			t.Errorf("%s is not confined: %+v", s.Name, s)
		}
	}
	for name, secret := range project.Secrets {
		if want, err := filepath.Abs("../../secrets/" + name); err != nil || secret.File != want {
			t.Errorf("secret %s is the file %s, want %s", name, secret.File, want)
		}
	}
}
