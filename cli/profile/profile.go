// Package profile owns the AWS CLI's settings in the shared configuration that the SDK does not read: output format,
// pager, endpoint and others. It does not read credentials.
//
// Source: AWS CLI user guide, "Configuration and credential file settings".
package profile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Settings are the settings of one profile.
type Settings struct {
	Name    string
	values  map[string]string
	service map[string]string // settings for this service in the profile's services section
	exists  bool
}

// serviceName is the name of this service in a services section.
const serviceName = "cognito_identity_provider"

// Load reads the profile with that name. If name is empty, it uses AWS_PROFILE, AWS_DEFAULT_PROFILE or "default".
// Errors: errors of reading; *NotFoundError if a profile was named and is in no file.
func Load(name string) (*Settings, error) {
	named := first(name, os.Getenv("AWS_PROFILE"), os.Getenv("AWS_DEFAULT_PROFILE"))
	s := &Settings{Name: first(named, "default"), values: map[string]string{}}
	config, err := read(first(os.Getenv("AWS_CONFIG_FILE"), inHome("config")))
	if err != nil {
		return nil, err
	}
	credentials, err := read(first(os.Getenv("AWS_SHARED_CREDENTIALS_FILE"), inHome("credentials")))
	if err != nil {
		return nil, err
	}
	section, inConfig := config["profile "+s.Name]
	if s.Name == "default" && !inConfig {
		section, inConfig = config["default"]
	}
	if inConfig {
		s.values = section.values
		s.service = config["services "+section.values["services"]].nested[serviceName]
	}
	_, inCredentials := credentials[s.Name]
	if s.exists = inConfig || inCredentials; named != "" && !s.exists {
		return nil, &NotFoundError{named}
	}
	return s, nil
}

// NotFoundError means that the profile is in no file.
type NotFoundError struct{ Name string }

// Error returns the AWS CLI's text.
func (e *NotFoundError) Error() string {
	return fmt.Sprintf("The config profile (%s) could not be found", e.Name)
}

// Get returns a setting, or "" if it is missing.
func (s *Settings) Get(name string) string { return s.values[name] }

// Has reports whether a setting exists, even if it is empty.
func (s *Settings) Has(name string) bool { _, ok := s.values[name]; return ok }

// Endpoint returns the configured URL of this service, or "". The environment has priority over the profile, and the
// setting for this service has priority over that for all services.
// Source: AWS SDKs and tools reference guide, "Service-specific endpoints".
func (s *Settings) Endpoint() string {
	if ignore := first(os.Getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), s.Get("ignore_configured_endpoint_urls")); strings.EqualFold(ignore, "true") {
		return ""
	}
	return first(os.Getenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"), os.Getenv("AWS_ENDPOINT_URL"),
		s.service["endpoint_url"], s.Get("endpoint_url"))
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func inHome(name string) string {
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".aws", name)
}

// section is a section of a configuration file. nested has the indented lines below a name without a value.
type section struct {
	values map[string]string
	nested map[string]map[string]string
}

func read(path string) (map[string]section, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || path == "" {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return parse(string(data)), nil
}

func parse(text string) map[string]section {
	sections := map[string]section{}
	current, parent := section{}, ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\r\n")
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || trimmed[0] == '#' || trimmed[0] == ';' {
			continue
		}
		if line[0] == '[' {
			name := strings.Join(strings.Fields(strings.Trim(line, "[]")), " ")
			name = strings.ReplaceAll(strings.ReplaceAll(name, `"`, ""), "'", "")
			current, parent = section{map[string]string{}, map[string]map[string]string{}}, ""
			sections[name] = current
			continue
		}
		key, value, ok := strings.Cut(trimmed, "=")
		if !ok || current.values == nil {
			continue
		}
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		indented := line[0] == ' ' || line[0] == '\t'
		switch {
		case indented && parent != "":
			if current.nested[parent] == nil {
				current.nested[parent] = map[string]string{}
			}
			current.nested[parent][key] = value
		default:
			current.values[key], parent = value, key
		}
	}
	return sections
}
