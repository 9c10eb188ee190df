package main

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func (p *program) versionVerb() *cobra.Command {
	c := p.verb("version", func(*cobra.Command, []string) error {
		version, goVersion, revision := "(devel)", "", ""
		if info, ok := debug.ReadBuildInfo(); ok {
			version, goVersion = info.Main.Version, info.GoVersion
			for _, s := range info.Settings {
				if s.Key == "vcs.revision" {
					revision = " " + s.Value
				}
			}
		}
		_, err := fmt.Fprintf(p.out, "sockscope %s%s %s\n", version, revision, goVersion)
		return err
	})
	c.Args = p.args(0, 0)
	return c
}
