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

// awsConfig reads the AWS SDK's environment variables for region, credentials,
// endpoint, attempts and certificates, as the SDK's package config does. That package
// also reads files and requests credentials from services. Lambda sets all of them as
// variables, and the packages linked for the other sources slow down every start.
func awsConfig(getenv func(string) string) (aws.Config, error) {
	id, secret := getenv("AWS_ACCESS_KEY_ID"), getenv("AWS_SECRET_ACCESS_KEY")
	if id == "" || secret == "" {
		return aws.Config{}, errors.New("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set, as on Lambda; " +
			"other sources of credentials are not supported")
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

// isTrue reports whether the variable is true. The variable must be true or false, in
// any case, or unset.
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
		return fmt.Errorf("AWS_MAX_ATTEMPTS must be an integer, not %q", attempts)
	}
	return nil
}

// setAuthorities makes the client trust only the certificate authorities in
// AWS_CA_BUNDLE, if it is set.
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
		return fmt.Errorf("AWS_CA_BUNDLE: %s contains no PEM certificate", file)
	}
	c.HTTPClient = awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.TLSClientConfig.RootCAs = authorities
	})
	return nil
}
