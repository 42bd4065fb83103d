package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/uuid"
)

// delay is added to each call of DynamoDB Local. It is longer than a round trip
// within a region.
const delay = 8 * time.Millisecond

// listed is the number of links in the tables whose lists are measured.
const listed = 10_000

// dynamodb measures the time, the calls and the read units of lists, with one
// shard and with eight.
func (b *bench) dynamodb(ctx context.Context) (err error) {
	p := &delayingProxy{target: b.tools.dynamodb}
	front := httptest.NewServer(p)
	defer front.Close()
	servers := map[string]*process{}
	for _, shards := range []string{"1", "8"} {
		b.step("storing %d links in DynamoDB Local, shards: %s", listed, shards)
		table := newTable()
		defer func() { err = errors.Join(err, deleteTable(table)) }()
		if err := b.seedTable(ctx, table, shards, listed); err != nil {
			return err
		}
		s, err := b.startServer(ctx, []string{"AWS_ENDPOINT_URL_DYNAMODB=" + front.URL}, table, shards)
		if err != nil {
			return err
		}
		defer s.stop()
		servers[shards] = s
	}
	for round := range b.rounds {
		b.step("round %d of %d of lists on DynamoDB", round+1, b.rounds)
		for path, list := range map[string]string{"/link?limit=50": "page", "/link": "whole"} {
			for shards, s := range servers {
				p.reset()
				began := time.Now()
				body, _, err := ask(ctx, "GET", s.url+path, "")
				if err != nil {
					return err
				}
				took := time.Since(began)
				var links []json.RawMessage
				if err := json.Unmarshal(body, &links); err != nil || list == "whole" && len(links) != listed {
					return fmt.Errorf("the list contains %d links, want %d: %v", len(links), listed, err)
				}
				calls, units := p.counted()
				name := list + shards + " "
				b.samples.add(name+"seconds", took.Seconds())
				b.samples.add(name+"calls", float64(calls))
				b.samples.add(name+"units", units)
			}
		}
	}
	return nil
}

// startServer starts the plain server, which creates the table if it is missing.
func (b *bench) startServer(ctx context.Context, environment []string, table, shards string) (*process, error) {
	return b.start(ctx, environment, b.program("server"), func(addr string) []string {
		return []string{"-addr", addr, "-store", "dynamodb:" + table, "-create-table", "-list-shards", shards}
	})
}

// seedTable creates a table that contains the given number of links.
func (b *bench) seedTable(ctx context.Context, table, shards string, links int) error {
	p, err := b.startServer(ctx, nil, table, shards)
	if err != nil {
		return err
	}
	defer p.stop()
	return (&store{process: p}).seed(ctx, links)
}

func newTable() string { return "bench-" + uuid.NewString() }

func deleteTable(table string) error {
	ctx := context.Background() // the context of the measurements may be canceled
	client, err := newClient(ctx)
	if err != nil {
		return err
	}
	_, err = client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &table})
	if _, ok := errors.AsType[*types.ResourceNotFoundException](err); ok {
		return nil
	}
	return err
}

func newClient(ctx context.Context) (*dynamodb.Client, error) {
	c, err := config.LoadDefaultConfig(ctx)
	return dynamodb.NewFromConfig(c), err
}

// A delayingProxy forwards calls to DynamoDB Local after a delay. It counts the
// queries and the read units they consume.
type delayingProxy struct {
	target string
	mu     sync.Mutex
	calls  int
	units  float64
}

func (p *delayingProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	time.Sleep(delay)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client closed the connection
	}
	query := r.Header.Get("X-Amz-Target") == "DynamoDB_20120810.Query"
	if query {
		body = append(bytes.TrimSuffix(body, []byte("}")), `,"ReturnConsumedCapacity":"TOTAL"}`...)
	}
	response, err := p.forward(r, body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	if query {
		p.count(text)
	}
	maps.Copy(w.Header(), response.Header)
	w.WriteHeader(response.StatusCode)
	_, _ = w.Write(text) // an error means that the client closed the connection
}

func (p *delayingProxy) forward(r *http.Request, body []byte) (*http.Response, error) {
	request, err := http.NewRequestWithContext(r.Context(), r.Method, p.target, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header = r.Header.Clone()
	return http.DefaultClient.Do(request)
}

func (p *delayingProxy) count(response []byte) {
	var consumed struct {
		ConsumedCapacity struct{ CapacityUnits float64 }
	}
	_ = json.Unmarshal(response, &consumed) // an error response contains no units
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls++
	p.units += consumed.ConsumedCapacity.CapacityUnits
}

func (p *delayingProxy) reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls, p.units = 0, 0
}

func (p *delayingProxy) counted() (calls int, units float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls, p.units
}
