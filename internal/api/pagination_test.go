package api_test

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"links/internal/api/apitest"
	"links/internal/link"
	"links/internal/store"
	"links/internal/store/dynamostore/dynamotest"
)

// Two processes that store links with the same date may assign the same timestamp.
func TestCursor_BetweenEqualTimestamps(t *testing.T) {
	table := dynamotest.Table(t)
	s := dynamotest.OpenTable(t, table, 1)
	added := new(link.Clock).Stamp(link.TimestampAt(time.UnixMilli(1_600_000_000_000)))
	const n = 5
	for i := range n {
		l, err := link.Parse(fmt.Sprintf("https://example.com/%d", i))
		if err != nil {
			t.Fatal(err)
		}
		_, err = dynamodb.NewFromConfig(dynamotest.AWS(t)).PutItem(t.Context(), &dynamodb.PutItemInput{
			TableName: &table,
			Item: map[string]types.AttributeValue{
				"link_id":    &types.AttributeValueMemberS{Value: l.ID.String()},
				"link":       &types.AttributeValueMemberS{Value: l.URL},
				"added":      &types.AttributeValueMemberB{Value: added[:]},
				"list_shard": &types.AttributeValueMemberN{Value: "0"},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	url, client := startOver(func(*testing.T) store.Store { return s })(t, apitest.Service{})
	linkHeader := regexp.MustCompile(`^<(.*)>; rel="next"$`)
	seen, pages := map[string]int{}, 0
	for next := "?limit=2"; next != ""; pages++ {
		response, err := client.Get(url + "/link" + next)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("GET /link%s: got status %s, %v, want 200: %s", next, response.Status, err, body)
		}
		for i := range n {
			seen[fmt.Sprint(i)] += strings.Count(string(body), fmt.Sprintf("example.com/%d", i))
		}
		next = ""
		if match := linkHeader.FindStringSubmatch(response.Header.Get("Link")); match != nil {
			next = match[1]
		}
	}
	for i, times := range seen {
		if times != 1 {
			t.Errorf("link %s: got it %d times, want once", i, times)
		}
	}
	if pages != 3 {
		t.Errorf("pages of 2 of %d links: got %d, want 3", n, pages)
	}
}
