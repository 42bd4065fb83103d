// Command reference is the lower bound for the cost of a request to Links, using
// net/http and nothing else. GET / returns the bytes of a file from memory. POST /
// stores its body in one bbolt commit.
package main

import (
	"flag"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"
)

func main() {
	addr := flag.String("addr", "", "host:port to listen on")
	response := flag.String("response", "", "file with the response to GET /")
	database := flag.String("db", "", "database file that POST / writes to")
	flag.Parse()
	body, err := os.ReadFile(*response)
	if err != nil {
		log.Fatal(err)
	}
	db, err := open(*database)
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body) // an error means that the client closed the connection
	})
	http.HandleFunc("POST /", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = store(db, body)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	log.Fatal(http.ListenAndServe(*addr, nil))
}

var byID, byAdded = []byte("links"), []byte("by_added")

func open(path string) (*bbolt.DB, error) {
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		return nil, err
	}
	return db, db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{byID, byAdded} {
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		return nil
	})
}

// store writes the two entries that Links writes for a link: ID to position, and
// position to ID and link.
func store(db *bbolt.DB, link []byte) error {
	return db.Update(func(tx *bbolt.Tx) error {
		id, added := uuid.NewSHA1(uuid.NameSpaceURL, link), uuid.Must(uuid.NewV7())
		if err := tx.Bucket(byID).Put(id[:], added[:]); err != nil {
			return err
		}
		return tx.Bucket(byAdded).Put(added[:], append(id[:], link...))
	})
}
