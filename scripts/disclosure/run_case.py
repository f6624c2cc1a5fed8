#!/usr/bin/env python3
"""Runs three requests for one child's file, from receipt to package, and searches what each requester gets.

    run_case.py PROGRAM FOLDER

PROGRAM is muniment. FOLDER has the papers and the manifest of make_case.py; the vault is made there. The mother, the
father, who lives elsewhere, and the child, who is fourteen and competent, each ask. The packages are opened with 7-Zip
in memory and searched by search_package.py. The mother's is left in FOLDER/forms in each form, with what opens it, for
elsewhere.sh. Exit status: 0 when every package has all that it must have and nothing that it must not, 1 otherwise.
"""

import contextlib
import datetime
import hashlib
import json
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from officer import Officer, standing
from vault import MEMORY, Refused, Vault, left_in_memory

SEARCH = Path(__file__).with_name("search_package.py")
DEPOSITS = {
    "delphine": ["social", "scan"],
    "hana": ["school", "sibling"],
    "rosalind": ["health"],
    "dora": ["email", "note"],
    "sam": ["plan"],
    "lena": ["legal"],
    "yusuf": ["police"],
    "marigold": ["statement"],
    "barnaby": ["views"],
    "juniper": ["photo"],
}
DEPOSITORS = {paper: who for who, papers in DEPOSITS.items() for paper in papers}
# What hides in a paper and must be told before anything is decided about it.
HIDDEN = {
    "social": {"annotation", "attachment", "bookmark", "earlier-version", "metadata", "unseen-text"},
    "health": {"comment", "deletion", "hidden-text", "insertion", "metadata"},
    "email": {"alternative", "attachment", "blind-copy", "transport"},
    "scan": {"location"},
    "photo": {"location"},
}
CAPACITIES = {"parent-a": "parent-with-responsibility", "parent-b": "parent-with-responsibility", "child": "child"}
PASSPHRASE = "seven-fictional-words-for-one-recipient"


class Case:
    def __init__(self, program, folder):
        self.folder = Path(folder).resolve()
        self.manifest = json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))
        self.names = {word: told["name"] for word, told in self.manifest["recipients"].items()}
        self.vault = Vault(program, folder)
        self.papers = {}
        self.requests = {}
        self.faults = []
        self.pages = 0
        self.seconds = 0.0
        self.began = time.monotonic()

    def say(self, text):
        print(f"case: {text} ({time.monotonic() - self.began:.0f} s)", flush=True)

    def fault(self, text):
        self.faults.append(text)
        self.say(f"FAULT: {text}")

    def hold(self, what, is_so):
        if not is_so:
            self.fault(what)

    # Before anybody asks

    def prepare(self):
        self.vault.make()
        born = datetime.date.today() - datetime.timedelta(days=int(14.5 * 365.25))
        self.vault.make_case("Juniper Quillfeather", born)
        for paper in self.manifest["papers"]:
            self.keep(paper, self.folder / "papers" / paper["file"])
        street = next(secret["terms"][0] for secret in self.manifest["secrets"] if secret["id"] == "mother-street")
        reason = f"The family court's order keeps the father from {street}."
        about = ("--child", self.vault.child, "--ground", "court-order", "--category", "D14a", "--reason", reason)
        self.vault.do("sam", "restraint", "place", "barnaby", *about)
        self.say(f"{len(self.papers)} papers are in the vault")

    def keep(self, paper, path):
        document = self.vault.deposit(DEPOSITORS[paper["id"]], path, paper["category"], paper["title"])
        self.papers[document] = paper

    def receive(self, recipient):
        told = {
            "name": self.names[recipient],
            "capacity": CAPACITIES[recipient],
            "authority": "Birth certificate seen" if recipient != "child" else "Known to her school",
            "contact": "By post",
            "asked": "Everything that you hold about " + ("me" if recipient == "child" else "my daughter"),
        }
        letter = self.vault.file("letter.json", told)
        about = (
            "--child",
            self.vault.child,
            "--kind",
            "subject-access",
            "--channel",
            "letter",
            "--particulars",
            letter,
        )
        self.requests[recipient] = self.vault.ask("sam", "request", "receive", *about)["request"]

    # One request

    def answer(self, recipient):
        request, officer = self.requests[recipient], Officer(self.manifest, recipient)
        self.vault.do("dana", "request", "note", request, "triaged")
        told = self.vault.file("standing.json", standing(recipient))
        self.vault.do("dana", "request", "standing", request, "--from", told)
        self.vault.do("dana", "request", "collect", request)
        items = self.vault.ask("dana", "request", "items", request)
        self.hold(
            f"{recipient}: not everything was found", self.papers.keys() <= {item.get("document") for item in items}
        )
        for item in items:
            self.hold(
                f"{recipient}: item {item['number']} cannot be read: {item.get('blocked')}", not item.get("blocked")
            )
        self.inspect(request, items)
        items = self.with_attachments(request, items)
        decisions = []
        for item in items:
            decided = self.part(request, officer, item) if item.get("part") else self.paper(request, officer, item)
            decisions.append(decided)
        made = self.vault.file("decisions.json", decisions)
        said = self.vault.do("dana", "request", "decide", request, "--decisions", made)
        self.hold(f"{recipient}: {said.strip()}", "Against 0 something stands" in said)
        outcomes = [decision["outcome"] for decision in decisions]
        counts = ", ".join(f"{outcomes.count(word)} {word}" for word in ("release", "redact", "withhold", "separate"))
        self.say(f"{recipient}: {len(items)} items: {counts}")
        with self.told(f"{recipient}: approval"):
            self.vault.do("mona", "request", "approve", request)

    def inspect(self, request, items):
        """Looks into every paper: nothing is released as it is that nobody has looked into."""
        said = self.vault.ask("dana", "request", "inspect", request)
        # Numbers and what was found take turns.
        found = dict(zip(said[::2], said[1::2], strict=True)) if isinstance(said, list) else said
        found = {int(number): {hidden["kind"] for hidden in kinds} for number, kinds in found.items()}
        for item in items:
            paper = self.papers.get(item.get("document"), {}).get("id")
            missed = HIDDEN.get(paper, set()) - found.get(item["number"], set())
            self.hold(f"{paper}: what hides in it is not told: {', '.join(sorted(missed))}", not missed)

    def with_attachments(self, request, items):
        """What came with a mail is decided about for itself."""
        number = next(item["number"] for item in items if self.paper_of(item).get("id") == "email")
        made = self.vault.ask("dana", "request", "attachments", request, number)
        for attached in made:
            self.vault.do("dana", "request", "inspect", request, "--item", attached["item"])
        items = self.vault.ask("dana", "request", "items", request)
        told = [item["number"] for item in items if item.get("attachedTo") == number]
        self.hold("email: its attachment is no item", len(made) == 1 and told == [made[0]["item"]])
        return items

    def paper_of(self, item):
        paper = self.papers.get(item.get("document"), {})
        return paper | {"id": "attached"} if item.get("attachedTo") else paper

    @contextlib.contextmanager
    def told(self, what):
        try:
            yield
        except Refused as refusal:
            self.fault(f"{what}: {refusal.said}")

    def part(self, request, officer, item):
        decided, plan = officer.part(item)
        if plan:
            self.vault.do("dana", "request", "redact", request, "--plan", self.vault.file("plan.json", plan))
        return decided

    def paper(self, request, officer, item):
        paper, number = self.paper_of(item), item["number"]
        decided = officer.decision(paper, number)
        if decided["outcome"] in ("release", "redact") and paper["category"] == "D05":
            self.vault.do("dana", "request", "opinion", request, "--item", number, "--of", "rosalind")
            harm = any(citation["exemption"] == "S3-P2-5" for citation in decided.get("citations", []))
            said = (
                "--finds",
                "serious-harm" if harm else "none",
                "--because",
                "What was struck out would do harm; the rest would not.",
            )
            self.vault.do(
                "rosalind", "request", "opine", request, "--item", number, "--profession", "allied-health", *said
            )
        if decided["outcome"] == "redact":
            try:
                if not self.redact(request, officer, paper, number):
                    decided = {"items": [number], "outcome": "release"}
            except Refused as refusal:
                self.fault(f"{officer.recipient}: {paper['id']} could not be redacted and is withheld: {refusal.said}")
                decided["outcome"] = "withhold"
        return decided

    def redact(self, request, officer, paper, number):
        """Makes a redacted copy, or a clean one where all that is to be hidden is behind the pages; whether boxes are in it."""
        began = time.monotonic()
        plan = self.vault.file("plan.json", officer.plan(paper, number))
        try:
            made = self.vault.ask("dana", "request", "redact", request, "--plan", plan)[0]
        except Refused as refusal:
            if "none of its terms stands" not in refusal.said:
                raise
            began = time.monotonic()
            made = self.vault.ask("dana", "request", "redact", request, "--clean", number)[0]
            self.say(f"{officer.recipient}: {paper['id']} has nothing to hide on its pages: a clean copy")
        self.pages += made["pages"]
        self.seconds += time.monotonic() - began
        return made["boxes"] > 0

    # What comes of it

    def disclose(self, recipient, opened):
        """Makes the package, opens it with other people's programs, and searches it as its own recipient."""
        request, package = self.requests[recipient], self.folder / f"{recipient}.zip"
        words = self.vault.file("words", PASSPHRASE + "\n")
        ready = ("--passphrase-from-file", words, "--output", package)
        for other in set(self.names.values()) - {self.names[recipient]}:
            self.vault.do("dana", "request", "disclose", request, "--to", other, *ready, expect=1)
        self.hold(f"{recipient}: a package was written for another name", not package.exists())
        self.vault.do("dana", "request", "disclose", request, "--to", self.names[recipient], *ready)
        subprocess.run(["7z", "x", f"-p{PASSPHRASE}", f"-o{opened}", package], check=True, capture_output=True)
        self.verify(recipient, opened)
        self.hold(f"{recipient}: the search is not content", self.search(opened, recipient))

    def in_every_form(self, recipient):
        """The recipient's package in each form, with what opens it."""
        forms = self.folder / "forms"
        forms.mkdir()
        key = forms / "identity"
        subprocess.run(["age-keygen", "-o", key], check=True, capture_output=True)
        public = subprocess.run(["age-keygen", "-y", key], check=True, capture_output=True, text=True).stdout.strip()
        # Of 32 characters: the programs of poppler cut off what is longer.
        words = self.vault.file("forms/words", secrets.token_urlsafe(24) + "\n")
        write = ("request", "disclose", self.requests[recipient], "--to", self.names[recipient])
        for form, opens in (
            ("zip", ("--passphrase-from-file", words)),
            ("pdf", ("--passphrase-from-file", words)),
            ("age", ("--recipient", public)),
        ):
            self.vault.do("dana", *write, "--form", form, *opens, "--output", forms / f"package.{form}")
        self.vault.file("forms/signer.pem", self.vault.do("dana", "disposal", "signer"))

    def verify(self, recipient, opened):
        signer = self.vault.file("signer.pem", self.vault.do("dana", "disposal", "signer"))
        signed = ("-in", opened / "manifest.json.p7s", "-content", opened / "manifest.json", "-CAfile", signer)
        command = [
            "openssl",
            "cms",
            "-verify",
            "-binary",
            "-inform",
            "DER",
            *signed,
            "-purpose",
            "any",
            "-out",
            "/dev/null",
        ]
        self.hold(
            f"{recipient}: the signature", subprocess.run(command, check=False, capture_output=True).returncode == 0
        )
        listed = json.loads((opened / "manifest.json").read_text(encoding="utf-8"))["files"]
        for file in listed:
            digest = hashlib.sha256((opened / file["name"]).read_bytes()).hexdigest()
            self.hold(f"{recipient}: {file['name']} is not as signed", digest == file["sha256"])
        there = {str(path.relative_to(opened)) for path in opened.rglob("*") if path.is_file()}
        more = there - {file["name"] for file in listed} - {"manifest.json", "manifest.json.p7s"}
        self.hold(f"{recipient}: files that are not signed: {more}", not more)

    def search(self, opened, recipient, is_shown=True):
        command = [sys.executable, SEARCH, opened, self.folder / "manifest.json", recipient]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if is_shown:
            print(done.stdout + done.stderr, end="", flush=True)
        return done.returncode == 0

    def compare(self):
        """What the system says of the two parents' answers must be what was decided."""
        first, second = self.requests["parent-a"], self.requests["parent-b"]
        said = {row.get("document") for row in self.vault.ask("dana", "request", "compare", first, second)} - {None}
        due = set()
        for document, paper in self.papers.items():
            one, other = paper["decisions"]["parent-a"], paper["decisions"]["parent-b"]
            if one.get("decision") != other.get("decision") or one.get("redactions") != other.get("redactions"):
                due.add(document)
        unsaid = sorted(self.papers[document]["id"] for document in due - said)
        self.hold(f"the comparison does not say that these papers differ: {', '.join(unsaid)}", not unsaid)

    def look_at_vault(self):
        """No secret stands in the vault in clear."""
        terms = [term.encode() for secret in self.manifest["secrets"] for term in secret["terms"]]
        for path in self.folder.glob("vault*"):
            for file in [path] if path.is_file() else path.rglob("*"):
                if file.is_file() and any(term in (data := file.read_bytes()) for term in terms) and data:
                    self.fault(f"a secret stands in the vault in clear: {file.name}")

    def run(self):
        before = set(MEMORY.glob("muniment-paper-*"))
        self.prepare()
        for recipient in self.names:
            self.receive(recipient)
        for recipient in self.names:
            self.answer(recipient)
        if self.pages:
            self.say(f"{self.pages} pages were redacted, {self.seconds / self.pages:.1f} s each")
        self.compare()
        opened = Path(tempfile.mkdtemp(prefix="muniment-opened-", dir=MEMORY))
        try:
            for recipient in self.names:
                with self.told(f"{recipient}: package"):
                    self.disclose(recipient, opened / recipient)
            with self.told("parent-a: every form"):
                self.in_every_form("parent-a")
            wrong = self.search(opened / "parent-a", "parent-b", is_shown=False)
            self.hold("the search sees nothing wrong in the mother's package when the father gets it", not wrong)
        finally:
            shutil.rmtree(opened)
        self.look_at_vault()
        self.vault.check()
        self.hold("papers lie open in memory", not left_in_memory(before))
        self.say(f"{len(self.faults)} faults" if self.faults else "nothing was found that must not be")
        return 1 if self.faults else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(Case(*sys.argv[1:]).run())
