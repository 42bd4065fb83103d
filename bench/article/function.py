"""The Lambda function of the article that Links implements.

POST puts an item with a random ID, GET scans the table. TABLE is the table's name.
"""

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
        response = {"link_id": item["link_id"]}
    else:
        response = table.scan()["Items"]
    return {"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "*"}, "body": json.dumps(response)}
