package main

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"links/internal/api"
	"links/internal/api/apitest"
	"links/internal/api/apitest/doors"
	"links/internal/store"
	"links/internal/store/dynamostore/dynamotest"
)

// lostByALB is the case that an ALB without multi-value headers cannot pass, whatever the function does: of a parameter that
// is sent twice it passes the last on alone.
const lostByALB = "GET keeps repeated parameters in Link, and refuses to have its own repeated"

func TestContractBehindEveryFrontDoor(t *testing.T) {
	dynamotest.Endpoint(t)
	for _, door := range doors.All() {
		t.Run(door.Name, func(t *testing.T) {
			t.Parallel()
			lost := false
			behind := startBehind(door)
			start := func(t *testing.T, s apitest.Service) (string, *http.Client) {
				if door.Name == alb && strings.HasSuffix(t.Name(), "/"+strings.ReplaceAll(lostByALB, " ", "_")) {
					lost = true
					t.Skip("an ALB without multi-value headers passes on the last of repeated parameters alone")
				}
				return behind(t, s)
			}
			apitest.Run(t, start)
			apitest.RunFaults(t, start)
			if !strings.HasPrefix(door.Name, "ALB") {
				apitest.RunLarge(t, start)
			}
			if lost != (door.Name == alb) {
				t.Errorf("there is no case %q", lostByALB)
			}
		})
	}
}

// startBehind serves a new table through the door.
func startBehind(door doors.Door) apitest.Start {
	return func(t *testing.T, s apitest.Service) (string, *http.Client) {
		var links store.Store = dynamotest.Open(t, 1)
		if s.Wrap != nil {
			links = s.Wrap(links)
		}
		handler, err := api.New(api.Config{Store: links, Tokens: s.Tokens(), Private: s.Private, CORSOrigin: s.CORSOrigin})
		if err != nil {
			t.Fatal(err)
		}
		f := &function{handler: handler, log: slog.New(slog.DiscardHandler)}
		timeout := callTime
		if s.Timeout > 0 {
			timeout = s.Timeout + deadlineMargin
		}
		return door.BaseURL(), door.Client(inLambda(f.Invoke, timeout))
	}
}
