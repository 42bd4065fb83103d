package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/uuid"

	"links/internal/link"
)

// putOne creates the item of the link, or fills it in. A single write has the
// complete effect, so concurrent calls lose nothing.
func (s *Store) putOne(ctx context.Context, l link.Link) error {
	err := s.fillIn(ctx, l)
	for isConditionFailed(err) {
		err = s.merge(ctx, l)
	}
	return err
}

// fillIn creates the item of the link, or adds the attributes that the item
// does not contain. If the item contains tags, but not all tags of the link,
// the condition fails.
func (s *Store) fillIn(ctx context.Context, l link.Link) error {
	u := s.fillingIn(l)
	if l.Tags != "" {
		u.setIfMissing(tagsAttribute, tagsValue(l.Tags))
		u.condition = "attribute_not_exists(" + tagsAttribute + ") OR " + u.containsAll(tagsValue(l.Tags))
	}
	_, err := s.updateItem(ctx, l.ID, u)
	return err
}

// merge fills in the item of the link and adds the tags that it does not
// contain. If the tags of the item change after they were read, the condition
// fails.
func (s *Store) merge(ctx context.Context, l link.Link) error {
	item, err := s.getItem(ctx, l.ID)
	if err != nil {
		return err
	}
	existing, tags, err := tagsOf(item)
	if err != nil {
		return fmt.Errorf("item %q: %w", l.ID, err)
	}
	if existing == nil { // the link or its tags were deleted
		return s.fillIn(ctx, l)
	}
	u := s.fillingIn(l)
	u.set(tagsAttribute, tagsValue(tags.Add(l.Tags)))
	u.condition = u.equals(existing)
	_, err = s.updateItem(ctx, l.ID, u)
	return err
}

// fillingIn returns the part of an update that is the same whether or not the
// item exists and contains tags.
func (s *Store) fillingIn(l link.Link) update {
	var u update
	u.setIfMissing(urlAttribute, stringValue(l.URL))
	u.setIfMissing(addedAttribute, addedValue(l.Added))
	u.setIfMissing(shardAttribute, numberValue(shardOf(l.ID, s.shards)))
	if l.Title != "" {
		u.setIfMissing(titleAttribute, stringValue(l.Title))
	}
	if l.Note != "" {
		u.setIfMissing(noteAttribute, stringValue(l.Note))
	}
	return u
}

// An update contains the parameters of an UpdateItem. Its zero value changes
// nothing.
type update struct {
	sets, removes []string
	condition     string // if it is empty, there is none
	values        map[string]types.AttributeValue
	returns       types.ReturnValue
}

// value returns the name of the value in expressions.
func (u *update) value(name string, value types.AttributeValue) string {
	if u.values == nil {
		u.values = map[string]types.AttributeValue{}
	}
	u.values[":"+name] = value
	return ":" + name
}

// set sets the attribute.
func (u *update) set(attribute string, value types.AttributeValue) {
	u.sets = append(u.sets, attribute+" = "+u.value(attribute, value))
}

// setIfMissing sets the attribute if the item does not contain it.
func (u *update) setIfMissing(attribute string, value types.AttributeValue) {
	u.sets = append(u.sets, fmt.Sprintf("%s = if_not_exists(%[1]s, %s)", attribute, u.value(attribute, value)))
}

// setOrRemove sets the attribute, or removes it if the value is empty.
func (u *update) setOrRemove(attribute string, value types.AttributeValue, isEmpty bool) {
	if isEmpty {
		u.removes = append(u.removes, attribute)
	} else {
		u.set(attribute, value)
	}
}

// containsAll returns the condition that the item contains all of the tags.
func (u *update) containsAll(tags *types.AttributeValueMemberL) string {
	var conditions []string
	for i, tag := range tags.Value {
		name := u.value(fmt.Sprint("tag", i), tag)
		conditions = append(conditions, fmt.Sprintf("contains(%s, %s)", tagsAttribute, name))
	}
	return strings.Join(conditions, " AND ")
}

// equals returns the condition that the tags of the item are these. It compares
// each of them, because dynalite does not compare lists.
func (u *update) equals(tags *types.AttributeValueMemberL) string {
	size := u.value("size", numberValue(len(tags.Value)))
	conditions := []string{fmt.Sprintf("size(%s) = %s", tagsAttribute, size)}
	for i, tag := range tags.Value {
		name := u.value(fmt.Sprint("tag", i), tag)
		conditions = append(conditions, fmt.Sprintf("%s[%d] = %s", tagsAttribute, i, name))
	}
	return strings.Join(conditions, " AND ")
}

// updateItem applies the update, atomically. It returns the attributes that
// u.returns specifies. If the condition fails, isConditionFailed is true of the
// error.
func (s *Store) updateItem(ctx context.Context, id uuid.UUID, u update) (map[string]types.AttributeValue, error) {
	input := &dynamodb.UpdateItemInput{
		TableName:                 &s.table,
		Key:                       key(id),
		ExpressionAttributeValues: u.values,
		ReturnValues:              u.returns,
	}
	var clauses []string
	if len(u.sets) > 0 {
		clauses = append(clauses, "SET "+strings.Join(u.sets, ", "))
	}
	if len(u.removes) > 0 {
		clauses = append(clauses, "REMOVE "+strings.Join(u.removes, ", "))
	}
	input.UpdateExpression = new(strings.Join(clauses, " "))
	if u.condition != "" {
		input.ConditionExpression = &u.condition
	}
	out, err := s.client.UpdateItem(ctx, input)
	if err != nil {
		return nil, err
	}
	return out.Attributes, nil
}

// isConditionFailed reports whether a write changed nothing because its
// condition was false.
func isConditionFailed(err error) bool {
	_, failed := errors.AsType[*types.ConditionalCheckFailedException](err)
	return failed
}
