// Package lambdahttp makes any http.Handler an AWS Lambda function behind an API Gateway REST API or HTTP API, a Function
// URL or an Application Load Balancer. One function serves them all: the shape of an event tells where it comes from.
//
//	lambda.Start(&lambdahttp.Function{Handler: handler})
//
// The handler gets a request, and its client an answer, as from net/http's own server. The events are turned into requests,
// and answers back, by github.com/awslabs/aws-lambda-go-api-proxy. That module is archived, and differs from net/http in what
// follows. This package mends each point, and has a test that fails when the adapter no longer needs it.
//
// Requests:
//   - the URL has a scheme and a host; a path that begins with // or has an encoded ? or # becomes another one
//   - a path that no server reads, such as /%zz, fails the event instead of being a 400
//   - the Host header stays among the headers, and Host is empty behind some load balancers, or fails the event
//   - a method becomes upper case
//   - RemoteAddr has no port, and is empty behind a load balancer
//   - payload 2.0: headers are cut at their commas, and a Function URL's cookies come three times
//   - the query of a load balancer, which arrives encoded, is encoded once more
//   - the mount is left in the path: an HTTP API's stage, a custom domain's base path
//   - a client's own X-GoLambdaProxy- headers are believed
//   - values of headers whose names differ in case are in random order
//
// Answers:
//   - the last status counts, informational ones too, and no status at all is an error
//   - headers that are set after the status are sent, and so are bodies with 204, 304 and HEAD
//   - the type is guessed from the first write alone, also of encoded bodies
//   - a load balancer gets multi-value headers in either of its modes, and a status without its number
//   - a panic, or an answer that is too large for Lambda, ends the process
//
// The function cannot fix these:
//   - An ALB without multi-value headers passes on only the last of repeated
//     headers and parameters.
//   - An HTTP API decodes the path.
//   - A REST API splits a query at an unescaped semicolon.
package lambdahttp
