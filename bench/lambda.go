package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const (
	startsPerRound = 4   // starts of each function in a round
	warmPerSecond  = 100 // requests to each function for each second of load
)

// A deployment is a function with its own table.
type deployment struct {
	table       string
	environment []string
	program     []string
}

func (b *bench) deployLinks() deployment {
	table := newTable()
	return deployment{table, []string{"LINKS_STORE=dynamodb:" + table}, []string{b.program("function")}}
}

// deployArticle returns the article's function. boto3 does not read AWS_REGION.
func (b *bench) deployArticle() deployment {
	table := newTable()
	return deployment{table, []string{"TABLE=" + table, "AWS_DEFAULT_REGION=us-east-1"},
		[]string{b.tools.python, "bench/article/bootstrap.py"}}
}

// lambda measures the function, compared with an empty function and with the
// article's, each in AWS's runtime emulator.
func (b *bench) lambda(ctx context.Context) (err error) {
	b.step("storing links for the functions")
	links, linksPost, article, articlePost := b.deployLinks(), b.deployLinks(), b.deployArticle(), b.deployArticle()
	for _, d := range []deployment{links, linksPost, article, articlePost} {
		defer func() { err = errors.Join(err, deleteTable(d.table)) }()
	}
	for _, d := range []deployment{article, articlePost} {
		if err := createArticleTable(ctx, d.table); err != nil {
			return err
		}
	}
	const few = 20
	for _, d := range []deployment{links, linksPost} {
		if err := b.seedTable(ctx, d.table, "1", few); err != nil {
			return err
		}
	}
	f, err := b.startFunction(ctx, article.environment, article.program...)
	if err != nil {
		return err
	}
	defer f.kill()
	for i := range few {
		if _, err := f.request(ctx, "POST", link(i)); err != nil {
			return err
		}
	}
	return errors.Join(
		b.starts(ctx, links),
		b.firstResponses(ctx, links, linksPost, article),
		b.warmResponses(ctx, links, linksPost, article, articlePost),
	)
}

// firstResponses measures the time from the first event, which starts the program,
// to its response.
func (b *bench) firstResponses(ctx context.Context, links, linksPost, article deployment) error {
	empty := deployment{program: []string{b.program("emptyfunction")}}
	posted := 1_000_000
	for turn := range 1 + b.rounds*startsPerRound {
		b.step("start %d of %d of the functions", turn, b.rounds*startsPerRound)
		for _, m := range []struct {
			figure string
			deployment
			method string
		}{
			{"first empty", empty, ""},
			{"first get", links, "GET"},
			{"first post", linksPost, "POST"},
			{"first article", article, "GET"},
		} {
			f, err := b.startFunction(ctx, m.environment, m.program...)
			if err != nil {
				return err
			}
			var took time.Duration
			switch m.method {
			case "":
				_, took, err = f.invoke(ctx, []byte("{}"))
			case "GET":
				took, err = f.request(ctx, "GET", "")
			case "POST":
				posted++
				took, err = f.request(ctx, "POST", link(posted))
			}
			f.kill() // the program exits when its runtime API is closed
			if err != nil {
				return err
			}
			if turn > 0 { // the first turn reads the program from the disk
				b.samples.add(m.figure, took.Seconds())
			}
		}
	}
	return nil
}

// warmResponses measures functions that are already running. GET and POST use
// different tables, so that the lists do not grow.
func (b *bench) warmResponses(ctx context.Context, links, linksPost, article, articlePost deployment) error {
	kinds := []struct {
		figure string
		deployment
		method string
		*function
	}{
		{"warm get links", links, "GET", nil},
		{"warm get article", article, "GET", nil},
		{"warm post links", linksPost, "POST", nil},
		{"warm post article", articlePost, "POST", nil},
	}
	for i, k := range kinds {
		f, err := b.startFunction(ctx, k.environment, k.program...)
		if err != nil {
			return err
		}
		defer f.kill()
		kinds[i].function = f
	}
	posted := 2_000_000
	for round := range 1 + b.rounds {
		b.step("round %d of %d of warm functions", round, b.rounds)
		times := map[string][]float64{}
		for range warmPerSecond * b.seconds {
			for _, k := range kinds {
				body := ""
				if k.method == "POST" {
					posted++
					body = link(posted)
				}
				took, err := k.request(ctx, k.method, body)
				if err != nil {
					return err
				}
				times[k.figure] = append(times[k.figure], took.Seconds())
			}
		}
		if round == 0 {
			continue // warm-up: DynamoDB Local and Python get faster with use
		}
		for figure, t := range times {
			b.samples.add(figure, median(t))
		}
	}
	for figure, k := range map[string]*function{
		"function memory links": kinds[0].function, "function memory article": kinds[1].function,
	} {
		resident, err := k.resident()
		if err != nil {
			return err
		}
		b.samples.add(figure, resident)
	}
	return nil
}

// createArticleTable creates a table with the article's keys.
func createArticleTable(ctx context.Context, table string) error {
	client, err := newClient(ctx)
	if err != nil {
		return err
	}
	key := func(name string, kind types.KeyType) (types.AttributeDefinition, types.KeySchemaElement) {
		return types.AttributeDefinition{AttributeName: &name, AttributeType: types.ScalarAttributeTypeS},
			types.KeySchemaElement{AttributeName: &name, KeyType: kind}
	}
	id, hash := key("link_id", types.KeyTypeHash)
	link, sort := key("link", types.KeyTypeRange)
	_, err = client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: aws.String(table), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{id, link}, KeySchema: []types.KeySchemaElement{hash, sort},
	})
	if err != nil {
		return fmt.Errorf("create the article's table: %w", err)
	}
	return nil
}
