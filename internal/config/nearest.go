package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Unknown describes each variable of the environment that begins with LINKS_ and is
// not a setting of the program. environ is a list of NAME=VALUE, as that of
// os.Environ.
func Unknown(p Program, environ []string) []string {
	var flags []string
	envs := map[string]string{} // from flag to variable
	for _, s := range Settings(p) {
		flags = append(flags, s.Flag())
		envs[s.Flag()] = s.Env
	}
	var problems []string
	for _, variable := range environ {
		env, _, _ := strings.Cut(variable, "=")
		flag := Setting{Env: env}.Flag()
		if !strings.HasPrefix(env, "LINKS_") || envs[flag] == env {
			continue
		}
		problem := env + " is not a setting and has no effect"
		if nearest := Nearest(flag, flags); nearest != "" {
			problem = fmt.Sprintf("%s; did you mean %s?", problem, envs[nearest])
		}
		problems = append(problems, problem)
	}
	return problems
}

// synonyms maps names that other programs use to flags.
var synonyms = map[string]string{"port": "addr", "host": "addr", "listen": "addr", "db": "store", "file": "store"}

// Nearest returns the flag that a misspelled or incomplete name probably stands for,
// or "" if no flag is similar.
func Nearest(name string, flags []string) string {
	if synonym := synonyms[name]; slices.Contains(flags, synonym) {
		return synonym
	}
	nearest, least := "", 3 // a name with three errors is another name
	for _, flag := range flags {
		distance := levenshtein.ComputeDistance(name, flag)
		if slices.Contains(strings.Split(flag, "-"), name) {
			distance = 1
		}
		if distance < least {
			nearest, least = flag, distance
		}
	}
	return nearest
}
