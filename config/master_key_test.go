package config_test

import (
	"testing"

	"cognate/config"
)

// The settings file can name a master key, but not hold one.
func TestMasterKeyName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"awskms:///arn:aws:kms:eu-west-1:123456789012:key/a", "hashivault://cognate", "exec:/usr/bin/wrap"} {
		s := serve(t, "master_key: "+name+"\n")
		s.Environ = nil
		if c := mustLoad(t, s); c.MasterKey != config.Secret(name) {
			t.Errorf("master_key: %s is not set", name)
		}
	}
	for _, text := range []string{"hunter2", "cognate-master-1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="} {
		s := serve(t, "master_key: "+text+"\n")
		s.Environ = nil
		wantProblems(t, s, []string{"master_key: put it in a separate file (master_key_file) or in the environment (COGNATE_MASTER_KEY)"})
	}
}
