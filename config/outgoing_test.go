package config_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/config"
)

func TestOutgoingAllow(t *testing.T) {
	t.Parallel()
	want := config.Hosts{"10.1.0.0/16", "fd00::1", "IdP.internal"}
	inFile := serve(t, "outgoing_allow: [10.1.0.0/16, 'fd00::1', IdP.internal]\n")
	inEnvironment := serve(t, "")
	inEnvironment.Environ = append(inEnvironment.Environ, "COGNATE_OUTGOING_ALLOW=10.1.0.0/16, fd00::1,IdP.internal")
	byFlag := serve(t, "outgoing_allow: [example.com]\n")
	byFlag.Flags = map[string]any{"outgoing_allow": "10.1.0.0/16,fd00::1,IdP.internal"}
	for name, s := range map[string]config.Source{"file": inFile, "environment": inEnvironment, "flag": byFlag} {
		c := mustLoad(t, s)
		if diff := cmp.Diff(want, c.OutgoingAllow); diff != "" {
			t.Errorf("%s: outgoing_allow (-want +got):\n%s", name, diff)
		}
		if got := fmt.Sprint(c.OutgoingAllow.Prefixes(), c.OutgoingAllow.Names()); got != "[10.1.0.0/16 fd00::1/128] [idp.internal]" {
			t.Errorf("%s: prefixes and names = %s", name, got)
		}
	}
	wantProblems(t, serve(t, "outgoing_allow: ['10.0.0.0/33', 'https://a', '*', 'a:80', '10.1', '']\n"), []string{
		`outgoing_allow: "10.0.0.0/33" is neither a host name, an address nor a prefix like 10.1.0.0/16`,
		`outgoing_allow: "https://a" is neither a host name, an address nor a prefix like 10.1.0.0/16`,
		`outgoing_allow: "*" is neither a host name, an address nor a prefix like 10.1.0.0/16`,
		`outgoing_allow: "a:80" is neither a host name, an address nor a prefix like 10.1.0.0/16`,
		`outgoing_allow: "10.1" is neither a host name, an address nor a prefix like 10.1.0.0/16`,
		`outgoing_allow: "" is neither a host name, an address nor a prefix like 10.1.0.0/16`,
	})
}

// Plain HTTP to functions is for development, in private networks.
func TestFunctionsByHTTP(t *testing.T) {
	t.Parallel()
	for host, private := range map[string]bool{
		"192.168.1.5:3000": true, "10.0.0.1": true, "[fd00::1]": true, "functions": true, "host.docker.internal": true, "8.8.8.8": false,
		"169.254.169.254": false, "example.com": false, "[::ffff:8.8.8.8]": false,
	} {
		yaml := "functions:\n- arn: arn:aws:lambda:us-east-1:000000000000:function:f\n  url: http://" + host + "/f\n  secret: a secret of some size\n"
		problem := []string{"functions[0].url: events contain secrets; use https (http is allowed on loopback only)"}
		wantProblems(t, serve(t, yaml), problem)
		dev := config.Source{Mode: config.Dev, File: mustWrite(t, "dev.yaml", yaml)}
		if private {
			mustLoad(t, dev)
		} else {
			wantProblems(t, dev, problem)
		}
	}
}
