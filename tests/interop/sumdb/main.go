// Checks a ledger with other people's code: golang.org/x/mod/sumdb verifies
// the checkpoint's signature, every tile byte for byte, all inclusion proofs
// asked for and the consistency of each earlier size.
//
//	sumdb PUBLIC-DIR VKEY [PROOF...]
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func fatal(err error) {
	if err != nil {
		fmt.Println("sumdb:", err)
		os.Exit(1)
	}
}

// Signed text -> origin, tree; the verifier is the caller's, not the note's.
func checkpoint(msg []byte, v note.Verifier) tlog.Tree {
	n, err := note.Open(msg, note.VerifierList(v))
	fatal(err)
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] != v.Name() {
		fatal(fmt.Errorf("not three lines of %s: %q", v.Name(), n.Text))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	fatal(err)
	root, err := tlog.ParseHash(lines[2])
	fatal(err)
	return tlog.Tree{N: size, Hash: root}
}

// tile/8/L/N in sumdb is tile/L/N in tlog-tiles.
func path(t tlog.Tile) string {
	return "tile/" + strings.TrimPrefix(t.Path(), "tile/8/")
}

// The leaves as the entry bundles have them.
func leaves(dir string, size int64) (out [][]byte) {
	for int64(len(out)) < size {
		t := tlog.Tile{H: 8, L: 0, N: int64(len(out)) / 256, W: 256}
		if size-t.N*256 < 256 {
			t.W = int(size - t.N*256)
		}
		name := "tile/entries/" + strings.TrimPrefix(path(t), "tile/0/")
		b, err := os.ReadFile(filepath.Join(dir, name))
		fatal(err)
		for i := 0; i < t.W; i++ {
			if len(b) < 2 || len(b) < 2+int(binary.BigEndian.Uint16(b)) {
				fatal(fmt.Errorf("%s: entry %d is cut", name, i))
			}
			n := int(binary.BigEndian.Uint16(b))
			out = append(out, b[2:2+n])
			b = b[2+n:]
		}
		if len(b) != 0 {
			fatal(fmt.Errorf("%s: %d bytes too many", name, len(b)))
		}
	}
	return out
}

// A c2sp.org/tlog-proof, whose leaf is taken from the bundles.
func proof(file string, v note.Verifier, leaf [][]byte) {
	b, err := os.ReadFile(file)
	fatal(err)
	head, rest, ok := bytes.Cut(b, []byte("\n\n"))
	if !ok {
		fatal(fmt.Errorf("%s: no empty line", file))
	}
	var p tlog.RecordProof
	index := int64(-1)
	for i, line := range strings.Split(string(head), "\n") {
		switch {
		case i == 0 && line == "c2sp.org/tlog-proof@v1":
		case i == 1 && strings.HasPrefix(line, "extra "):
			_, err := base64.StdEncoding.DecodeString(line[6:])
			fatal(err)
		case index < 0 && strings.HasPrefix(line, "index "):
			index, err = strconv.ParseInt(line[6:], 10, 64)
			fatal(err)
		default:
			h, err := tlog.ParseHash(line)
			fatal(err)
			p = append(p, h)
		}
	}
	t := checkpoint(rest, v)
	fatal(tlog.CheckRecord(p, t.N, t.Hash, index,
		tlog.RecordHash(leaf[index])))
}

func main() {
	if len(os.Args) < 3 {
		fatal(fmt.Errorf("usage: sumdb PUBLIC-DIR VKEY [PROOF...]"))
	}
	dir := os.Args[1]
	v, err := note.NewVerifier(os.Args[2])
	fatal(err)
	msg, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	fatal(err)
	tree := checkpoint(msg, v)
	leaf := leaves(dir, tree.N)

	var hashes []tlog.Hash
	read := tlog.HashReaderFunc(func(at []int64) (out []tlog.Hash, err error) {
		for _, i := range at {
			out = append(out, hashes[i])
		}
		return out, nil
	})
	for i, b := range leaf {
		more, err := tlog.StoredHashes(int64(i), b, read)
		fatal(err)
		hashes = append(hashes, more...)
	}
	root, err := tlog.TreeHash(tree.N, read)
	fatal(err)
	if root != tree.Hash {
		fatal(fmt.Errorf("the root is %v, the checkpoint says %v", root, tree.Hash))
	}
	tiles := 0
	for _, t := range tlog.NewTiles(8, 0, tree.N) {
		want, err := tlog.ReadTileData(t, read)
		fatal(err)
		got, err := os.ReadFile(filepath.Join(dir, path(t)))
		widest := tree.N>>uint(8*t.L) - t.N*256
		if os.IsNotExist(err) && int64(t.W) < widest && t.W < 256 {
			continue // there is a wider one
		}
		fatal(err)
		if !bytes.Equal(got, want) {
			fatal(fmt.Errorf("%s differs", path(t)))
		}
		tiles++
	}
	for _, file := range os.Args[3:] {
		proof(file, v, leaf)
	}
	fmt.Printf("records %d tiles %d proofs %d\n", tree.N, tiles, len(os.Args)-3)
}
