package server

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
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"links/internal/store/boltstore"
)

// backupStall is how long the server waits for a client of a backup that
// reads nothing. Meanwhile the file can only grow, because the space of
// deleted links is not reused.
const backupStall = 30 * time.Second

// snapshotAttempts is how often -backup starts again because a server that it
// cannot ask has changed the file.
const snapshotAttempts = 5

// backupSocket returns the path of the socket on which the server of a store
// sends snapshots. It is next to the file itself, also if file is a symbolic
// link, and only its owner can use it.
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
// stop. If no socket can be created, the server runs without it.
func serveBackups(file string, s *boltstore.Store, log *slog.Logger) (stop func()) {
	path, err := backupSocket(file)
	var listener net.Listener
	if err == nil {
		listener, err = listenPrivately(path)
	}
	if err != nil {
		log.Warn("server -backup can copy the store only while nothing is written to it", "error", err.Error())
		return func() {}
	}
	server := newBackupServer(s, log)
	go func() { _ = server.Serve(listener) }()
	return func() {
		_ = server.Close()
		_ = os.Remove(path)
	}
}

// listenPrivately listens on a socket that nobody but its owner can ever
// connect to: it gets its path after its permissions. The caller has the store
// open, so no other process uses the path.
func listenPrivately(path string) (net.Listener, error) {
	private := path + ".new"
	if err := os.RemoveAll(private); err != nil {
		return nil, err
	}
	if err := os.Mkdir(private, 0o700); err != nil {
		return nil, err
	}
	defer os.RemoveAll(private)
	socket := filepath.Join(private, "s")
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		return nil, socketError(err)
	}
	listener.SetUnlinkOnClose(false) // it gets another name
	if err := errors.Join(os.Chmod(socket, 0o600), os.Rename(socket, path)); err != nil {
		_ = listener.Close()
		return nil, err
	}
	return listener, nil
}

// socketError adds to an error what it does not say.
func socketError(err error) error {
	if errors.Is(err, syscall.EINVAL) {
		return fmt.Errorf("%w: if the path is too long for a socket, use the directory of the store as working directory", err)
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
				panic(http.ErrAbortHandler) // so that the client does not take the copy for complete
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

// backup writes a compact copy of the embedded store to file, whether a server
// has the store open or not. The file gets its name when it is complete,
// durable and checked.
func backup(ctx context.Context, storeFile, file string, stdout, progress io.Writer) error {
	report, err := writeBackup(ctx, storeFile, file, progress)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("-backup: interrupted, %s is unchanged", file)
	case err != nil:
		return fmt.Errorf("-backup: %w", err)
	}
	_, err = fmt.Fprintln(stdout, describe(file, report))
	return err
}

func writeBackup(ctx context.Context, storeFile, file string, progress io.Writer) (report boltstore.Report, err error) {
	if err := checkTarget(storeFile, file); err != nil {
		return report, err
	}
	if err := removeParts(file); err != nil {
		return report, err
	}
	snapshot, err := createPart(file)
	if err != nil {
		return report, err
	}
	defer os.Remove(snapshot.Name())
	defer snapshot.Close()
	_ = os.Remove(snapshot.Name()) // it needs no name; Windows keeps the name of an open file
	if err := copyStore(ctx, storeFile, snapshot, progress); err != nil {
		return report, err
	}
	part, err := createPart(file)
	if err != nil {
		return report, err
	}
	defer os.Remove(part.Name()) // fails if it has its final name
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

// checkTarget returns an error if the copy would replace anything but an older
// copy.
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
		return fmt.Errorf("%s is the name of the server's socket: name another file", file)
	}
	return nil
}

// sameName reports whether two paths are one name in one directory.
func sameName(a, b string) bool {
	first, err := os.Stat(filepath.Dir(a))
	second, otherErr := os.Stat(filepath.Dir(b))
	return err == nil && otherErr == nil && os.SameFile(first, second) && filepath.Base(a) == filepath.Base(b)
}

// createPart creates a file that becomes the copy, or helps to create it.
func createPart(file string) (*os.File, error) {
	return os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".part-*")
}

var partNumber = regexp.MustCompile(`^\.part-[0-9]+$`)

// removeParts removes what earlier runs have left that were killed.
func removeParts(file string) error {
	directory, base := filepath.Dir(file), filepath.Base(file)
	entries, err := os.ReadDir(directory)
	if err != nil {
		return err
	}
	for _, e := range entries {
		suffix, found := strings.CutPrefix(e.Name(), base)
		path := filepath.Join(directory, e.Name())
		if found && partNumber.MatchString(suffix) && e.Type().IsRegular() && !boltstore.Locked(path) {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	return nil
}

// copyStore copies the store as it is at one time: from the server that has it
// open, or from the file.
func copyStore(ctx context.Context, storeFile string, to *os.File, progress io.Writer) error {
	begin := func(size int64) io.Writer { return newMeter(to, size, progress) }
	var unreachable error
	for range snapshotAttempts {
		var err error
		if unreachable, err = fetchSnapshot(ctx, storeFile, begin); unreachable == nil {
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
	return fmt.Errorf("%s changes all the time, and its server cannot be asked for a copy: %w", storeFile, unreachable)
}

// fetchSnapshot requests a snapshot from the server of a store. It returns
// unreachable if there is no server to connect to.
func fetchSnapshot(ctx context.Context, storeFile string, begin func(size int64) io.Writer) (unreachable, err error) {
	socket, err := backupSocket(storeFile)
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{}
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, "unix", socket)
	}}}
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
	if err != nil {
		return nil, fmt.Errorf("the server did not send the copy completely, its log has the cause: %w", err)
	}
	return nil, nil
}

// check reads a file of the embedded store completely and describes it.
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

func describe(file string, r boltstore.Report) string {
	text := fmt.Sprintf("%s is intact: %d links, %d of them with a title, in %d bytes", file, r.Links, r.Titles, r.Bytes)
	if r.Links > 0 {
		const form = "2006-01-02 15:04:05"
		text += fmt.Sprintf("; the oldest of %s, the newest of %s", r.Oldest.Format(form), r.Newest.Format(form))
	}
	return text
}
