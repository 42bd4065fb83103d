package config

import (
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	whatwg "github.com/nlnwa/whatwg-url/url"
)

func mustBe(expected, value string) error {
	return fmt.Errorf("must be %s, not %q", expected, value)
}

func setStore(c *Config, value string) error {
	kind, name, _ := strings.Cut(value, ":")
	if kind != Bolt && kind != DynamoDB || name == "" {
		return mustBe("bolt:PATH or dynamodb:TABLE", value)
	}
	c.Store = Store{kind, name}
	return nil
}

func parseAddr(value string) (string, error) {
	_, port, err := net.SplitHostPort(value)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return "", mustBe("host:port, such as 127.0.0.1:8080, or :8080 for all IP addresses", value)
	}
	return value, nil
}

func setListShards(c *Config, value string) (err error) {
	if c.ListShards, err = strconv.Atoi(value); err != nil || c.ListShards < 1 || c.ListShards > 64 {
		return mustBe("an integer from 1 to 64", value)
	}
	return nil
}

// setCORSOrigin accepts an origin only as browsers send it. It does not normalize the
// origin, because template.yml passes the same text to the gateway.
func setCORSOrigin(c *Config, value string) error {
	switch {
	case value == "*":
	case strings.ContainsAny(value, "*, "):
		return mustBe("* or exactly one origin without a wildcard, such as https://links.example.com", value)
	default:
		u, err := whatwg.Parse(value)
		if err != nil || u.Protocol() != "http:" && u.Protocol() != "https:" {
			return mustBe("* or an origin such as https://links.example.com", value)
		}
		if origin := u.Protocol() + "//" + u.Host(); origin != value {
			return mustBe(origin+", as browsers send it", value)
		}
	}
	c.CORSOrigin = value
	return nil
}

// basePath matches a slash and a key of an API mapping, as API Gateway accepts it.
var basePath = regexp.MustCompile(`^(/[A-Za-z0-9$_.+!*'()-]+)+$`)

func setBasePath(c *Config, value string) error {
	if !basePath.MatchString(value) {
		return mustBe("a path without a trailing slash, such as /links", value)
	}
	c.BasePath = value
	return nil
}

func setLocal(c *Config, value string) error {
	if value != "auto" && value != "off" {
		return mustBe("auto or off", value)
	}
	c.Local = value == "auto"
	return nil
}

func setRate(c *Config, value string) (err error) {
	if value == "off" {
		return nil
	}
	if c.Rate, err = strconv.Atoi(value); err != nil || c.Rate < 1 {
		return mustBe("a positive number of requests per second, or off", value)
	}
	return nil
}

func setTrustedProxies(c *Config, value string) error {
	for network := range strings.SplitSeq(value, ",") {
		prefix, err := netip.ParsePrefix(network)
		if err != nil || prefix.Addr().Is4In6() {
			return mustBe("a comma-separated list of CIDR networks, such as 10.0.0.0/8,192.168.1.7/32", network)
		}
		if prefix != prefix.Masked() {
			return mustBe(fmt.Sprintf("%s for the network, or %s/%d for the IP address alone",
				prefix.Masked(), prefix.Addr(), prefix.Addr().BitLen()), network)
		}
		c.TrustedProxies = append(c.TrustedProxies, prefix)
	}
	return nil
}

func setLog(c *Config, value string) error {
	switch value {
	case "debug", "info", "warn", "error":
		return c.Log.UnmarshalText([]byte(value))
	}
	return mustBe("debug, info, warn or error", value)
}

func parseBool(value string) (bool, error) {
	b, err := strconv.ParseBool(value)
	if err != nil {
		return false, mustBe("true or false", value)
	}
	return b, nil
}
