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

// indexName is the index that lists read: a key for each shard, sorted by the moment of storing.
const indexName = "by_added"

// A table that is being made is looked at after minTablePoll, and then less and less often, until it can be used.
const (
	minTablePoll = 250 * time.Millisecond
	maxTablePoll = 5 * time.Second
	tableTimeout = 10 * time.Minute
)

// schema is the table as it is created for local work; template.yml has the deployed one.
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

// createTable returns when the table and its index can be used, made now if they were missing. Several processes may do so
// at once. A table with another key or index is left alone and is an error.
func (s *Store) createTable(ctx context.Context) error {
	_, err := s.client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &s.table})
	if _, ok := errors.AsType[*types.ResourceNotFoundException](err); ok {
		var exists *types.ResourceInUseException // made by another process
		if _, err = s.client.CreateTable(ctx, schema(s.table)); errors.As(err, &exists) {
			err = nil
		}
	}
	if err != nil {
		return err
	}
	waiter := dynamodb.NewTableExistsWaiter(s.client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = minTablePoll, maxTablePoll
		o.Retryable = s.waitOn
	})
	out, err := waiter.WaitForOutput(ctx, &dynamodb.DescribeTableInput{TableName: &s.table}, tableTimeout)
	if err != nil {
		return err
	}
	return checkTable(out.Table)
}

// waitOn says whether the table that was described, or its index, is still being made. It may be used while it is updated.
func (s *Store) waitOn(_ context.Context, _ *dynamodb.DescribeTableInput, out *dynamodb.DescribeTableOutput, err error) (bool, error) {
	var missing *types.ResourceNotFoundException
	switch {
	case errors.As(err, &missing): // not everywhere yet
	case err != nil:
		return false, err
	case out.Table.TableStatus == types.TableStatusDeleting:
		return false, fmt.Errorf("table %s is being deleted: start again when it is gone", s.table)
	case out.Table.TableStatus != types.TableStatusCreating &&
		!slices.ContainsFunc(out.Table.GlobalSecondaryIndexes, func(index types.GlobalSecondaryIndexDescription) bool {
			return *index.IndexName == indexName && index.IndexStatus == types.IndexStatusCreating
		}):
		return false, nil
	}
	s.log.Info("waiting for the table to be made", "table", s.table)
	return true, nil
}

// checkTable returns an error that says what differs when the table is not one of links.
func checkTable(table *types.TableDescription) error {
	wanted := schema(*table.TableName)
	index := wanted.GlobalSecondaryIndexes[0]
	want := keyText(wanted.KeySchema, wanted.AttributeDefinitions)
	if got := keyText(table.KeySchema, table.AttributeDefinitions); got != want {
		return fmt.Errorf("table %s has the key %s, and must have %s: choose another table", *table.TableName, got, want)
	}
	want = keyText(index.KeySchema, wanted.AttributeDefinitions)
	for _, found := range table.GlobalSecondaryIndexes {
		if *found.IndexName != indexName {
			continue
		}
		if got := keyText(found.KeySchema, table.AttributeDefinitions); got != want {
			return fmt.Errorf("index %s of table %s has the key %s, and must have %s", indexName, *table.TableName, got, want)
		}
		for _, attribute := range []string{urlAttribute, titleAttribute} {
			if p := found.Projection; p.ProjectionType != types.ProjectionTypeAll && !slices.Contains(p.NonKeyAttributes, attribute) {
				return fmt.Errorf("index %s of table %s does not project %s, so lists would lack it: make the index anew, projecting ALL",
					indexName, *table.TableName, attribute)
			}
		}
		return nil
	}
	return fmt.Errorf("table %s has no index %s with the key %s", *table.TableName, indexName, want)
}

// keyText writes a key as "name type kind, …".
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
