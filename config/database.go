package config

// DatabaseOf returns the settings of the database of a server: Data or DatabaseURL, with the default of Serve. It uses no
// other settings, checks no others, and reads no file but the settings file. Errors: Problems; any other error if the file cannot
// be read.
func DatabaseOf(s Source) (*Config, error) {
	s.Mode = Serve
	fromFile, err := s.readFile()
	if err != nil {
		return nil, err
	}
	k, err := s.layers(fromFile)
	if err != nil {
		return nil, err
	}
	c := &Config{Mode: Serve, Data: k.String("data"), DatabaseURL: Secret(k.String("database_url"))}
	var p Problems
	if c.checkDatabase(&p); len(p) > 0 {
		return nil, p
	}
	c.derive()
	return c, nil
}
