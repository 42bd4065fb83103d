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
		if isSettingOfAnother(p, env) {
			problem = env + " is a setting of another program and has no effect on this one"
		} else if nearest := Nearest(flag, flags); nearest != "" {
			problem = fmt.Sprintf("%s; did you mean %s?", problem, envs[nearest])
		}
		problems = append(problems, problem)
	}
	return problems
}

// isSettingOfAnother reports whether the variable is a setting of another program than p.
func isSettingOfAnother(p Program, env string) bool {
	return slices.ContainsFunc([]Program{Server, Lambda}, func(other Program) bool {
		return other != p && slices.ContainsFunc(Settings(other), func(s Setting) bool { return s.Env == env })
	})
}

// synonyms maps names that other programs use to flags.
var synonyms = map[string]string{
	"address": "addr", "bind": "addr", "host": "addr", "listen": "addr", "listen-addr": "addr", "p": "addr",
	"port": "addr",
	"data": "store", "database": "store", "db": "store", "dir": "store", "file": "store", "path": "store",
	"level": "log", "log-level": "log", "loglevel": "log", "verbose": "log",
	"proxies": "trusted-proxies", "proxy": "trusted-proxies",
	"token": "token-sha256", "tokens": "token-sha256",
	"v": "version",
}

// Nearest returns the flag that a misspelled or incomplete name probably stands for,
// or "" if no flag is similar. The name can be that of a variable, such as LINKS_ADR.
func Nearest(name string, flags []string) string {
	name = strings.TrimPrefix(strings.ReplaceAll(strings.ToLower(name), "_", "-"), "links-")
	if synonym := synonyms[name]; slices.Contains(flags, synonym) {
		return synonym
	}
	// One error per three letters, at most three: a name with more errors is another name.
	nearest, least := "", min((len(name)+1)/3, 3)+1
	for _, flag := range flags {
		distance := levenshtein.ComputeDistance(name, flag)
		if slices.Contains(strings.Split(flag, "-"), name) {
			distance = min(distance, 1)
		}
		if distance < least {
			nearest, least = flag, distance
		}
	}
	return nearest
}
