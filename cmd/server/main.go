// Command server runs Links as a plain HTTP server. For its flags and
// environment variables, run server -help.
package main

import (
	"os"

	"links/internal/server"
)

func main() { os.Exit(server.Main()) }
