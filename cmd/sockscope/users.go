package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"sockscope/rfc147"
	"sockscope/viz"
)

func (p *program) usersVerb() *cobra.Command {
	f := &flags{}
	table := ""
	c := p.verb("users NAME ...", func(_ *cobra.Command, args []string) error {
		users, err := p.userTable(table)
		if err != nil {
			return err
		}
		var all []rfc147.Explanation
		for _, name := range args {
			if _, err := users.Register(name); err != nil {
				return p.misuse("ui.error.user", "why", strings.TrimPrefix(err.Error(), "rfc147: "))
			}
			e, _ := users.Explain(name) // it has just been registered
			all = append(all, e)
		}
		if table != "" {
			if err := p.write(&flags{file: table}, users.WriteCSV); err != nil {
				return err
			}
		}
		return p.write(f, func(w io.Writer) error { return viz.Users(w, all, p.lang) })
	})
	c.Args = p.args(1, 64)
	c.Flags().StringVar(&table, "table", "", p.say.Text("ui.flag.table"))
	p.flag(c, f, "output")
	return c
}

// userTable reads the table of a home's users; one that is not there yet is empty.
func (p *program) userTable(name string) (*rfc147.Users, error) {
	if name == "" {
		return &rfc147.Users{}, nil
	}
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return &rfc147.Users{}, nil
	}
	if err != nil {
		return nil, input(err)
	}
	defer func() { _ = file.Close() }() // it was only read
	users, err := rfc147.ReadUsers(file)
	if err != nil {
		return nil, p.misuse("ui.error.records", "file", name, "why", err.Error())
	}
	return users, nil
}
