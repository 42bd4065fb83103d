package config

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// A Token is one that the service takes: the configuration never holds a token itself.
type Token struct {
	Name string // "" for one that has none
	Hash [sha256.Size]byte
}

// notTokens are what is hashed by mistake: nothing at all, and the line end that echo adds to it.
var notTokens = []string{"", "\n", "\r\n"}

// CheckTokenName returns an error that says what the name of a token must be.
func CheckTokenName(name string) error {
	const characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
	if name == "" || len(name) > 64 || strings.Trim(name, characters) != "" {
		return errors.New("the name of a token must be 1 to 64 of the characters A-Z a-z 0-9 . _ -")
	}
	return nil
}

// ParseTokens reads the value of LINKS_TOKEN_SHA256. Its error tells what is wrong with each entry by its number, from 1,
// and never repeats what may be a token.
func ParseTokens(value string) ([]Token, error) {
	var tokens []Token
	var numbers []int // of their entries
	var problems []string
	for i, entry := range strings.Split(value, ",") {
		token, err := parseToken(entry)
		if err == nil {
			err = unlike(tokens, numbers, token)
		}
		if err != nil {
			problems = append(problems, fmt.Sprintf("entry %d: %v", i+1, err))
			continue
		}
		tokens, numbers = append(tokens, token), append(numbers, i+1)
	}
	if problems != nil {
		return nil, fmt.Errorf("is wrong in %s", strings.Join(problems, "; "))
	}
	return tokens, nil
}

func parseToken(entry string) (Token, error) {
	name, digits, named := strings.Cut(entry, "=")
	if !named {
		name, digits = "", entry
	}
	hash, err := hex.DecodeString(digits)
	switch {
	case err != nil || len(hash) != sha256.Size:
		return Token{}, errors.New("it must be a SHA-256, 64 hexadecimal digits, or NAME= and such a hash; server -new-token NAME makes one")
	case named:
		if err := CheckTokenName(name); err != nil {
			return Token{}, err
		}
	}
	token := Token{name, [sha256.Size]byte(hash)}
	for _, none := range notTokens {
		if token.Hash == sha256.Sum256([]byte(none)) {
			return Token{}, errors.New("it is the hash of an empty token; server -new-token NAME makes a good one")
		}
	}
	return token, nil
}

// unlike returns an error when one of the tokens, whose entries have these numbers, has the name or the hash of the new one.
func unlike(tokens []Token, numbers []int, token Token) error {
	for i, other := range tokens {
		switch {
		case token.Name != "" && token.Name == other.Name:
			return fmt.Errorf("it has the name %q of entry %d; names must differ", token.Name, numbers[i])
		case token.Hash == other.Hash:
			return fmt.Errorf("it has the hash of entry %d; each token must be there once", numbers[i])
		}
	}
	return nil
}

// NewToken makes a random token, and the value that LINKS_TOKEN_SHA256 must have for it to be taken beside those of the
// present value.
func NewToken(name, present string) (token, value string, err error) {
	token = rand.Text()
	hash := sha256.Sum256([]byte(token))
	value = fmt.Sprintf("%s=%x", name, hash)
	if present != "" {
		value = present + "," + value
	}
	if _, err := ParseTokens(value); err != nil {
		return "", "", fmt.Errorf("%s %w", TokenSHA256, err)
	}
	return token, value, nil
}
