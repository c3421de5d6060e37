package config_test

import (
	"fmt"
	"path/filepath"
	"testing"
)

func TestTrustedProxies(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, serve(t, "trusted_proxies: [10.0.0.0/8, 'fd00::1']\n"))
	if got := fmt.Sprint(c.TrustedProxies.Prefixes()); got != "[10.0.0.0/8 fd00::1/128]" {
		t.Errorf("trusted_proxies = %s", got)
	}
	wantProblems(t, serve(t, "trusted_proxies: [proxy, '*']\n"), []string{
		`trusted_proxies: "proxy" is neither an address nor a prefix like 10.1.0.0/16`,
		`trusted_proxies: "*" is neither an address nor a prefix like 10.1.0.0/16`,
	})
}

func TestProxyProtocol(t *testing.T) {
	t.Parallel()
	if c := mustLoad(t, serve(t, "trusted_proxies: [10.0.0.0/8]\nproxy_protocol: true\n")); !c.ProxyProtocol {
		t.Error("proxy_protocol is not set")
	}
	wantProblems(t, serve(t, "proxy_protocol: true\n"), []string{
		"proxy_protocol: needs trusted_proxies, the addresses that may name the address of a client",
	})
}

func TestTLSDomains(t *testing.T) {
	t.Parallel()
	dir := filepath.Dir(mustWrite(t, "b.key", ""))
	wantProblems(t, serve(t, "tls_domains: "+dir+"\n"), []string{"tls_domains: needs the certificate of the server, in tls_cert"})
	wantProblems(t, serve(t, "tls_cert: a\ntls_key: b\ntls_domains: "+dir+"/none\n"), []string{
		"tls_domains: open " + dir + "/none: no such file or directory",
	})
}
