package main

import (
	"context"

	"cognate/config"
	"cognate/devapi"
)

// maxScreenPools is how many user pools, and app clients of each, the start screen lists.
const maxScreenPools = 8

// startScreen tells a developer how to use a server that has just started. It is for a terminal: programs read the ready line.
type startScreen struct {
	out *console
	// data says where the data is stored: "in memory".
	data string
}

// print prints the screen.
func (s *startScreen) print(ctx context.Context, dev *devapi.API) error {
	pools, more, err := dev.Pools(ctx, maxScreenPools)
	if err != nil {
		return err
	}
	c := s.out
	c.line("")
	region := dev.Options.Caller.Region
	c.line("  %s", c.in(bold, "export AWS_ENDPOINT_URL="+dev.PublicURL))
	// Some SDKs read only one of the two variables: JavaScript AWS_REGION, Python AWS_DEFAULT_REGION.
	c.line("  %s", c.in(bold, "export AWS_REGION="+region+" AWS_DEFAULT_REGION="+region))
	c.line("  %s", c.in(bold, "export AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any"))
	c.line("")
	c.line("  Any access key works. The data is %s.", s.data)
	c.line("")
	s.printPools(pools, more)
	c.line("")
	c.line("  Messages  in the log below, and at %s in a browser", c.in(cyan, dev.PublicURL+"/"))
	c.line("  Help      cognate dev --help; for tests docs/testing.md, for settings docs/configuration.md")
	c.line("")
	return nil
}

func (s *startScreen) printPools(pools []devapi.PoolClients, more bool) {
	c := s.out
	if len(pools) == 0 {
		c.line("  There are no user pools yet. Create one, or start with --seed FILE:")
		c.line("  cognate cognito-idp create-user-pool --pool-name people")
	}
	for _, p := range pools {
		c.line("  User pool   %s  %s", c.in(bold, p.ID), word(p.Name))
		for _, client := range p.Clients {
			c.line("  App client  %s  %s", c.in(bold, client.ID), word(client.Name))
		}
		if p.MoreClients {
			c.line("  There are more app clients.")
		}
	}
	if more {
		c.line("  There are more user pools.")
	}
}

// storedIn says where a server stores its data. It does not show the URL of a database, which may have a password.
func storedIn(c *config.Config) string {
	switch {
	case c.DatabaseURL != "":
		return "in the database of the settings"
	case c.Data != "":
		return "in the folder " + word(c.Data)
	default:
		return "in memory"
	}
}
