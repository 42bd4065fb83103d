"""Runs function.py under Lambda's runtime API: asks for an event, has it handled, sends the answer, over one connection."""

import http.client
import json
import os

from function import handler

INVOCATION = "/2018-06-01/runtime/invocation/"

connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    connection.request("GET", INVOCATION + "next")
    event = connection.getresponse()
    answer = json.dumps(handler(json.loads(event.read()), None))
    connection.request("POST", f"{INVOCATION}{event.headers['Lambda-Runtime-Aws-Request-Id']}/response", answer)
    connection.getresponse().read()
