package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"links/internal/config"
	"links/internal/store/boltstore"
)

// backupStall is how long the server waits for a client of a backup that reads
// nothing. During a backup the file can only grow, because pages of deleted links
// are not reused.
const backupStall = 30 * time.Second

// snapshotAttempts limits how often -backup reads the file if a server that it
// cannot connect to changes the file meanwhile.
const snapshotAttempts = 5

// backupSocket returns the path of the socket on which the server of a store
// sends snapshots. If file is a symbolic link, the socket is next to its target.
func backupSocket(file string) (string, error) {
	file, err := filepath.EvalSymlinks(file)
	if err != nil {
		return "", err
	}
	path := file + ".sock"
	// Systems limit the path of a socket to about 100 bytes.
	if directory, err := os.Getwd(); err == nil {
		if short, err := filepath.Rel(directory, path); err == nil && len(short) < len(path) {
			return short, nil
		}
	}
	return path, nil
}

// serveBackups sends snapshots of the store to clients until the caller calls
// stop, which aborts backups in flight and waits until they have logged their
// errors. If no socket can be created, the server runs without it.
func serveBackups(file string, s *boltstore.Store, log *slog.Logger) (stop func()) {
	path, err := backupSocket(file)
	var listener net.Listener
	var socket os.FileInfo
	if err == nil {
		listener, socket, err = listenPrivately(path)
	}
	if err != nil {
		log.Warn("cannot serve backups: server -backup can copy the store only while nothing is written",
			"error", err.Error())
		return func() {}
	}
	server := newBackupServer(s, log)
	var inFlight sync.RWMutex // read-locked by each backup
	send := server.Handler
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inFlight.RLock()
		defer inFlight.RUnlock()
		send.ServeHTTP(w, r)
	})
	go func() { _ = server.Serve(listener) }()
	return func() {
		// If the file was replaced, the server of the new file may have created
		// another socket at the path.
		if current, err := os.Lstat(path); err == nil && os.SameFile(current, socket) {
			_ = os.Remove(path)
		}
		_ = server.Close()
		inFlight.Lock()
		defer inFlight.Unlock()
	}
}

// listenPrivately listens on a socket to which only its owner can connect, and
// returns its file. The permissions are set before the socket is renamed to
// path. The caller has the store open, so no other process creates a socket for
// the same file.
func listenPrivately(path string) (listener *net.UnixListener, file os.FileInfo, err error) {
	private := path + ".new"
	if err := os.RemoveAll(private); err != nil {
		return nil, nil, err
	}
	if err := os.Mkdir(private, 0o700); err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(private)
	socket := filepath.Join(private, "s")
	listener, err = net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		return nil, nil, socketError(err)
	}
	listener.SetUnlinkOnClose(false) // it is renamed
	file, err = os.Lstat(socket)
	if err := errors.Join(err, os.Chmod(socket, 0o600), os.Rename(socket, path)); err != nil {
		_ = listener.Close()
		return nil, nil, err
	}
	return listener, file, nil
}

// socketError adds the likely cause to EINVAL.
func socketError(err error) error {
	if errors.Is(err, syscall.EINVAL) {
		return fmt.Errorf("%w: if the path is too long for a socket, "+
			"use the directory of the store as working directory", err)
	}
	return err
}

func newBackupServer(s *boltstore.Store, log *slog.Logger) *http.Server {
	return &http.Server{
		ReadHeaderTimeout: backupStall,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			log.Info("backup started")
			err := s.Backup(r.Context(), func(size int64) io.Writer {
				w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
				return stallWriter{w, http.NewResponseController(w)}
			})
			if err != nil {
				log.Error("backup failed", "error", err.Error())
				panic(http.ErrAbortHandler) // so that the client sees a truncated response
			}
			log.Info("backup sent")
		}),
	}
}

// A stallWriter fails if its client reads nothing for backupStall.
type stallWriter struct {
	to      io.Writer
	control *http.ResponseController
}

func (s stallWriter) Write(p []byte) (int, error) {
	if err := s.control.SetWriteDeadline(time.Now().Add(backupStall)); err != nil {
		return 0, err
	}
	return s.to.Write(p)
}

// backup writes a compact copy of the embedded store to file. A server may have
// the store open. The copy is renamed to file when it is complete, durable and
// verified.
func backup(ctx context.Context, store config.Store, file string, stdout, stderr io.Writer) error {
	if store.Kind != config.Bolt {
		return errors.New("-backup copies the embedded store; for a DynamoDB table, use point-in-time recovery")
	}
	report, err := writeBackup(ctx, store.Name, file, stderr)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("-backup: interrupted, %s is unchanged", file)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("-backup: %w: free disk space, or name a file on another disk", err)
	case err != nil:
		return fmt.Errorf("-backup: %w", err)
	}
	_, err = fmt.Fprintln(stdout, describe(file, report))
	return err
}

func writeBackup(ctx context.Context, storeFile, file string, stderr io.Writer) (report boltstore.Report, err error) {
	if err := checkTarget(storeFile, file); err != nil {
		return report, err
	}
	if err := boltstore.RemoveParts(file); err != nil {
		return report, err
	}
	snapshot, err := boltstore.CreatePart(file)
	if err != nil {
		return report, err
	}
	defer os.Remove(snapshot.Name())
	defer snapshot.Close()
	_ = os.Remove(snapshot.Name()) // fails on Windows while the file is open
	if err := copyStore(ctx, storeFile, snapshot, stderr); err != nil {
		return report, err
	}
	part, err := boltstore.CreatePart(file)
	if err != nil {
		return report, err
	}
	defer os.Remove(part.Name()) // fails after the rename
	if err := part.Close(); err != nil {
		return report, err
	}
	if err := boltstore.Compact(ctx, snapshot, "the copy of "+storeFile, part.Name()); err != nil {
		return report, err
	}
	if report, err = boltstore.Check(ctx, part.Name()); err != nil {
		return report, err
	}
	if err := os.Rename(part.Name(), file); err != nil {
		return report, err
	}
	return report, boltstore.SyncDirectory(filepath.Dir(file))
}

// checkTarget returns an error if the copy would replace the store, its socket
// or something that is not a regular file.
func checkTarget(storeFile, file string) error {
	store, err := os.Stat(storeFile)
	if err != nil {
		return err
	}
	if target, err := os.Stat(file); err == nil {
		switch {
		case os.SameFile(store, target):
			return fmt.Errorf("%s is the store itself: name another file", file)
		case !target.Mode().IsRegular():
			return fmt.Errorf("%s is not a regular file: name another file", file)
		}
	}
	socket, err := backupSocket(storeFile)
	if err != nil {
		return err
	}
	if sameName(socket, file) {
		return fmt.Errorf("%s is the path of the server's socket: name another file", file)
	}
	return nil
}

// sameName reports whether two paths have the same directory and base name.
func sameName(a, b string) bool {
	first, err := os.Stat(filepath.Dir(a))
	second, otherErr := os.Stat(filepath.Dir(b))
	return err == nil && otherErr == nil && os.SameFile(first, second) && filepath.Base(a) == filepath.Base(b)
}

// copyStore writes a consistent snapshot of the store: from the server that has
// it open, or from the file.
func copyStore(ctx context.Context, storeFile string, to *os.File, stderr io.Writer) error {
	begin := func(size int64) io.Writer { return newProgressWriter(to, size, stderr) }
	var unavailable error
	for range snapshotAttempts {
		var err error
		if unavailable, err = fetchSnapshot(ctx, storeFile, begin); unavailable == nil {
			return err
		}
		// Opening the store would lock out a server that starts now.
		if err = boltstore.Snapshot(ctx, storeFile, begin); !errors.Is(err, boltstore.ErrChanged) {
			return err
		}
		if _, err := to.Seek(0, io.SeekStart); err != nil {
			return err
		}
		if err := to.Truncate(0); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s changes too often to be copied, and its server is unavailable: %w", storeFile, unavailable)
}

// fetchSnapshot requests a snapshot from the server of a store. It returns
// unavailable if it cannot connect to a server.
func fetchSnapshot(ctx context.Context, storeFile string, begin func(size int64) io.Writer) (unavailable, err error) {
	socket, err := backupSocket(storeFile)
	if err != nil {
		return nil, err
	}
	client := http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://store/", nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	var failed *net.OpError
	if errors.As(err, &failed) && failed.Op == "dial" && ctx.Err() == nil {
		return socketError(failed), nil
	}
	if err == nil {
		defer response.Body.Close()
		_, err = io.Copy(begin(response.ContentLength), response.Body)
	}
	if errors.As(err, new(*fs.PathError)) { // of the local file
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("the server did not send the complete copy; its log contains the cause: %w", err)
	}
	return nil, nil
}

// check verifies a file of the embedded store and writes a summary to stdout.
func check(ctx context.Context, file string, stdout io.Writer) error {
	report, err := boltstore.Check(ctx, file)
	switch {
	case ctx.Err() != nil:
		return errors.New("-check: interrupted")
	case err != nil:
		return fmt.Errorf("-check: %w", err)
	}
	_, err = fmt.Fprintln(stdout, describe(file, report))
	return err
}

// describe returns the summary of a verified file.
func describe(file string, r boltstore.Report) string {
	text := fmt.Sprintf("%s is intact: %d links (%d with a title, %d with tags, %d with a note) in %d bytes",
		file, r.Links, r.Titled, r.Tagged, r.Noted, r.Bytes)
	if r.Links > 0 {
		const form = "2006-01-02 15:04:05"
		text += fmt.Sprintf("; the oldest of %s, the newest of %s", r.Oldest.Format(form), r.Newest.Format(form))
	}
	return text
}
