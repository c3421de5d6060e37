package cli

import (
	"net"
	"net/url"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"

	"cognate/cli/profile"
)

// isLoopback reports whether a URL leads to this machine: localhost and names in it, a loopback address, the unspecified
// address. Source: RFC 6761, section 6.3.
func isLoopback(text string) bool {
	u, err := url.Parse(text)
	if err != nil {
		return false
	}
	host := strings.ToLower(u.Hostname())
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip.IsLoopback() || ip.IsUnspecified()
}

// fromMetadata reports whether the credentials are only those of the machine: of the EC2 metadata service, or of the
// container service. The SDK asks these if nothing else is configured, and waits where they do not answer.
func fromMetadata(cfg aws.Config, settings *profile.Settings) bool {
	if settings.Has("credential_source") {
		return false
	}
	if aws.IsCredentialsProvider(cfg.Credentials, &ec2rolecreds.Provider{}) {
		return true
	}
	return aws.IsCredentialsProvider(cfg.Credentials, &endpointcreds.Provider{}) &&
		!isLoopback(os.Getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI"))
}
