// Package docs holds the prose that the program shows: the glossaries.
package docs

import _ "embed"

// Glossary is docs/glossary.md; GlossaryKorean is docs/glossary.ko.md.
var (
	//go:embed glossary.md
	Glossary string
	//go:embed glossary.ko.md
	GlossaryKorean string
)
