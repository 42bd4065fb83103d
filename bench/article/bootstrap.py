"""Runs function.py with Lambda's runtime API, over one connection."""

import http.client
import json
import os

from function import handler

INVOCATION = "/2018-06-01/runtime/invocation/"

connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    connection.request("GET", INVOCATION + "next")
    event = connection.getresponse()
    response = json.dumps(handler(json.loads(event.read()), None))
    connection.request("POST", f"{INVOCATION}{event.headers['Lambda-Runtime-Aws-Request-Id']}/response", response)
    connection.getresponse().read()
