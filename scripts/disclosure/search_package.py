#!/usr/bin/env python3
"""Searches an opened disclosure package for what its recipient must not see, and for what must be there.

    search_package.py FOLDER MANIFEST RECIPIENT
    search_package.py --self-test MANIFEST

FOLDER has the files of the package, MANIFEST is from make_case.py and RECIPIENT is one of its names: parent-a,
parent-b, child. Every file is taken apart with programs and methods that are not those by which it was made: the text
of PDFs in three ways and from the pictures of their pages, each revision of them, what is attached and embedded,
metadata, the parts of office files, mail and archives, and the bytes themselves in several encodings. Capitals,
accents, hyphens and spaces do not matter. A find is printed as the secret's identifier and the place, never the secret.
What could not be searched counts as a find. The self-test, of some minutes, plants every secret in every kind of place
and sees that it is found.

Exit status: 0 nothing that must not be there and everything that must, 1 otherwise, 2 misused. Needs poppler-utils,
qpdf, tesseract-ocr and libimage-exiftool-perl; the self-test also weasyprint and img2pdf.
"""

import base64
import email
import html
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unicodedata
import zipfile
from concurrent.futures import ThreadPoolExecutor
from email import policy
from pathlib import Path
from urllib.parse import quote

PROGRAMS = ("pdftotext", "pdftoppm", "pdfdetach", "pdfimages", "qpdf", "tesseract", "exiftool")
PICTURES = {b"\xff\xd8\xff": ".jpg", b"\x89PNG": ".png", b"II*\0": ".tif", b"MM\0*": ".tif", b"GIF8": ".gif"}
# What reading a picture confuses: each to one of its kind.
LOOKALIKES = str.maketrans("0158269i", "olsbzbgl")
DEEPEST = 8
# Three ways to see a page in greys: as it is; what is pale, without the black; what is not quite black.
SHADES = (
    bytes(range(256)),
    bytes(0 if 90 < shade < 236 else 255 for shade in range(256)),
    bytes(0 if 4 < shade < 100 else 255 for shade in range(256)),
)


def plain(text):
    """`text` without capitals, accents, spaces, hyphens and other signs."""
    letters = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in letters if c.isalnum())


def is_nearly_in(term, text, edits):
    """Whether `text` has `term` with at most `edits` letters changed, lost or added."""
    # With fewer faults than pieces, one of the pieces is whole.
    size = len(term) // (edits + 1)
    for start in range(0, size * (edits + 1), size):
        piece = term[start : start + size]
        at = text.find(piece)
        while at >= 0:
            window = text[max(0, at - start - edits) : at - start + len(term) + edits]
            if fewest_edits(term, window) <= edits:
                return True
            at = text.find(piece, at + 1)
    return False


def fewest_edits(term, window):
    """The edits between `term` and that part of `window` which is most like it."""
    row = [0] * (len(window) + 1)
    for count, letter in enumerate(term, 1):
        above, row = row, [count]
        for place, other in enumerate(window, 1):
            row.append(min(above[place] + 1, row[-1] + 1, above[place - 1] + (letter != other)))
    return min(row)


class Secret:
    """One secret in all the shapes in which it is searched for."""

    def __init__(self, identifier, terms):
        self.identifier = identifier
        self.terms = [plain(term) for term in terms]
        self.misread = [term.translate(LOOKALIKES) for term in self.terms]
        self.small, self.exact = set(), set()
        for term in terms:
            for shape in {term, unicodedata.normalize("NFD", term)}:
                for coded in (shape.encode(), shape.encode("utf-16-be"), shape.encode("utf-16-le")):
                    self.small |= {coded.lower(), coded.hex().encode()}
                self.small.add(quote(shape).encode().lower())
                for cased in {shape, shape.upper(), shape.lower()}:
                    self.exact |= base64_of(cased.encode()) | base64_of(cased.encode("utf-16-le"))

    def is_in_text(self, text):
        return any(term in text for term in self.terms)

    def is_in_reading(self, text):
        return any(is_nearly_in(term, text, 1 if len(term) > 7 else 0) for term in self.misread)

    def is_in_bytes(self, small, exact):
        return any(shape in small for shape in self.small) or any(shape in exact for shape in self.exact)


def base64_of(data):
    """What `data` leaves in Base64, wherever in the encoded bytes it begins."""
    found = set()
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + data)
        found.add(coded[-(-before * 8 // 6) : (before + len(data)) * 8 // 6])
    return found


class Search:
    """Goes through files, and through whatever is in them."""

    def __init__(self, secrets):
        self.secrets = secrets
        self.finds = set()
        self.unsearched = set()
        self.texts = []
        self.readings = []

    def folder(self, folder):
        files = [path for path in sorted(folder.rglob("*")) if not path.is_dir()]
        if not files:
            self.unsearched.add(f"{folder.name} (there is no file in it)")
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda path: self.file(path, str(path.relative_to(folder)), 0), files))

    def file(self, path, place, depth):
        """`place`: where the file is in the package, which is what is printed."""
        try:
            if depth > DEEPEST or path.is_symlink():
                raise ValueError("nested too deeply, or not a file")
            data = path.read_bytes()
            self.text(place, f"{self.censored(place)}: its name")
            self.bytes(data, f"{self.censored(place)}: bytes")
            self.metadata(path, place)
            self.content(path, data, place, depth)
        except (OSError, ValueError, RuntimeError, zipfile.BadZipFile, subprocess.TimeoutExpired) as error:
            self.unsearched.add(f"{self.censored(place)} ({type(error).__name__})")

    def content(self, path, data, place, depth):
        picture = next((kind for magic, kind in PICTURES.items() if data.startswith(magic)), None)
        if b"%PDF-" in data[:1024]:
            self.pdf(path, data, place, depth)
        elif picture:
            self.picture(path, place)
        elif data.startswith(b"PK"):
            self.archive(data, place, depth)
        elif path.suffix.lower() == ".eml" or re.match(rb"(?i)(received|from|message-id|mime-version|subject):", data):
            self.mail(data, place, depth)
        elif path.suffix.lower() == ".json":
            self.json(json.loads(data), f"{place}: JSON")
        else:
            self.markup(data, place)

    # What finds

    def censored(self, place):
        """`place`, unless a secret is in it."""
        return "(a name that tells)" if any(s.is_in_text(plain(place)) for s in self.secrets) else place

    def text(self, text, place):
        text = plain(text)
        self.texts.append(text)
        self.finds |= {(s.identifier, place) for s in self.secrets if s.is_in_text(text)}

    def reading(self, text, place):
        """Text that was read from a picture, faults and all."""
        self.text(text, place)
        text = plain(text).translate(LOOKALIKES)
        self.readings.append(text)
        self.finds |= {(s.identifier, place) for s in self.secrets if s.is_in_reading(text)}

    def bytes(self, data, place):
        dense = data.translate(None, b" \t\r\n")
        small = data.lower() + b"\n" + dense.lower()
        self.finds |= {(s.identifier, place) for s in self.secrets if s.is_in_bytes(small, dense)}

    # What takes apart

    def metadata(self, path, place):
        # In numbers too: a position has many spellings. Exit status 1 is a file of a kind that has none.
        for form in ("-c", "%.6f"), ("-n",):
            said = run("exiftool", "-a", "-u", "-g1", "-ee", *form, "--System:all", path, accept=(0, 1))
            self.text(said.decode(errors="replace"), f"{place}: metadata")

    def pdf(self, path, data, place, depth):
        if ": revision " not in place:
            self.older_pdfs(data, place, depth)
        for layout in (), ("-layout",), ("-raw",):
            self.text(run("pdftotext", *layout, path, "-").decode(errors="replace"), f"{place}: text{''.join(layout)}")
        with tempfile.TemporaryDirectory() as folder:
            loose = Path(folder) / "loose.pdf"
            run("qpdf", "--qdf", "--object-streams=disable", "--preserve-unreferenced", path, loose, accept=(0, 3))
            self.bytes(loose.read_bytes(), f"{place}: objects")
        self.json(json.loads(run("qpdf", "--json=2", path, accept=(0, 3))), f"{place}: objects")
        with tempfile.TemporaryDirectory() as folder:
            run("pdfdetach", "-saveall", "-o", folder, path)
            self.inner(Path(folder), f"{place} > attachment", depth)
        with tempfile.TemporaryDirectory() as folder:
            run("pdfimages", "-all", path, Path(folder) / "image")
            self.inner(Path(folder), f"{place} > picture", depth)
        with tempfile.TemporaryDirectory() as folder:
            run("pdftoppm", "-r", "200", "-gray", path, Path(folder) / "page")
            for page in sorted(Path(folder).iterdir()):
                self.page(page, f"{place}: {page.stem}")

    def older_pdfs(self, data, place, depth):
        """What the file was before each of the changes that were only written behind it."""
        ends = [found.end() for found in re.finditer(rb"%%EOF[\r\n]*", data)]
        for number, end in enumerate(ends[:-1], 1):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "older.pdf"
                path.write_bytes(data[:end])
                # The first of the two ends that a file made for the web has is not the end of a file.
                if number > 1 or b"/Linearized" not in data[:1024]:
                    self.content(path, data[:end], f"{place}: revision {number} of {len(ends)}", depth + 1)

    def page(self, path, place):
        """A page as a picture in greys. Beside a black box, pale writing is not seen unless it is looked for."""
        picture = path.read_bytes()
        pixels = re.match(rb"P5\s+\d+\s+\d+\s+255\s", picture).end()
        for shades in SHADES:
            path.write_bytes(picture[:pixels] + picture[pixels:].translate(shades))
            self.picture(path, place)

    def picture(self, path, place):
        self.reading(
            run("tesseract", path, "-", "--psm", "3").decode(errors="replace"), f"{place}: read from the picture"
        )

    def inner(self, folder, place, depth):
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.file(path, f"{place} {path.relative_to(folder)}", depth + 1)

    def archive(self, data, place, depth):
        with zipfile.ZipFile(io.BytesIO(data)) as archive, tempfile.TemporaryDirectory() as folder:
            self.text(archive.comment.decode(errors="replace"), f"{place}: comment of the archive")
            for number, entry in enumerate(archive.infolist()):
                inside = f"{place} > {entry.filename}"
                self.text(entry.filename, f"{self.censored(place)}: name of entry {number}")
                self.text(entry.comment.decode(errors="replace"), f"{self.censored(inside)}: comment")
                self.bytes(entry.extra, f"{self.censored(inside)}: extra field")
                if not entry.is_dir():
                    path = Path(folder) / f"{number}{Path(entry.filename).suffix}"
                    path.write_bytes(archive.read(entry))
                    self.file(path, inside, depth + 1)

    def mail(self, data, place, depth):
        with tempfile.TemporaryDirectory() as folder:
            for number, part in enumerate(email.message_from_bytes(data, policy=policy.default).walk()):
                for name, value in part.items():
                    self.text(f"{name} {value}", f"{place}: header {name} of part {number}")
                self.text(part.get_filename() or "", f"{place}: name of part {number}")
                if not part.is_multipart():
                    kind = ".html" if part.get_content_type() == "text/html" else ".txt"
                    path = Path(folder) / f"{number}{kind}"
                    path.write_bytes(part.get_payload(decode=True) or b"")
                    self.file(path, f"{place} > part {number}", depth + 1)

    def json(self, value, place):
        if isinstance(value, dict):
            for key, inner in value.items():
                self.text(key, f"{place}, a key")
                self.json(inner, place)
        elif isinstance(value, list):
            for inner in value:
                self.json(inner, place)
        elif value is not None:
            self.text(str(value), place)

    def markup(self, data, place):
        """Text in whichever encoding, as it stands and as HTML or XML."""
        for encoding in ("utf-8", "utf-16-le", "utf-16-be", "latin-1"):
            text = data.decode(encoding, errors="ignore")
            if encoding.startswith("utf-16") and b"\0" not in data:
                continue
            self.text(html.unescape(text), f"{place}: text")
            # A name may be cut up by elements, and in office files it usually is.
            self.text(html.unescape(re.sub(r"<[^>]*>", "", text)), f"{place}: text between tags")

    def has(self, fact):
        term = plain(fact)
        misread = term.translate(LOOKALIKES)
        return any(term in text for text in self.texts) or any(
            is_nearly_in(misread, text, len(term) // 12) for text in self.readings
        )


def run(*command, accept=(0,)):
    environment = os.environ | {"OMP_THREAD_LIMIT": "1", "LC_ALL": "C.UTF-8"}
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, check=False, timeout=300, env=environment)
    if done.returncode not in accept:
        raise RuntimeError(words[0])
    return done.stdout


def report(search, missing):
    for identifier, place in sorted(search.finds):
        print(f"found: {identifier}: {place}")
    for place in sorted(search.unsearched):
        print(f"not searched: {place}")
    for identifier in missing:
        print(f"missing: {identifier}")


def main():
    absent = [program for program in PROGRAMS if not shutil.which(program)]
    if absent:
        sys.exit(f"search_package: {', '.join(absent)} is not installed.")
    arguments = sys.argv[1:]
    if len(arguments) == 2 and arguments[0] == "--self-test":
        from search_self_test import self_test

        return self_test(json.loads(Path(arguments[1]).read_text(encoding="utf-8")))
    if len(arguments) != 3 or not Path(arguments[0]).is_dir() or not Path(arguments[1]).is_file():
        print(__doc__, file=sys.stderr)
        return 2
    manifest = json.loads(Path(arguments[1]).read_text(encoding="utf-8"))
    recipient = arguments[2]
    if recipient not in manifest["recipients"]:
        print(f"search_package: recipients are {', '.join(manifest['recipients'])}.", file=sys.stderr)
        return 2
    secrets = [Secret(s["id"], s["terms"]) for s in manifest["secrets"] if recipient in s["hidden_from"]]
    search = Search(secrets)
    search.folder(Path(arguments[0]))
    due = [fact for fact in manifest["facts"] if recipient in fact["for"]]
    missing = [fact["id"] for fact in due if not search.has(fact["text"])]
    report(search, missing)
    print(f"{recipient}: {len(secrets)} secrets searched for, {len({i for i, _ in search.finds})} found;", end=" ")
    print(f"{len(due) - len(missing)} of {len(due)} facts are there.")
    return 1 if search.finds or search.unsearched or missing else 0


if __name__ == "__main__":
    sys.exit(main())
