package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestPackages_LinkOnlyWhatTheyMay(t *testing.T) {
	const (
		bbolt   = "go.etcd.io/bbolt/"
		sdk     = "github.com/aws/aws-sdk-go-v2"
		runtime = "github.com/aws/aws-lambda-go"
		adapter = "github.com/awslabs/aws-lambda-go-api-proxy"
		metrics = "github.com/prometheus/"
		links   = "links/"
		rate    = "github.com/go-chi/httprate/"
		xxh3    = "github.com/zeebo/xxh3/"
		cpuid   = "github.com/klauspost/cpuid/"
		minify  = "github.com/tdewolff/minify/"
	)
	for _, c := range []struct {
		name            string
		banned, allowed []string
	}{
		// Lambda passes the credentials in variables. Packages for other sources of
		// credentials slow down every start.
		{"links/cmd/lambda", []string{
			bbolt, metrics, rate, xxh3, cpuid, minify,
			sdk + "/config/", sdk + "/feature/ec2/imds/", sdk + "/service/sso/", sdk + "/service/sts/",
		}, nil},
		{"links/internal/api", []string{bbolt, sdk, runtime, adapter, metrics, rate}, nil},
		{"links/internal/webui", []string{bbolt, sdk, runtime, adapter, links}, []string{"links/internal/webui"}},
		{"links/internal/lambdahttp", []string{bbolt, sdk, links}, []string{"links/internal/lambdahttp"}},
		{"links/internal/link", []string{bbolt, sdk, links}, []string{"links/internal/link"}},
		{"links/internal/store", []string{bbolt, sdk, links}, []string{"links/internal/link", "links/internal/store"}},
		{"links/internal/store/boltstore", []string{sdk, metrics}, nil},
		{"links/internal/store/dynamostore", []string{bbolt, metrics}, nil},
	} {
		for _, dependency := range dependencies(t, c.name) {
			isBanned := slices.ContainsFunc(c.banned, func(banned string) bool {
				return strings.HasPrefix(dependency+"/", banned)
			})
			if isBanned && !slices.Contains(c.allowed, dependency) {
				t.Errorf("%s must not depend on %s", c.name, dependency)
			}
		}
	}
}

// dependencies returns the import paths of all packages that a program with this
// package would link.
//
// It opens the directories that `go list` reads. go test's cache observes only what
// the test itself opens.
func dependencies(t *testing.T, name string) []string {
	t.Helper()
	if _, err := os.Stat("../../go.mod"); err != nil {
		t.Fatal(err)
	}
	const format = "{{.ImportPath}} {{with .Module}}{{if .Main}}{{$.Dir}}{{end}}{{end}}"
	list, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", format, name).Output()
	if err != nil {
		t.Fatalf("go list -deps %s: %v", name, err)
	}
	var all []string
	for line := range strings.Lines(string(list)) {
		importPath, dir, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		all = append(all, importPath)
		if dir == "" {
			continue
		}
		if _, err := os.ReadDir(dir); err != nil {
			t.Fatal(err)
		}
	}
	return all
}
