// Command pocketbase runs PocketBase with a collection that stores the same fields
// as Links. It is a separate module, so that its dependencies do not become
// dependencies of Links.
//
// Usage: pocketbase serve --dir DIR --http ADDR
package main

import (
	"log"

	"github.com/pocketbase/pocketbase"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"
)

func main() {
	app := pocketbase.New()
	app.OnServe().BindFunc(func(e *core.ServeEvent) error {
		e.InstallerFunc = nil // it would open a browser
		if err := e.App.Save(links()); err != nil {
			return err
		}
		return e.Next()
	})
	if err := app.Start(); err != nil {
		log.Fatal(err)
	}
}

// links returns a collection in which anyone may list and store links, as in Links
// by default. Everything else is PocketBase's default.
func links() *core.Collection {
	c := core.NewBaseCollection("links")
	c.ListRule, c.ViewRule, c.CreateRule = types.Pointer(""), types.Pointer(""), types.Pointer("")
	c.Fields.Add(
		&core.URLField{Name: "link", Required: true},
		&core.TextField{Name: "title", Max: 2000},
		&core.AutodateField{Name: "added", OnCreate: true},
	)
	c.AddIndex("by_link", true, "link", "")
	c.AddIndex("by_added", false, "added", "")
	return c
}
