package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// indexName is the name of the index that lists read.
const indexName = "by_added"

// A table in creation is polled after minTablePoll, and then with a growing
// interval.
const (
	minTablePoll = 250 * time.Millisecond
	maxTablePoll = 5 * time.Second
	tableTimeout = 10 * time.Minute
)

// schema returns the table to create. Deployments create the table of
// template.yml.
func schema(table string) *dynamodb.CreateTableInput {
	return &dynamodb.CreateTableInput{
		TableName:   &table,
		BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String(idAttribute), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String(shardAttribute), AttributeType: types.ScalarAttributeTypeN},
			{AttributeName: aws.String(addedAttribute), AttributeType: types.ScalarAttributeTypeB},
		},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String(idAttribute), KeyType: types.KeyTypeHash},
		},
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName: aws.String(indexName),
			KeySchema: []types.KeySchemaElement{
				{AttributeName: aws.String(shardAttribute), KeyType: types.KeyTypeHash},
				{AttributeName: aws.String(addedAttribute), KeyType: types.KeyTypeRange},
			},
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
		}},
	}
}

// createTable creates the table if it does not exist, and waits until it and
// its index are usable. Several processes may do so concurrently. If the table
// exists with another key or index, createTable returns an error.
func (s *Store) createTable(ctx context.Context) error {
	_, err := s.client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &s.table})
	if _, ok := errors.AsType[*types.ResourceNotFoundException](err); ok {
		var exists *types.ResourceInUseException // created by another process
		if _, err = s.client.CreateTable(ctx, schema(s.table)); errors.As(err, &exists) {
			err = nil
		}
	}
	if err != nil {
		return err
	}
	waiter := dynamodb.NewTableExistsWaiter(s.client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = minTablePoll, maxTablePoll
		o.Retryable = s.shouldWait
	})
	out, err := waiter.WaitForOutput(ctx, &dynamodb.DescribeTableInput{TableName: &s.table}, tableTimeout)
	if err != nil {
		return err
	}
	return checkTable(out.Table)
}

// shouldWait reports whether the table or its index is still being created. A
// table that is being updated is usable.
func (s *Store) shouldWait(
	_ context.Context, _ *dynamodb.DescribeTableInput, out *dynamodb.DescribeTableOutput, err error,
) (bool, error) {
	var missing *types.ResourceNotFoundException
	switch {
	case errors.As(err, &missing): // DescribeTable is eventually consistent
	case err != nil:
		return false, err
	case out.Table.TableStatus == types.TableStatusDeleting:
		return false, fmt.Errorf("table %s is being deleted: start again when it no longer exists", s.table)
	case out.Table.TableStatus != types.TableStatusCreating &&
		!slices.ContainsFunc(out.Table.GlobalSecondaryIndexes, func(index types.GlobalSecondaryIndexDescription) bool {
			return *index.IndexName == indexName && index.IndexStatus == types.IndexStatusCreating
		}):
		return false, nil
	}
	s.log.Info("waiting for the table to be created", "table", s.table)
	return true, nil
}

// checkTable returns an error if the table differs from the schema.
func checkTable(table *types.TableDescription) error {
	wanted := schema(*table.TableName)
	index := wanted.GlobalSecondaryIndexes[0]
	want := keyText(wanted.KeySchema, wanted.AttributeDefinitions)
	if got := keyText(table.KeySchema, table.AttributeDefinitions); got != want {
		return fmt.Errorf("table %s has the key %s, not %s: choose another table", *table.TableName, got, want)
	}
	want = keyText(index.KeySchema, wanted.AttributeDefinitions)
	for _, found := range table.GlobalSecondaryIndexes {
		if *found.IndexName != indexName {
			continue
		}
		if got := keyText(found.KeySchema, table.AttributeDefinitions); got != want {
			return fmt.Errorf("index %s of table %s has the key %s, not %s", indexName, *table.TableName, got, want)
		}
		for _, attribute := range []string{urlAttribute, titleAttribute, tagsAttribute, noteAttribute} {
			p := found.Projection
			if p.ProjectionType != types.ProjectionTypeAll && !slices.Contains(p.NonKeyAttributes, attribute) {
				return fmt.Errorf("index %s of table %s does not project %s: recreate it with the projection ALL",
					indexName, *table.TableName, attribute)
			}
		}
		return nil
	}
	return fmt.Errorf("table %s has no index %s with the key %s", *table.TableName, indexName, want)
}

// keyText returns a key as "name type kind, …".
func keyText(key []types.KeySchemaElement, attributes []types.AttributeDefinition) string {
	kinds := map[string]types.ScalarAttributeType{}
	for _, a := range attributes {
		kinds[*a.AttributeName] = a.AttributeType
	}
	var parts []string
	for _, k := range key {
		parts = append(parts, fmt.Sprintf("%s %s %s", *k.AttributeName, kinds[*k.AttributeName], k.KeyType))
	}
	return strings.Join(parts, ", ")
}
