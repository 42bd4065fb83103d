package api_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"links/internal/api"
	"links/internal/api/apitest"
	"links/internal/store"
	"links/internal/store/boltstore/bolttest"
	"links/internal/store/dynamostore/dynamotest"
)

func TestContract_Bolt(t *testing.T) {
	open := func(t *testing.T) store.Store { return bolttest.Open(t) }
	runContract(t, open)
	apitest.RunLocal(t, startOver(open)) // local mode does not depend on the store
}

func TestContract_DynamoDB(t *testing.T) {
	runContract(t, func(t *testing.T) store.Store { return dynamotest.Open(t, 1) })
}

func TestContract_DynamoDBEightShards(t *testing.T) {
	runContract(t, func(t *testing.T) store.Store { return dynamotest.Open(t, 8) })
}

func runContract(t *testing.T, open func(*testing.T) store.Store) {
	start := startOver(open)
	apitest.Run(t, start)
	apitest.RunLarge(t, start)
	apitest.RunRepeats(t, start)
	apitest.RunCompression(t, start)
	apitest.RunFaults(t, start)
	apitest.RunServer(t, start)
}

// startOver returns a Start that serves a store over a real connection.
func startOver(open func(*testing.T) store.Store) apitest.Start {
	return func(t *testing.T, s apitest.Service) (string, *http.Client) {
		st := open(t)
		if s.Wrap != nil {
			st = s.Wrap(st)
		}
		handler, err := api.New(api.Config{
			Store: st, Tokens: s.Tokens(), Private: s.Private, Local: s.Local,
			CORSOrigin: s.CORSOrigin, Timeout: s.Timeout,
		})
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(handler)
		t.Cleanup(server.Close)
		return server.URL, server.Client()
	}
}
