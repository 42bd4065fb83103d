// Command archive creates reproducible archives: the same files always result in
// the same bytes. The archive contains the files in the given order, without owners.
//
//	archive SECONDS OUT.tar.gz|OUT.zip FOLDER FILE...
//
// SECONDS is the modification time of all files, in Unix time. FOLDER is a prefix of
// all names, "" for none. A relative FILE is stored under its path, an absolute one
// under its base name. Executable files stay executable.
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
		return errors.New("usage: archive SECONDS OUT.tar.gz|OUT.zip FOLDER FILE…")
	}
	seconds, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil {
		return fmt.Errorf("SECONDS: %w", err)
	}
	modified, folder := time.Unix(seconds, 0).UTC(), args[2]
	out, err := os.Create(args[1])
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	pack := packTar
	if strings.HasSuffix(args[1], ".zip") {
		pack = packZip
	}
	return pack(out, modified, folder, args[3:])
}

func packTar(out io.Writer, modified time.Time, folder string, files []string) error {
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
			Format: tar.FormatUSTAR, Typeflag: tar.TypeReg, Name: path.Join(folder, name(file)),
			Mode: int64(mode), Size: int64(len(content)), ModTime: modified,
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

func packZip(out io.Writer, modified time.Time, folder string, files []string) error {
	archive := zip.NewWriter(out)
	for _, file := range files {
		content, mode, err := read(file)
		if err != nil {
			return err
		}
		header := zip.FileHeader{Name: path.Join(folder, name(file)), Method: zip.Deflate, Modified: modified}
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

// name returns the name of the file in the archive, below its folder.
func name(file string) string {
	if filepath.IsAbs(file) {
		return filepath.Base(file)
	}
	return filepath.ToSlash(file)
}

// read returns the content of the file, and its mode independently of the umask.
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
