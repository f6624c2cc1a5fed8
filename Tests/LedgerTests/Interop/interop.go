// Interop makes and checks a bundle of notes, proofs and tiles with Go's own packages.
//
//	interop make          writes a bundle to standard output
//	interop check <file>  exits with an error unless everything in the bundle holds
//
// The entries of every tree are the decimal numbers from 0.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	origin      = "go.example/log"
	witnessName = "go.example/witness"
	witnessTime = 1700000000
)

var sizes = []int64{1, 2, 3, 7, 8, 255, 256, 257, 300, 1000}

type bundle struct {
	Vkey    string `json:"vkey"`
	Witness string `json:"witness"`
	Note    string `json:"note"`
	Trees   []tree `json:"trees"`
	Tiles   []tile `json:"tiles"`
}

type tree struct {
	Size        int64         `json:"size"`
	Root        tlog.Hash     `json:"root"`
	Inclusion   []inclusion   `json:"inclusion"`
	Consistency []consistency `json:"consistency"`
}

type inclusion struct {
	Index  int64       `json:"index"`
	Hashes []tlog.Hash `json:"hashes"`
}

type consistency struct {
	Old    int64       `json:"old"`
	Hashes []tlog.Hash `json:"hashes"`
}

type tile struct {
	Path string `json:"path"`
	Data []byte `json:"data"`
}

type memory []tlog.Hash

func (m memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var hashes []tlog.Hash
	for _, index := range indexes {
		hashes = append(hashes, m[index])
	}
	return hashes, nil
}

func main() {
	log.SetFlags(0)
	var stored memory
	for i := int64(0); i < sizes[len(sizes)-1]; i++ {
		hashes, err := tlog.StoredHashes(i, []byte(strconv.FormatInt(i, 10)), stored)
		exitOn(err)
		stored = append(stored, hashes...)
	}
	switch {
	case len(os.Args) == 2 && os.Args[1] == "make":
		exitOn(json.NewEncoder(os.Stdout).Encode(makeBundle(stored)))
	case len(os.Args) == 3 && os.Args[1] == "check":
		data, err := os.ReadFile(os.Args[2])
		exitOn(err)
		var b bundle
		exitOn(json.Unmarshal(data, &b))
		exitOn(check(b, stored))
	default:
		log.Fatal("usage: interop make | interop check <file>")
	}
}

func exitOn(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func makeBundle(stored memory) bundle {
	skey, vkey, err := note.GenerateKey(rand.Reader, origin)
	exitOn(err)
	signer, err := note.NewSigner(skey)
	exitOn(err)
	witness := newWitness()
	b := bundle{Vkey: vkey, Witness: witness.vkey()}
	for position, size := range sizes {
		root, err := tlog.TreeHash(size, stored)
		exitOn(err)
		t := tree{Size: size, Root: root}
		for index := int64(0); index < size; index += 1 + size/10 {
			proof, err := tlog.ProveRecord(size, index, stored)
			exitOn(err)
			t.Inclusion = append(t.Inclusion, inclusion{index, proof})
		}
		for _, old := range sizes[:position+1] {
			proof, err := tlog.ProveTree(size, old, stored)
			exitOn(err)
			t.Consistency = append(t.Consistency, consistency{old, proof})
		}
		b.Trees = append(b.Trees, t)
		for _, wanted := range tlog.NewTiles(8, 0, size) {
			data, err := tlog.ReadTileData(wanted, stored)
			exitOn(err)
			b.Tiles = append(b.Tiles, tile{strings.Replace(wanted.Path(), "tile/8/", "tile/", 1), data})
		}
	}
	last := b.Trees[len(b.Trees)-1]
	text := fmt.Sprintf("%s\n%d\n%s\n", origin, last.Size, last.Root)
	signed, err := note.Sign(&note.Note{Text: text}, signer, witness)
	exitOn(err)
	b.Note = string(signed)
	return b
}

func check(b bundle, stored memory) error {
	if err := checkNote(b); err != nil {
		return err
	}
	roots := map[int64]tlog.Hash{}
	for _, t := range b.Trees {
		root, err := tlog.TreeHash(t.Size, stored)
		if err != nil || root != t.Root {
			return fmt.Errorf("root of %d: %v", t.Size, err)
		}
		roots[t.Size] = root
		for _, p := range t.Inclusion {
			leaf := tlog.RecordHash([]byte(strconv.FormatInt(p.Index, 10)))
			if err := tlog.CheckRecord(p.Hashes, t.Size, t.Root, p.Index, leaf); err != nil {
				return fmt.Errorf("inclusion of %d in %d: %v", p.Index, t.Size, err)
			}
		}
		for _, p := range t.Consistency {
			if err := tlog.CheckTree(p.Hashes, t.Size, t.Root, p.Old, roots[p.Old]); err != nil {
				return fmt.Errorf("consistency of %d with %d: %v", p.Old, t.Size, err)
			}
		}
	}
	for _, t := range b.Tiles {
		wanted, err := tlog.ParseTilePath(strings.Replace(t.Path, "tile/", "tile/8/", 1))
		if err != nil {
			return err
		}
		data, err := tlog.ReadTileData(wanted, stored)
		if err != nil || !bytes.Equal(data, t.Data) {
			return fmt.Errorf("%s: %v", t.Path, err)
		}
	}
	if len(b.Trees) == 0 || len(b.Tiles) == 0 {
		return errors.New("nothing to check")
	}
	return nil
}

// The note must have both signatures, and be a checkpoint of the last tree.
func checkNote(b bundle) error {
	verifier, err := note.NewVerifier(b.Vkey)
	if err != nil {
		return err
	}
	witness, err := newWitnessVerifier(b.Witness)
	if err != nil {
		return err
	}
	opened, err := note.Open([]byte(b.Note), note.VerifierList(verifier, witness))
	if err != nil {
		return err
	}
	last := b.Trees[len(b.Trees)-1]
	if opened.Text != fmt.Sprintf("%s\n%d\n%s\n", verifier.Name(), last.Size, last.Root) {
		return fmt.Errorf("unexpected checkpoint %q", opened.Text)
	}
	if len(opened.Sigs) != 2 || len(opened.UnverifiedSigs) != 0 {
		return fmt.Errorf("%d signatures, %d unverified", len(opened.Sigs), len(opened.UnverifiedSigs))
	}
	return nil
}

// A cosigner is a C2SP Ed25519 cosignature key (type 0x04), which x/mod does not have.
type cosigner struct {
	name    string
	public  ed25519.PublicKey
	private ed25519.PrivateKey
}

func newWitness() *cosigner {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	exitOn(err)
	return &cosigner{witnessName, public, private}
}

func newWitnessVerifier(vkey string) (*cosigner, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("malformed witness key")
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 33 || key[0] != 4 {
		return nil, errors.New("malformed witness key")
	}
	c := &cosigner{name: parts[0], public: key[1:]}
	if c.vkey() != vkey {
		return nil, errors.New("witness key id does not match")
	}
	return c, nil
}

func (c *cosigner) vkey() string {
	key := append([]byte{4}, c.public...)
	return fmt.Sprintf("%s+%08x+%s", c.name, c.KeyHash(), base64.StdEncoding.EncodeToString(key))
}

func (c *cosigner) Name() string { return c.name }

func (c *cosigner) KeyHash() uint32 {
	digest := sha256.Sum256(append([]byte(c.name+"\n\x04"), c.public...))
	return binary.BigEndian.Uint32(digest[:])
}

func (c *cosigner) Sign(text []byte) ([]byte, error) {
	signature := make([]byte, 8)
	binary.BigEndian.PutUint64(signature, witnessTime)
	return append(signature, ed25519.Sign(c.private, cosigned(text, witnessTime))...), nil
}

func (c *cosigner) Verify(text, signature []byte) bool {
	return len(signature) == 72 &&
		ed25519.Verify(c.public, cosigned(text, binary.BigEndian.Uint64(signature)), signature[8:])
}

func cosigned(text []byte, seconds uint64) []byte {
	return append([]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", seconds)), text...)
}
