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

func TestContractOverBolt(t *testing.T) {
	runContract(t, func(t *testing.T) store.Store { return bolttest.Open(t) })
}

func TestContractOverDynamoDB(t *testing.T) {
	runContract(t, func(t *testing.T) store.Store { return dynamotest.Open(t, 1) })
}

func TestContractOverDynamoDBWithEightShards(t *testing.T) {
	runContract(t, func(t *testing.T) store.Store { return dynamotest.Open(t, 8) })
}

func runContract(t *testing.T, open func(*testing.T) store.Store) {
	start := startOver(open)
	apitest.Run(t, start)
	apitest.RunLarge(t, start)
	apitest.RunRepeats(t, start)
	apitest.RunFaults(t, start)
	apitest.RunServer(t, start)
	apitest.RunLocal(t, start)
}

// startOver serves a store over a real listener.
func startOver(open func(*testing.T) store.Store) apitest.Start {
	return func(t *testing.T, s apitest.Service) (string, *http.Client) {
		links := open(t)
		if s.Wrap != nil {
			links = s.Wrap(links)
		}
		handler, err := api.New(api.Config{
			Store: links, Tokens: s.Tokens(), Private: s.Private, Local: s.Local, CORSOrigin: s.CORSOrigin, Timeout: s.Timeout,
		})
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(handler)
		t.Cleanup(server.Close)
		return server.URL, server.Client()
	}
}
