package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestTheFunctionLinksNoEmbeddedStoreAndTheHandlerNoStoreAtAll(t *testing.T) {
	const (
		bbolt = "go.etcd.io/bbolt"
		sdk   = "github.com/aws/aws-sdk-go-v2"
	)
	for program, banned := range map[string][]string{"links/cmd/lambda": {bbolt}, "links/internal/api": {bbolt, sdk}} {
		list, err := exec.CommandContext(t.Context(), "go", "list", "-deps", program).Output()
		if err != nil {
			t.Fatal(err)
		}
		for dependency := range strings.FieldsSeq(string(list)) {
			if slices.ContainsFunc(banned, func(b string) bool { return dependency == b || strings.HasPrefix(dependency, b+"/") }) {
				t.Errorf("%s links %s", program, dependency)
			}
		}
	}
}
