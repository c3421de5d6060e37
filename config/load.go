package config

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
	goyaml "go.yaml.in/yaml/v3"
)

// EnvPrefix is the prefix of every environment variable.
const EnvPrefix = "COGNATE_"

// fileOnly names the settings that are lists, which have no form in the environment.
var fileOnly = []string{"access_keys", "functions", "code_keys"}

const (
	flagConfig = "config" // names the settings file
	envConfig  = EnvPrefix + "CONFIG"
	delimiter  = "." // between a setting and a setting inside it; names do not contain it
)

// Source names the sources of settings, besides the defaults.
type Source struct {
	Mode Mode
	// File is the path of the YAML file. If it is empty, COGNATE_CONFIG names the file; without that there is no file.
	File string
	// Environ is the environment, as os.Environ returns it.
	Environ []string
	// Flags are the flags that the user set, by the name of their setting.
	Flags map[string]any
}

// Problems lists everything that is wrong with the settings, one line for each problem, in the order in which Load found
// them.
type Problems []string

// Error returns the problems as one text.
func (p Problems) Error() string {
	if len(p) == 1 {
		return p[0]
	}
	return fmt.Sprintf("%d settings are invalid:\n  %s", len(p), strings.Join(p, "\n  "))
}

// WithProblems adds problems to an error of Load.
func WithProblems(err error, more Problems) error {
	known, ok := errors.AsType[Problems](err)
	if !ok {
		return err
	}
	all := slices.Clone(known)
	for _, problem := range more {
		if !slices.Contains(all, problem) {
			all = append(all, problem)
		}
	}
	if _, ok := errors.AsType[*Readable](err); ok {
		return &Readable{all}
	}
	return all
}

// OrNil returns the problems as an error; nil if there are none.
func (p Problems) OrNil() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

func (p *Problems) add(format string, args ...any) { *p = append(*p, fmt.Sprintf(format, args...)) }

// others returns those of more that are about other settings than p. A value that could not be decoded is not set, so that
// the later checks would report it again.
func (p Problems) others(more Problems) Problems {
	setting := func(problem string) string { return problem[:strings.IndexAny(problem+":", ":[, ")] }
	known := make(map[string]bool)
	for _, problem := range p {
		known[setting(problem)] = true
	}
	return slices.DeleteFunc(more, func(problem string) bool { return known[setting(problem)] })
}

// Names returns the names of all settings, in the order of Config.
func Names() []string {
	var names []string
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Config]()) {
		if name := field.Tag.Get("koanf"); name != "-" && !field.Anonymous {
			names = append(names, name)
		}
	}
	return names
}

// Load reads the settings, and the secrets from the files that they name, and validates them. It rejects unknown settings
// in the file. It ignores unknown variables, because Kubernetes sets some for a service of this name (COGNATE_PORT).
// Errors: Problems, also if the file cannot be read, then with those of the environment and the flags; Readable, which unwraps to
// Problems, in Serve if others can read a file with a secret.
func Load(s Source) (*Config, error) {
	c, err := Inspect(s)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Inspect is Load for a command that looks for problems. Together with an error it returns the settings as far as they can be
// read. Without a readable file they are those of the environment and the flags, and Unread is set.
func Inspect(s Source) (*Config, error) {
	fromFile, unread := s.readFile()
	k, err := s.layers(fromFile)
	if err != nil {
		return nil, err
	}
	c := &Config{Mode: s.Mode, Unread: unread != nil}
	undecoded := decode(k, c)
	problems := append(misplaced(k, fromFile, s.Mode), undecoded...)
	c.derive()
	var exposed Problems
	if s.Mode == Serve {
		files := c.secretFiles()
		if c.hasSecret(fromFile) {
			files = append(files, secretFile{flagConfig, s.SettingsFile()})
		}
		exposed = readable(files)
	}
	problems = append(problems, undecoded.others(append(c.problems(), c.readSecrets()...))...)
	problems = append(problems, exposed...)
	if unread != nil {
		problems = slices.Concat(unread, s.certain(problems))
	}
	switch {
	case len(exposed) > 0:
		return c, &Readable{problems}
	case len(problems) > 0:
		return c, problems
	default:
		return c, nil
	}
}

// certain returns those of the problems that the settings file cannot change. They are about settings of the environment and the
// flags, which override the file, and name no other setting.
func (s Source) certain(problems Problems) Problems {
	given := koanf.New(delimiter)
	for _, layer := range []koanf.Provider{s.environment(), confmap.Provider(s.Flags, delimiter)} {
		if given.Load(layer, nil) != nil {
			return Problems{} // layers has read the same
		}
	}
	return slices.DeleteFunc(problems, func(problem string) bool {
		return slices.ContainsFunc(settingsIn(problem), func(name string) bool { return !given.Exists(name) })
	})
}

// settingsIn returns the settings on which a problem depends: those before the colon, those that the text names before the remedy, and flags.
func settingsIn(problem string) []string {
	lead, text, _ := strings.Cut(problem, ": ")
	var settings []string
	for name := range strings.SplitSeq(lead, ", ") {
		settings = append(settings, strings.ToLower(strings.TrimPrefix(name, EnvPrefix)))
	}
	names, inRemedy := Names(), false
	for word := range strings.FieldsSeq(text) {
		name := strings.TrimRight(word, ".,:;")
		flag, isFlag := strings.CutPrefix(name, "--")
		if isFlag {
			name = strings.ReplaceAll(flag, "-", "_")
		}
		// Some names are also ordinary words.
		isName := isFlag || !inRemedy && (strings.Contains(name, "_") || strings.HasSuffix(word, ":"))
		if isName && slices.Contains(names, name) {
			settings = append(settings, name)
		}
		inRemedy = inRemedy || strings.HasSuffix(word, ";")
	}
	return settings
}

// layers merges the defaults, the settings of the file, the environment and the flags.
func (s Source) layers(fromFile *koanf.Koanf) (*koanf.Koanf, error) {
	k := koanf.New(delimiter)
	for _, layer := range []koanf.Provider{
		confmap.Provider(defaults(s.Mode), delimiter),
		confmap.Provider(fromFile.Raw(), ""),
		s.environment(),
		confmap.Provider(s.Flags, delimiter),
	} {
		if err := k.Load(layer, nil); err != nil {
			return nil, fmt.Errorf("read settings: %w", err)
		}
	}
	return k, nil
}

// readFile reads the YAML file. Without a readable file it returns no settings, and says why the file cannot be read.
func (s Source) readFile() (*koanf.Koanf, Problems) {
	k := koanf.New(delimiter)
	path := s.SettingsFile()
	if path == "" {
		return k, nil
	}
	err := k.Load(file.Provider(path), yaml.Parser())
	if err == nil {
		return k, nil
	}
	why := err.Error()
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		why = failed.Err.Error()
	}
	invalid, isTyped := errors.AsType[*goyaml.TypeError](err)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		why += "; name another file with --config or " + envConfig
	case errors.Is(err, fs.ErrPermission):
		why += "; let the user that runs this command read the file"
	case isTyped && strings.Contains(invalid.Error(), "into map[string]interface {}"):
		why = "each line must be a setting and its value, such as listen: 127.0.0.1:8229"
	}
	return koanf.New(delimiter), Problems{fmt.Sprintf("read settings from %s: %s", path, why)}
}

// Variables returns the names of the environment variables that are settings, or name the settings file.
func Variables() []string {
	variables := []string{envConfig}
	for _, name := range Names() {
		if !slices.Contains(fileOnly, name) {
			variables = append(variables, EnvPrefix+strings.ToUpper(name))
		}
	}
	return variables
}

// SettingsFile returns the path of the YAML file; empty without one.
func (s Source) SettingsFile() string {
	if s.File != "" {
		return s.File
	}
	for _, variable := range s.Environ {
		if path, ok := strings.CutPrefix(variable, envConfig+"="); ok {
			return path
		}
	}
	return ""
}

func (s Source) environment() koanf.Provider {
	names := Names()
	return env.Provider(delimiter, env.Opt{
		Prefix:      EnvPrefix,
		EnvironFunc: func() []string { return s.Environ },
		TransformFunc: func(variable, value string) (string, any) {
			name := strings.ToLower(strings.TrimPrefix(variable, EnvPrefix))
			if slices.Contains(fileOnly, name) || !slices.Contains(names, name) {
				return "", nil
			}
			return name, value
		},
	})
}

// misplaced finds settings that have no effect in this mode, and secrets in the settings file.
func misplaced(all, fromFile *koanf.Koanf, mode Mode) Problems {
	var p Problems
	for _, only := range []struct {
		name string
		mode Mode
	}{
		{"expose", Dev},
		{"exit_with_parent", Dev},
		{"tls_self_signed", Dev},
		{"seed", Dev},
		{"region", Dev},
		{"access_keys", Serve},
		{"acme_domains", Serve},
		{"acme_email", Serve},
		{"acme_directory", Serve},
		{"acme_http_listen", Serve},
		{"migrate", Serve},
	} {
		if only.mode != mode && all.Exists(only.name) {
			p.add("%s: has no effect in cognate %s, only in cognate %s", only.name, mode, only.mode)
		}
	}
	for _, secret := range []string{"master_key", "smtp_password", "webhook_secret", "audit_webhook_secret"} {
		if fromFile.Exists(secret) && (secret != "master_key" || !namesKey(fromFile.String(secret))) {
			p.add("%s: put it in a separate file (%s_file) or in the environment (%s)", secret, secret, EnvPrefix+strings.ToUpper(secret))
		}
	}
	return p
}

// decode fills c. It converts no types: YAML reads an account ID without quotes as a number and drops its leading zeros, so
// decode rejects it.
func decode(k *koanf.Koanf, c *Config) Problems {
	var found mapstructure.Metadata
	err := k.UnmarshalWithConf("", c, koanf.UnmarshalConf{DecoderConfig: &mapstructure.DecoderConfig{
		Metadata:   &found,
		MatchName:  func(key, field string) bool { return key == field },
		DecodeHook: mapstructure.ComposeDecodeHookFunc(decodeText, mapstructure.TextUnmarshallerHookFunc()),
	}})
	names, unknown := Names(), found.Unused // which is empty if a value cannot be decoded
	for name := range k.Raw() {
		if !slices.Contains(names, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	var p Problems
	for _, name := range slices.Compact(unknown) {
		p.add("%s: unknown setting", name)
	}
	return append(p, undecodable(err)...)
}

// decodeText decodes levels, durations, and booleans and numbers of the environment. Its errors say which values a setting takes.
func decodeText(_, to reflect.Type, value any) (any, error) {
	text, isText := value.(string)
	switch {
	case to == reflect.TypeFor[slog.Level]():
		var level slog.Level
		if err := level.UnmarshalText([]byte(text)); err != nil {
			return nil, errors.New("must be debug, info, warn or error")
		}
		return level, nil
	case to == reflect.TypeFor[time.Duration]() && value == 0: // no duration needs no unit
		return time.Duration(0), nil
	case to == reflect.TypeFor[time.Duration]():
		duration, err := ParseDuration(text) // a number without a unit is not a text, and would be nanoseconds
		if err != nil {
			return nil, errors.New("must be a duration with its unit, such as 30s")
		}
		return duration, nil
	case to.Kind() == reflect.Bool && isText:
		on, err := strconv.ParseBool(text)
		if err != nil {
			return nil, errors.New("must be true or false")
		}
		return on, nil
	case to.Kind() == reflect.Int && isText:
		number, err := strconv.Atoi(text)
		if err != nil {
			return nil, errors.New("must be a whole number")
		}
		return number, nil
	default:
		return value, nil
	}
}

// ParseDuration is time.ParseDuration, also for whole days: 90d.
func ParseDuration(text string) (time.Duration, error) {
	const day = 24 * time.Hour
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		return time.Duration(n) * day, err
	}
	return time.ParseDuration(text)
}

// undecodable returns the problems in a decoding error. It does not quote values, because a value may be a secret.
func undecodable(err error) Problems {
	var all interface{ Unwrap() []error }
	if errors.As(err, &all) {
		var p Problems
		for _, one := range all.Unwrap() {
			p = append(p, undecodable(one)...)
		}
		return p
	}
	one, ok := errors.AsType[*mapstructure.DecodeError](err)
	if !ok {
		if err != nil {
			return Problems{err.Error()}
		}
		return nil
	}
	if kind, ok := errors.AsType[*mapstructure.UnconvertibleTypeError](one); ok {
		return Problems{fmt.Sprintf("%s: is of type %T, want %s (put quotes around digits that are text)",
			one.Name(), kind.Value, kind.Expected.Kind())}
	}
	return Problems{fmt.Sprintf("%s: %v", one.Name(), one.Unwrap())}
}
