#!/usr/bin/env python3
"""Finds the age identities that open a document of a vault, from docs/FORMATS.md alone: it shares no code with muniment.

    open-by-hand.py VAULT KEY-FILE DOCUMENT

Prints, for each version and party, the party, the object's name and the identity. Then:

    age -d -i IDENTITY-FILE VAULT/objects/ab/abcdef... > content

For vaults whose root key is kept by a key file. Needs Python 3.9 and its package "cryptography". The databases are only read.
Whatever it prints opens the document: treat it so.
"""

import hashlib
import hmac
import sqlite3
import struct
import sys
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305


def part(data):
    return struct.pack(">I", len(data)) + data


def facts(purpose, *parts):
    return b"".join(part(data) for data in (b"muniment/v1/" + purpose.encode(), *parts))


def hkdf(secret, info):
    """HKDF-SHA-256 without salt, 32 bytes."""
    extracted = hmac.digest(bytes(32), secret, hashlib.sha256)
    return hmac.digest(extracted, info + b"\x01", hashlib.sha256)


def hchacha20(key, nonce):
    state = list(struct.unpack("<16I", b"expand 32-byte k" + key + nonce))

    def quarter(a, b, c, d):
        for x, y, z, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            state[x] = (state[x] + state[y]) & 0xFFFFFFFF
            mixed = state[z] ^ state[x]
            state[z] = (mixed << turn | mixed >> 32 - turn) & 0xFFFFFFFF

    for _ in range(10):
        for column in range(4):
            quarter(column, 4 + column, 8 + column, 12 + column)
        for column in range(4):
            quarter(column, 4 + (column + 1) % 4, 8 + (column + 2) % 4, 12 + (column + 3) % 4)
    return struct.pack("<8I", *state[:4], *state[12:])


def open_sealed(key, sealed, bound_to):
    """Sealed value, version 1: XChaCha20-Poly1305."""
    if sealed[0] != 1:
        sys.exit("a sealed value has another version than 1")
    nonce, text = sealed[1:25], sealed[25:]
    return ChaCha20Poly1305(hchacha20(key, nonce[:16])).decrypt(bytes(4) + nonce[16:], text, bound_to)


def identity(key):
    """The key as age writes it: Bech32."""
    alphabet, prefix = "qpzry9x8gf2tvdw0s3jn54khce6mua7l", "age-secret-key-"

    def checksum(values):
        total = 1
        for value in values:
            top, total = total >> 25, (total & 0x1FFFFFF) << 5 ^ value
            for bit, word in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
                total ^= word if top >> bit & 1 else 0
        return total

    number = int.from_bytes(key, "big") << 4
    values = [number >> 5 * (51 - place) & 31 for place in range(52)]
    head = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    tail = checksum(head + values + [0] * 6) ^ 1
    values += [tail >> 5 * (5 - place) & 31 for place in range(6)]
    return (prefix + "1" + "".join(alphabet[value] for value in values)).upper()


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    vault, key_file, document = Path(sys.argv[1]), Path(sys.argv[2]), bytes.fromhex(sys.argv[3])
    keyring = sqlite3.connect(vault / "keyring.sqlite")
    records = sqlite3.connect(vault / "records.sqlite")
    vault_id = keyring.execute("SELECT id FROM vault").fetchone()[0]

    sealed_root = keyring.execute("SELECT sealed FROM custody WHERE owner = 'root' AND kind = 'key-file'").fetchone()[0]
    unlocking = hkdf(key_file.read_bytes(), facts("custody/key-file"))
    root = open_sealed(unlocking, sealed_root, facts("root/key-file", vault_id))

    def key(above, kind, owner, version):
        sealed = keyring.execute(
            "SELECT sealed FROM keys WHERE kind = ? AND owner = ? AND version = ?", (kind, owner, version)).fetchone()[0]
        return open_sealed(above, sealed, facts("key", kind.encode(), owner, str(version).encode(), vault_id))

    child = records.execute("SELECT child FROM documents WHERE id = ?", (document,)).fetchone()[0]
    above = keyring.execute("SELECT above FROM keys WHERE kind = 'child' AND owner = ?", (child,)).fetchone()[0]
    children = key(root, "service", b"children", above)
    renditions = records.execute(
        "SELECT coalesce(key, id), version, kind, object FROM renditions WHERE document = ? ORDER BY version", (document,)).fetchall()
    for rendition, number, kind, name in renditions:
        wraps = keyring.execute("SELECT * FROM wraps WHERE rendition = ? ORDER BY party", (rendition,)).fetchall()
        for _, party, party_version, child_version, is_override, sealed in wraps:
            bound_to = facts(
                "wrap", rendition, child, party.encode(), struct.pack(">I", party_version),
                struct.pack(">I", child_version), bytes([is_override]))
            both = key(root, "party", party.encode(), party_version) + key(children, "child", child, child_version)
            print(number, kind, party, name.hex(), identity(open_sealed(hkdf(both, bound_to), sealed, bound_to)))


main()
