package main

import (
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// awsConfig reads the AWS SDK's own variables for region, credentials, endpoint, attempts and certificates, as the SDK's
// package config does. That package looks in files too, and asks services for credentials. What it links for that takes a
// part of every start, and Lambda gives a function all it needs in variables.
func awsConfig(getenv func(string) string) (aws.Config, error) {
	id, secret := getenv("AWS_ACCESS_KEY_ID"), getenv("AWS_SECRET_ACCESS_KEY")
	if id == "" || secret == "" {
		return aws.Config{}, errors.New("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set, as Lambda sets them; the function looks for credentials nowhere else")
	}
	c := aws.Config{
		Region:      cmp.Or(getenv("AWS_REGION"), getenv("AWS_DEFAULT_REGION")),
		Credentials: credentials.NewStaticCredentialsProvider(id, secret, getenv("AWS_SESSION_TOKEN")),
	}
	return c, errors.Join(setEndpoint(&c, getenv), setAttempts(&c, getenv), setAuthorities(&c, getenv))
}

func setEndpoint(c *aws.Config, getenv func(string) string) error {
	ignored, err1 := isTrue(getenv, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
	dualStack, err2 := isTrue(getenv, "AWS_USE_DUALSTACK_ENDPOINT")
	fips, err3 := isTrue(getenv, "AWS_USE_FIPS_ENDPOINT")
	if url := cmp.Or(getenv("AWS_ENDPOINT_URL_DYNAMODB"), getenv("AWS_ENDPOINT_URL")); url != "" && !ignored {
		c.BaseEndpoint = &url
	}
	c.ServiceOptions = append(c.ServiceOptions, func(_ string, options any) {
		endpoint := &options.(*dynamodb.Options).EndpointOptions
		if dualStack {
			endpoint.UseDualStackEndpoint = aws.DualStackEndpointStateEnabled
		}
		if fips {
			endpoint.UseFIPSEndpoint = aws.FIPSEndpointStateEnabled
		}
	})
	return errors.Join(err1, err2, err3)
}

// isTrue reads a variable that is true or false, in upper case or lower, or not set.
func isTrue(getenv func(string) string, name string) (bool, error) {
	value := getenv(name)
	switch strings.ToLower(value) {
	case "true":
		return true, nil
	case "false", "":
		return false, nil
	}
	return false, fmt.Errorf("%s must be true or false, not %q", name, value)
}

func setAttempts(c *aws.Config, getenv func(string) string) (err error) {
	attempts := getenv("AWS_MAX_ATTEMPTS")
	if attempts == "" {
		return nil
	}
	if c.RetryMaxAttempts, err = strconv.Atoi(attempts); err != nil {
		return fmt.Errorf("AWS_MAX_ATTEMPTS must be a number, not %q", attempts)
	}
	return nil
}

// setAuthorities has the client accept the authorities of AWS_CA_BUNDLE and no others.
func setAuthorities(c *aws.Config, getenv func(string) string) error {
	file := getenv("AWS_CA_BUNDLE")
	if file == "" {
		return nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("AWS_CA_BUNDLE: %w", err)
	}
	authorities := x509.NewCertPool()
	if !authorities.AppendCertsFromPEM(text) {
		return fmt.Errorf("AWS_CA_BUNDLE: %s has no certificate in PEM form", file)
	}
	c.HTTPClient = awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.TLSClientConfig.RootCAs = authorities
	})
	return nil
}
