// Package token creates the bearer tokens of the service and parses the setting
// that configures them. A setting contains the hashes of tokens, never a token.
package token

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A Token identifies one accepted bearer token.
type Token struct {
	Name string            // for the log; empty if the token has no name
	Hash [sha256.Size]byte // SHA-256 of the token
}

// CheckName returns an error unless name is a valid name of a token.
func CheckName(name string) error {
	const characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
	if name == "" || len(name) > 64 || strings.Trim(name, characters) != "" {
		return errors.New("invalid token name; use 1 to 64 of the characters A-Z a-z 0-9 . _ -")
	}
	return nil
}

// Parse parses comma-separated entries of the form HASH or NAME=HASH, where HASH
// is the SHA-256 of a token in hexadecimal. No two entries have the same name or
// the same hash.
//
// The error completes a message that begins with the name of the setting. It
// lists every invalid entry by its number, counted from 1. It never contains an
// entry, because that may be a token.
func Parse(setting string) ([]Token, error) {
	var tokens []Token
	var numbers []int // numbers[i] is the entry of tokens[i]
	var problems []string
	for i, entry := range strings.Split(setting, ",") {
		token, err := parseEntry(entry)
		if err == nil {
			err = checkDuplicate(tokens, numbers, token)
		}
		if err != nil {
			problems = append(problems, fmt.Sprintf("entry %d: %v", i+1, err))
			continue
		}
		tokens, numbers = append(tokens, token), append(numbers, i+1)
	}
	if problems != nil {
		return nil, errors.New("is invalid: " + strings.Join(problems, "; "))
	}
	return tokens, nil
}

func parseEntry(entry string) (Token, error) {
	name, digits, named := strings.Cut(entry, "=")
	if !named {
		name, digits = "", entry
	}
	hash, err := hex.DecodeString(digits)
	switch {
	case err != nil || len(hash) != sha256.Size:
		return Token{}, errors.New("expected HASH or NAME=HASH, where HASH is a SHA-256, 64 hexadecimal digits; " +
			"create one with server -new-token NAME")
	case named:
		if err := CheckName(name); err != nil {
			return Token{}, err
		}
	}
	token := Token{name, [sha256.Size]byte(hash)}
	for _, empty := range []string{"", "\n", "\r\n"} { // echo adds a line ending
		if token.Hash == sha256.Sum256([]byte(empty)) {
			return Token{}, errors.New("hash of an empty token; create a token with server -new-token NAME")
		}
	}
	return token, nil
}

// checkDuplicate returns an error if one of tokens has the name or the hash of
// token. numbers[i] is the entry of tokens[i].
func checkDuplicate(tokens []Token, numbers []int, token Token) error {
	for i, other := range tokens {
		switch {
		case token.Name != "" && token.Name == other.Name:
			return fmt.Errorf("duplicates the name %q of entry %d", token.Name, numbers[i])
		case token.Hash == other.Hash:
			return fmt.Errorf("duplicates the hash of entry %d", numbers[i])
		}
	}
	return nil
}

// ErrNameExists means that a token of the current setting has the name of a new one.
var ErrNameExists = errors.New("a token of this name exists; use another name, or remove it from the setting first")

// New creates a random token. It returns the token and the setting that accepts
// it along with the tokens of the current setting, which may be empty. New returns
// ErrNameExists if one of these has the name.
func New(name, current string) (token, setting string, err error) {
	if existing, err := Parse(current); err == nil {
		if slices.ContainsFunc(existing, func(t Token) bool { return t.Name == name }) {
			return "", "", ErrNameExists
		}
	}
	token = rand.Text()
	setting = fmt.Sprintf("%s=%x", name, sha256.Sum256([]byte(token)))
	if current != "" {
		setting = current + "," + setting
	}
	if _, err := Parse(setting); err != nil {
		return "", "", err
	}
	return token, setting, nil
}
