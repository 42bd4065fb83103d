package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// The oracle is the SDK's package config, which the function does not link.
func TestAWSConfig_EqualsSDKConfig(t *testing.T) {
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	writeAuthority(t, bundle)
	const url, other = "http://127.0.0.1:8000", "https://dynamodb.example.com:8443/path"
	for name, variables := range map[string]map[string]string{
		"as on Lambda":                 {},
		"without a session token":      {"AWS_SESSION_TOKEN": ""},
		"another region":               {"AWS_REGION": "eu-central-1"},
		"two regions":                  {"AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "us-west-2"},
		"only the default region":      {"AWS_REGION": "", "AWS_DEFAULT_REGION": "us-west-2"},
		"the endpoint of DynamoDB":     {"AWS_ENDPOINT_URL_DYNAMODB": url},
		"the endpoint of all services": {"AWS_ENDPOINT_URL": url},
		"both endpoints":               {"AWS_ENDPOINT_URL_DYNAMODB": url, "AWS_ENDPOINT_URL": other},
		"endpoints that are ignored": {
			"AWS_ENDPOINT_URL_DYNAMODB": url, "AWS_ENDPOINT_URL": other, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "TRUE",
		},
		"endpoints that are not ignored": {
			"AWS_ENDPOINT_URL_DYNAMODB": other, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
		},
		"dual stack":                  {"AWS_USE_DUALSTACK_ENDPOINT": "true"},
		"FIPS":                        {"AWS_USE_FIPS_ENDPOINT": "True"},
		"neither dual stack nor FIPS": {"AWS_USE_DUALSTACK_ENDPOINT": "false", "AWS_USE_FIPS_ENDPOINT": "false"},
		"dual stack and FIPS in another region": {
			"AWS_REGION": "us-gov-west-1", "AWS_USE_DUALSTACK_ENDPOINT": "true", "AWS_USE_FIPS_ENDPOINT": "true",
		},
		"attempts":     {"AWS_MAX_ATTEMPTS": "3"},
		"certificates": {"AWS_CA_BUNDLE": bundle},
	} {
		t.Run(name, func(t *testing.T) {
			setAWS(t, variables)
			want, err := config.LoadDefaultConfig(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got, err := awsConfig(os.Getenv)
			if err != nil {
				t.Fatal(err)
			}
			if g, w := effectOf(t, got), effectOf(t, want); !reflect.DeepEqual(g, w) {
				t.Errorf("awsConfig: got\n%+v, want as LoadDefaultConfig\n%+v", g, w)
			}
			if g, w := authorities(got), authorities(want); !g.Equal(w) {
				t.Error("awsConfig: the certificate authorities differ from those of LoadDefaultConfig")
			}
		})
	}
}

func TestAWSConfig_ReportsInvalidVariables(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		variables map[string]string
		want      []string
	}{
		"no credentials": {
			map[string]string{"AWS_ACCESS_KEY_ID": ""},
			[]string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"},
		},
		"credentials from another source": {
			map[string]string{
				"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "",
				"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/",
			},
			[]string{"AWS_ACCESS_KEY_ID", "other sources"},
		},
		"invalid values": {
			map[string]string{
				"AWS_MAX_ATTEMPTS": "many", "AWS_USE_FIPS_ENDPOINT": "1", "AWS_USE_DUALSTACK_ENDPOINT": "yes",
				"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "no", "AWS_CA_BUNDLE": "/no/such/file",
			},
			[]string{
				"AWS_MAX_ATTEMPTS", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT",
				"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_CA_BUNDLE",
			},
		},
		"no certificates": {map[string]string{"AWS_CA_BUNDLE": empty}, []string{"AWS_CA_BUNDLE", "PEM"}},
	} {
		t.Run(name, func(t *testing.T) {
			setAWS(t, tc.variables)
			_, err := awsConfig(os.Getenv)
			for _, want := range tc.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("awsConfig: got error %v, want one that contains %q", err, want)
				}
			}
		})
	}
}

// setAWS sets the SDK's variables as Lambda does, and then the given variables.
func setAWS(t *testing.T, variables map[string]string) {
	t.Helper()
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "") // restores the variable after the test
			_ = os.Unsetenv(name)
		}
	}
	for _, file := range []string{"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"} {
		t.Setenv(file, filepath.Join(t.TempDir(), "none"))
	}
	for name, value := range map[string]string{
		"AWS_REGION":        "us-east-1",
		"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token",
	} {
		t.Setenv(name, value)
	}
	for name, value := range variables {
		t.Setenv(name, value)
	}
}

// effect is the effect of a configuration on a request: its URL, its signature and the
// number of attempts.
type effect struct {
	url, region, id, secret, token string
	attempts                       int
}

func effectOf(t *testing.T, c aws.Config) effect {
	t.Helper()
	var e effect
	// The client only records the URL of the request.
	client := dynamodb.NewFromConfig(c, func(o *dynamodb.Options) {
		o.HTTPClient = recorder(func(r *http.Request) { e.url = r.URL.String() })
		e.region, e.attempts = o.Region, o.RetryMaxAttempts
	})
	_, _ = client.ListTables(t.Context(), &dynamodb.ListTablesInput{}, func(o *dynamodb.Options) {
		o.Retryer = aws.NopRetryer{}
	})
	if e.url == "" {
		t.Fatal("ListTables: got no request")
	}
	keys, err := c.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	e.id, e.secret, e.token = keys.AccessKeyID, keys.SecretAccessKey, keys.SessionToken
	return e
}

type recorder func(*http.Request)

func (record recorder) Do(r *http.Request) (*http.Response, error) {
	record(r)
	return nil, context.Canceled
}

// authorities returns the certificate authorities that the client of a configuration
// trusts. nil means those of the system.
func authorities(c aws.Config) *x509.CertPool {
	client, ok := c.HTTPClient.(*awshttp.BuildableClient)
	if !ok {
		return nil
	}
	return client.GetTransport().TLSClientConfig.RootCAs
}

// writeAuthority writes the certificate of an authority that no system trusts.
func writeAuthority(t *testing.T, file string) {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
