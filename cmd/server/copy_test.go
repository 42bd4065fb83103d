package main

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"links/internal/store/dynamostore/dynamotest"
)

func TestCopyLinksMovesAListToAnotherServiceInItsOrder(t *testing.T) {
	table := dynamotest.Table(t)
	laptop := startServer(t, nil)
	cloud := startServer(t, nil, "-store", "dynamodb:"+table, "-create-table")
	for i := range 7 {
		links := make([]string, 20)
		for j := range links {
			links[j] = fmt.Sprintf("https://example.com/%d/%d?q=\"é\"&%s", i, j, strings.Repeat("x", 100*j))
		}
		if status, err := post(laptop.url, links...); status != 200 {
			t.Fatal(status, err)
		}
	}
	want := list(t, laptop.url)
	for _, time := range []string{"first", "second"} {
		cmd := exec.Command("../../scripts/copy-links", laptop.url+"/link", cloud.url+"/link")
		cmd.Env = append(os.Environ(), "NO_PROXY=127.0.0.1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if got := list(t, cloud.url); !slices.Equal(got, want) {
			t.Errorf("after the %s time there are %d links, want the %d in their order", time, len(got), len(want))
		}
	}
}
