package config

// DatabaseOf returns the settings of the database of a server: Data or DatabaseURL, with the default of Serve. It uses no
// other settings, checks no others, and reads no file but the settings file. Errors: Problems.
func DatabaseOf(s Source) (*Config, error) {
	c, err := s.databaseSettings()
	if err != nil {
		return nil, err
	}
	var p Problems
	if c.checkDatabase(&p); len(p) > 0 {
		return nil, p
	}
	c.derive()
	return c, nil
}

// SealedDatabaseOf is DatabaseOf with the master keys, which unseal the secrets in the database. Errors: as Load in Serve.
func SealedDatabaseOf(s Source) (*Config, error) {
	c, err := s.databaseSettings()
	if err != nil {
		return nil, err
	}
	var p Problems
	c.checkDatabase(&p)
	c.checkMasterKey(&p)
	c.derive()
	exposed := readable(c.secretFiles())
	p = append(append(p, c.readSecrets()...), exposed...)
	switch {
	case len(exposed) > 0:
		return nil, &Readable{p}
	case len(p) > 0:
		return nil, p
	default:
		return c, nil
	}
}

// databaseSettings returns the settings of the database and of its master keys, unchecked, and no others.
func (s Source) databaseSettings() (*Config, error) {
	s.Mode = Serve
	fromFile, err := s.readFile()
	if err != nil {
		return nil, err
	}
	k, err := s.layers(fromFile)
	if err != nil {
		return nil, err
	}
	return &Config{
		Mode: Serve, Data: k.String("data"), DatabaseURL: Secret(k.String("database_url")),
		MasterKeyFile: k.String("master_key_file"), MasterKey: Secret(k.String("master_key")),
		OldMasterKeysFile: k.String("old_master_keys_file"),
	}, nil
}

// AccountOf returns the setting account, unchecked.
func AccountOf(s Source) string {
	s.Mode = Serve
	fromFile, err := s.readFile()
	if err != nil {
		return ""
	}
	k, err := s.layers(fromFile)
	if err != nil {
		return ""
	}
	return k.String("account")
}
