// Command reference is the least that a request to Links could cost: GET / answers with the bytes of a file from memory, and
// POST / stores its body with one bbolt commit, both straight on net/http.
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
	answer := flag.String("answer", "", "file with the answer to GET /")
	database := flag.String("db", "", "file of the database that POST / writes")
	flag.Parse()
	body, err := os.ReadFile(*answer)
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
		_, _ = w.Write(body) // an error means that the client has gone
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

// store writes what a link is made of: an entry of 16 + 16 bytes, and one of 16 + 16 bytes and the link.
func store(db *bbolt.DB, link []byte) error {
	return db.Update(func(tx *bbolt.Tx) error {
		id, added := uuid.NewSHA1(uuid.NameSpaceURL, link), uuid.Must(uuid.NewV7())
		if err := tx.Bucket(byID).Put(id[:], added[:]); err != nil {
			return err
		}
		return tx.Bucket(byAdded).Put(added[:], append(id[:], link...))
	})
}
