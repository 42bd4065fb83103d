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
	"github.com/aws/smithy-go"
)

// indexName is the index that lists read: a key for each shard, sorted by the moment of storing.
const indexName = "by_added"

// tablePoll is how often a table that is being created is looked at.
const tablePoll = 250 * time.Millisecond

// schema is the table as it is created. Encryption at rest is always on; point-in-time recovery is no part of creating.
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

// createTable returns when the table and its index are ready, made now if they were missing. Several processes may do so
// at once. A table with another key or index is left alone and is an error.
func (s *Store) createTable(ctx context.Context) error {
	made := false
	for {
		out, err := s.client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &s.table})
		var missing *types.ResourceNotFoundException
		switch {
		case errors.As(err, &missing):
			madeNow, err := s.makeTable(ctx)
			if err != nil {
				return err
			}
			if madeNow {
				made = true
				continue
			}
		case err != nil:
			return err
		case active(out.Table):
			if made {
				return s.recoverable(ctx)
			}
			return checkTable(out.Table)
		}
		if err := pause(ctx, tablePoll); err != nil {
			return err
		}
	}
}

// makeTable returns whether it was this call that made the table.
func (s *Store) makeTable(ctx context.Context) (bool, error) {
	_, err := s.client.CreateTable(ctx, schema(s.table))
	var exists *types.ResourceInUseException
	if errors.As(err, &exists) {
		return false, nil
	}
	return err == nil, err
}

// recoverable turns on point-in-time recovery where the engine has it: DynamoDB Local does not know the operation.
func (s *Store) recoverable(ctx context.Context) error {
	for {
		_, err := s.client.UpdateContinuousBackups(ctx, &dynamodb.UpdateContinuousBackupsInput{
			TableName: &s.table,
			PointInTimeRecoverySpecification: &types.PointInTimeRecoverySpecification{
				PointInTimeRecoveryEnabled: aws.Bool(true),
			},
		})
		var api smithy.APIError
		var notYet *types.ContinuousBackupsUnavailableException
		switch {
		case errors.As(err, &notYet): // for a moment after a table is made
		case errors.As(err, &api) && api.ErrorCode() == "UnknownOperationException":
			return nil
		case err != nil:
			return fmt.Errorf("table %s is made, but without point-in-time recovery: %w", s.table, err)
		default:
			return nil
		}
		if err := pause(ctx, tablePoll); err != nil {
			return err
		}
	}
}

func active(table *types.TableDescription) bool {
	return table.TableStatus == types.TableStatusActive &&
		!slices.ContainsFunc(table.GlobalSecondaryIndexes, func(index types.GlobalSecondaryIndexDescription) bool {
			return index.IndexStatus != types.IndexStatusActive
		})
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
		if p := found.Projection; p.ProjectionType != types.ProjectionTypeAll && !slices.Contains(p.NonKeyAttributes, urlAttribute) {
			return fmt.Errorf("index %s of table %s does not project %s", indexName, *table.TableName, urlAttribute)
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

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
