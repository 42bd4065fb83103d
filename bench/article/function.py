"""A Lambda function in the shape of the article that Links implements: POST puts an item with a random id, GET scans the
table. The name of the table is in TABLE."""

import json
import os
import uuid

import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def handler(event, context):
    if event["httpMethod"] == "POST":
        item = json.loads(event["body"])
        item["link_id"] = str(uuid.uuid4())
        table.put_item(Item=item)
        answer = {"link_id": item["link_id"]}
    else:
        answer = table.scan()["Items"]
    return {"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "*"}, "body": json.dumps(answer)}
