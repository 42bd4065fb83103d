// Package lambdahttp runs an http.Handler as an AWS Lambda function behind an API
// Gateway REST API or HTTP API, a function URL or an Application Load Balancer
// (ALB). One function serves all of them; the shape of an event identifies its
// source.
//
//	lambda.Start(&lambdahttp.Function{Handler: handler})
//
// The handler receives the requests, and its client the responses, that net/http's
// server would produce. The module github.com/awslabs/aws-lambda-go-api-proxy (the
// adapter) converts events to requests and responses back. It is archived. This
// package works around its differences from net/http, which are listed here. A test
// fails once the adapter no longer needs one of the workarounds.
//
// Requests:
//   - The URL contains a scheme and a host. A path that begins with // or contains
//     an encoded ? or # becomes a different path.
//   - An invalid path such as /%zz fails the event instead of returning 400.
//   - The Host header stays in the headers. Host is empty behind some load
//     balancers, or fails the event.
//   - The method is converted to upper case.
//   - RemoteAddr contains no port. Behind a load balancer it is empty.
//   - Payload 2.0: headers are split at their commas, and the cookies of a function
//     URL are repeated.
//   - ALB: the query, which arrives encoded, is encoded again.
//   - The path contains the stage of an HTTP API or the base path of a custom domain.
//   - X-GoLambdaProxy- headers set by the client are trusted.
//   - Values of headers whose names differ in case are in random order.
//
// Responses:
//   - The last status counts, including informational ones. No status is an error.
//   - Headers that are set after the status are sent. So are bodies with 204, 304
//     and HEAD.
//   - The content type is detected from the first write only, and for encoded bodies
//     too.
//   - A load balancer always receives multi-value headers, and a status description
//     without the status code.
//   - A panic, or a response that exceeds Lambda's limit, ends the process.
//
// With payload 1.0, the handler receives no Accept-Encoding, so that it does not
// compress. A REST API returns a binary body as base64 text unless a binary media type
// of its configuration matches. The gateway can compress itself.
//
// The function cannot work around these:
//   - An ALB without multi-value headers passes on only the last of repeated
//     headers and parameters.
//   - An HTTP API decodes the path.
//   - A REST API splits a query at an unescaped semicolon.
package lambdahttp
