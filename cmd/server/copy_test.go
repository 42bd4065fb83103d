package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"links/internal/store/dynamostore/dynamotest"
)

func TestCopyLinksMovesAListToAnotherServiceWithTitlesAndDatesInItsOrder(t *testing.T) {
	table := dynamotest.Table(t)
	laptop := startServer(t, nil)
	cloud := startServer(t, nil, "-store", "dynamodb:"+table, "-create-table")
	for i := range 7 {
		links := make([]string, 20)
		for j := range links {
			links[j] = fmt.Sprintf(`{"link": "https://example.com/%d/%d?q=\"é\"&%s"`, i, j, strings.Repeat("x", 100*j))
			if j%2 == 0 {
				links[j] += fmt.Sprintf(`, "title": "Page %d of \"é\" \\ <b>"`, j)
			}
			// Some have a date, most of these the same one.
			if j%3 > 0 {
				links[j] += fmt.Sprintf(`, "added": "2024-02-29T12:34:56.%03dZ"`, i/3)
			}
			links[j] += "}"
		}
		answer, err := http.Post(laptop.url+"/link", "application/json", strings.NewReader("["+strings.Join(links, ",")+"]"))
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			t.Fatal(answer.Status)
		}
	}
	want := whole(t, laptop.url)
	for _, time := range []string{"first", "second"} {
		cmd := exec.Command("../../scripts/copy-links", laptop.url+"/link", cloud.url+"/link")
		cmd.Env = append(os.Environ(), "NO_PROXY=127.0.0.1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if got := whole(t, cloud.url); got != want {
			t.Errorf("after the %s time the list is\n%.2000s\nwant\n%.2000s", time, got, want)
		}
	}
}

// whole gives the list with titles and dates, as the service writes it.
func whole(t *testing.T, url string) string {
	t.Helper()
	answer, err := http.Get(url + "/link?added=true")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK || answer.Header.Get("Link") != "" {
		t.Fatalf("%s, %v, Link %q", answer.Status, err, answer.Header.Get("Link"))
	}
	return string(body)
}
