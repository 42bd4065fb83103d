package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"

	"links/internal/store/boltstore"
)

// A server with the embedded store gives copies of it on a socket beside the file, which only its owner can use: no address
// on the network, and no token.
func backupSocket(file string) string { return file + ".sock" }

// serveBackups serves copies of the store until it is told to stop. Without a socket, which some file systems do not have,
// the server does its other work.
func serveBackups(file string, links *boltstore.Store, log *slog.Logger) (stop func()) {
	path := backupSocket(file)
	_ = os.Remove(path) // one that was left behind: the file's lock says that no other server has it
	listener, err := net.Listen("unix", path)
	if err == nil {
		if err = os.Chmod(path, 0o600); err != nil {
			_ = listener.Close()
		}
	}
	if err != nil {
		log.Warn("server -backup will not work while this server runs", "error", err.Error())
		return func() {}
	}
	server := &http.Server{
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			log.Info("backup begins")
			err := links.Backup(r.Context(), func(size int64) io.Writer {
				w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
				return w
			})
			if err != nil {
				log.Error("backup failed", "error", err.Error())
				panic(http.ErrAbortHandler) // so that nobody takes it for whole
			}
			log.Info("backup is made")
		}),
	}
	go func() { _ = server.Serve(listener) }()
	return func() { _ = server.Close() }
}

// backup writes a copy of the embedded store to file, whether a server has it open or not. The file has its name only when
// it is whole, on disk and checked.
func backup(ctx context.Context, storeFile, file string, stdout, progress io.Writer) error {
	if same(storeFile, file) {
		return fmt.Errorf("-backup: %s is the store itself: name another file", file)
	}
	part, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".part-*")
	if err != nil {
		return fmt.Errorf("-backup: %w", err)
	}
	defer os.Remove(part.Name()) // gone when it has its name
	defer part.Close()
	if err := copyStore(ctx, storeFile, part, progress); err != nil {
		return fmt.Errorf("-backup: %w", err)
	}
	if err := errors.Join(part.Sync(), part.Close()); err != nil {
		return fmt.Errorf("-backup: %w", err)
	}
	report, err := boltstore.Check(part.Name())
	if err != nil {
		return fmt.Errorf("-backup: the copy is not whole: %w", err)
	}
	if err := os.Rename(part.Name(), file); err != nil {
		return fmt.Errorf("-backup: %w", err)
	}
	if err := boltstore.SyncDirectory(filepath.Dir(file)); err != nil {
		return fmt.Errorf("-backup: %w", err)
	}
	_, err = fmt.Fprintln(stdout, describe(file, report))
	return err
}

func same(a, b string) bool {
	first, err := os.Stat(a)
	second, otherErr := os.Stat(b)
	return err == nil && otherErr == nil && os.SameFile(first, second)
}

// copyStore asks the server that has the store open, or opens it when there is none.
func copyStore(ctx context.Context, storeFile string, to io.Writer, progress io.Writer) error {
	if _, err := os.Stat(storeFile); err != nil {
		return err // opening it would make a new one
	}
	dialer := net.Dialer{}
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, "unix", backupSocket(storeFile))
	}}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://store/", nil)
	if err != nil {
		return err
	}
	answer, err := client.Do(request)
	var unreached *net.OpError
	if errors.As(err, &unreached) && unreached.Op == "dial" {
		links, err := boltstore.Open(storeFile)
		if err != nil {
			return err
		}
		defer links.Close()
		return links.Backup(ctx, func(size int64) io.Writer { return newMeter(to, size, progress) })
	}
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(newMeter(to, answer.ContentLength, progress), answer.Body)
	return err
}

// check reads a file of the embedded store whole and says what it has.
func check(file string, stdout io.Writer) error {
	report, err := boltstore.Check(file)
	if err != nil {
		return fmt.Errorf("-check: %w", err)
	}
	_, err = fmt.Fprintln(stdout, describe(file, report))
	return err
}

func describe(file string, r boltstore.Report) string {
	text := fmt.Sprintf("%s is whole: %d links, %d of them with a title, in %d bytes", file, r.Links, r.Titles, r.Bytes)
	if r.Links > 0 {
		const form = "2006-01-02 15:04:05"
		text += fmt.Sprintf("; the oldest of %s, the newest of %s", r.Oldest.Format(form), r.Newest.Format(form))
	}
	return text
}
