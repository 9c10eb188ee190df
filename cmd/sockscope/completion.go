package main

import (
	"strings"

	"github.com/spf13/cobra"
)

func (p *program) completionVerb() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	c := p.verb("completion bash|zsh|fish|powershell", func(c *cobra.Command, args []string) error {
		switch root := c.Root(); args[0] {
		case "bash":
			return root.GenBashCompletionV2(p.out, true)
		case "zsh":
			return root.GenZshCompletion(p.out)
		case "fish":
			return root.GenFishCompletion(p.out, true)
		case "powershell":
			return root.GenPowerShellCompletionWithDesc(p.out)
		default:
			return p.misuse("ui.error.shell", "found", args[0], "allowed", strings.Join(shells, ", "),
				"meant", p.nearest(args[0], shells))
		}
	})
	c.Args = p.args(1, 1)
	c.ValidArgs = shells
	return c
}
