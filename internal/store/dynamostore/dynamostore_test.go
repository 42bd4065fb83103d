package dynamostore_test

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"links/internal/link"
	"links/internal/store"
	"links/internal/store/dynamostore"
	"links/internal/store/dynamostore/dynamotest"
	"links/internal/store/storetest"
)

func TestStore_OneShard(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return dynamotest.Open(t, 1) })
}

func TestStore_EightShards(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return dynamotest.Open(t, 8) })
}

func TestListShards_Increased(t *testing.T) {
	table := dynamotest.Table(t)
	one := dynamotest.OpenTable(t, table, 1)
	eight := dynamotest.OpenTable(t, table, 8)
	old, recent := storetest.Links(t, 0, 60), storetest.Links(t, 60, 60)
	storetest.Put(t, one, old...)
	storetest.Put(t, eight, recent...)
	storetest.Put(t, eight, old...)
	wantList(t, eight, link.Timestamp{}, 1000, slices.Concat(recent, old)...)

	page := storetest.List(t, eight, link.Timestamp{}, 50)
	wantList(t, eight, page[49].Added, 1000, slices.Concat(recent, old)[50:]...)
	if err := eight.Delete(t.Context(), old[0].ID); err != nil {
		t.Error(err)
	}
	if err := eight.Delete(t.Context(), recent[0].ID); err != nil {
		t.Error(err)
	}
	wantList(t, eight, link.Timestamp{}, 1000, slices.Concat(recent[1:], old[1:])...)
}

func TestPut_SpreadsLinksOverShards(t *testing.T) {
	table := dynamotest.Table(t)
	storetest.Put(t, dynamotest.OpenTable(t, table, 8), storetest.Links(t, 0, 240)...)
	// With one shard, the list contains the first of the eight shards.
	first := storetest.List(t, dynamotest.OpenTable(t, table, 1), link.Timestamp{}, 1000)
	if n := len(first); n < 12 || n > 60 {
		t.Errorf("links in one of 8 shards: got %d of 240, want about 30", n)
	}
}

func TestOpen_InvalidConfig(t *testing.T) {
	for _, c := range []struct {
		name   string
		config dynamostore.Config
		region string
		want   string
	}{
		{"no table", dynamostore.Config{}, "us-east-1", "name of the table"},
		{"a negative number of shards", dynamostore.Config{Table: "t", ListShards: -1}, "us-east-1", "1 to 64"},
		{"65 shards", dynamostore.Config{Table: "t", ListShards: 65}, "us-east-1", "1 to 64"},
		{"no region", dynamostore.Config{Table: "t"}, "", "set AWS_REGION"},
	} {
		t.Run(c.name, func(t *testing.T) {
			withoutAWSFiles(t)
			t.Setenv("AWS_REGION", c.region)
			c.config.AWS = dynamotest.AWS(t)
			s, err := dynamostore.Open(t.Context(), c.config)
			if s != nil || err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Open: got %v, %v, want an error with %q", s, err, c.want)
			}
		})
	}
}

func TestOpen_UsesNoNetwork(t *testing.T) {
	withoutAWSFiles(t)
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1") // refuses connections
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s, err := dynamostore.Open(ctx, dynamostore.Config{AWS: dynamotest.AWS(t), Table: "t"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// BenchmarkOpen measures the part of this package in the start of a Lambda
// function.
func BenchmarkOpen(b *testing.B) {
	withoutAWSFiles(b)
	b.Setenv("AWS_REGION", "us-east-1")
	c := dynamostore.Config{AWS: dynamotest.AWS(b), Table: "t"}
	for b.Loop() {
		s, err := dynamostore.Open(b.Context(), c)
		if err != nil {
			b.Fatal(err)
		}
		_ = s.Close()
	}
}

func TestSDKLogger_DebugLevel(t *testing.T) {
	table := dynamotest.Table(t)
	dynamotest.OpenTable(t, table, 1)
	for level, want := range map[slog.Level]bool{slog.LevelDebug: true, slog.LevelInfo: false} {
		var text strings.Builder
		c := dynamotest.Config(t, table)
		c.Log = slog.New(slog.NewJSONHandler(&text, &slog.HandlerOptions{Level: level}))
		s, err := dynamostore.Open(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		// The update fails, and the SDK logs it.
		_, _ = s.Update(t.Context(), storetest.Link(t, 0).ID, link.Changes{Title: new("title")})
		_ = s.Close()
		if got := strings.Contains(text.String(), "ConditionalCheckFailed"); got != want {
			t.Errorf("log at level %v: got %q, want the SDK's log: %v", level, text.String(), want)
		}
	}
}

// A Scan reads, and bills, the complete table.
func TestPackage_NeverScans(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	forbidden := []string{"Scan", "ScanInput", "NewScanPaginator", "ExecuteStatement", "BatchExecuteStatement"}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if used, ok := n.(*ast.Ident); ok && slices.Contains(forbidden, used.Name) {
				t.Errorf("%s uses %s", name, used.Name)
			}
			return true
		})
	}
}

// withoutAWSFiles hides the AWS configuration of the user who runs the tests.
func withoutAWSFiles(t testing.TB) {
	t.Helper()
	for _, name := range []string{"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"} {
		t.Setenv(name, t.TempDir()+"/none")
	}
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_CA_BUNDLE"} {
		t.Setenv(name, "")
	}
}

func wantList(t testing.TB, s store.Store, after link.Timestamp, limit int, want ...link.Link) {
	t.Helper()
	got := storetest.List(t, s, after, limit)
	if !slices.EqualFunc(got, want, func(a, b link.Link) bool { return a.ID == b.ID && a.URL == b.URL }) {
		t.Errorf("List: got %d links, %.500s\nwant %d, %.500s", len(got), fmt.Sprint(got), len(want), fmt.Sprint(want))
	}
}

func TestStore_EqualsModel(t *testing.T) {
	for _, shards := range []int{1, 8} {
		t.Run(fmt.Sprint(shards, " shards"), func(t *testing.T) {
			storetest.RunModel(t, func(t *testing.T) store.Store { return dynamotest.Open(t, shards) }, 10)
		})
	}
}
