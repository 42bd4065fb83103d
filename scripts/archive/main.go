// Command archive packs files so that the same files are always the same bytes: in the order given, owned by nobody, all of
// one moment.
//
//	archive SECONDS OUT.tar.gz|OUT.zip FOLDER FILE...
//
// SECONDS is that moment, since 1970. FOLDER is the folder in the archive, "" for none. Files are there under their own
// names; those that may be executed here may be executed there.
package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "archive:", err)
		os.Exit(1)
	}
}

func run(args []string) (err error) {
	if len(args) < 4 {
		return errors.New("wanted are SECONDS OUT FOLDER and at least one FILE")
	}
	seconds, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil {
		return err
	}
	moment, folder := time.Unix(seconds, 0).UTC(), args[2]
	out, err := os.Create(args[1])
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	pack := packTar
	if strings.HasSuffix(args[1], ".zip") {
		pack = packZip
	}
	return pack(out, moment, folder, args[3:])
}

func packTar(out io.Writer, moment time.Time, folder string, files []string) error {
	compressed, err := gzip.NewWriterLevel(out, gzip.BestCompression)
	if err != nil {
		return err
	}
	archive := tar.NewWriter(compressed)
	for _, file := range files {
		content, mode, err := read(file)
		if err != nil {
			return err
		}
		header := tar.Header{
			Format: tar.FormatUSTAR, Typeflag: tar.TypeReg, Name: path.Join(folder, filepath.Base(file)), Mode: int64(mode),
			Size: int64(len(content)), ModTime: moment,
		}
		if err := archive.WriteHeader(&header); err != nil {
			return err
		}
		if _, err := archive.Write(content); err != nil {
			return err
		}
	}
	return errors.Join(archive.Close(), compressed.Close())
}

func packZip(out io.Writer, moment time.Time, folder string, files []string) error {
	archive := zip.NewWriter(out)
	for _, file := range files {
		content, mode, err := read(file)
		if err != nil {
			return err
		}
		header := zip.FileHeader{Name: path.Join(folder, filepath.Base(file)), Method: zip.Deflate, Modified: moment}
		header.SetMode(mode)
		entry, err := archive.CreateHeader(&header)
		if err != nil {
			return err
		}
		if _, err := entry.Write(content); err != nil {
			return err
		}
	}
	return archive.Close()
}

// read gives a file's content, and the mode that it has whatever the umask was.
func read(file string) ([]byte, fs.FileMode, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, 0, err
	}
	info, err := os.Stat(file)
	if err != nil {
		return nil, 0, err
	}
	if info.Mode()&0o100 != 0 {
		return content, 0o755, nil
	}
	return content, 0o644, nil
}
