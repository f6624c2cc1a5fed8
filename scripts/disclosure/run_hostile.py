#!/usr/bin/env python3
"""Lets the papers of make_hostile.py at the program: each is deposited, inspected and redacted for a request.

    run_hostile.py PROGRAM FOLDER [NAME ...]

PROGRAM is muniment. FOLDER has the documents and hostile.json; the vault is made there. Of each document the list says
whether it must be refused, or may give a result in which nothing is left of what it tried. Whatever comes, it comes
within the limits of time and memory, nobody is called by network, and no paper is left open in memory. Exit status: 0
when all of that holds, 1 otherwise.
"""

import json
import resource
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlparse

from officer import standing
from vault import MEMORY, Refused, Vault, left_in_memory

SECONDS = 240
MOST_BYTES = 64 << 20
# What must be in no result: a line of /etc/passwd, and what acts.
TELLING = [b"root:x:0:0", b"/JavaScript", b"/Launch", b"/OpenAction", b"/EmbeddedFile", b"/SubmitForm", b"/XFA"]
LETTER = {
    "name": "Marigold Quillfeather",
    "capacity": "parent-with-responsibility",
    "authority": "Birth certificate seen",
    "contact": "By post",
    "asked": "Everything",
}


class Listener:
    """Notes whoever comes to the address that the documents call."""

    def __init__(self, address):
        url = urlparse(address)
        self.visits = 0
        self.socket = socket.create_server((url.hostname, url.port))
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            visitor, _ = self.socket.accept()
            self.visits += 1
            visitor.close()


class Hostile:
    def __init__(self, program, folder, names):
        self.folder = Path(folder).resolve()
        told = json.loads((self.folder / "hostile.json").read_text(encoding="utf-8"))
        self.documents = [paper for paper in told["documents"] if not names or paper["file"] in names]
        self.listener = Listener(told["canary"])
        self.vault = Vault(program, folder)
        self.faults = 0

    def run(self):
        before = set(MEMORY.glob("muniment-paper-*"))
        self.vault.make()
        self.vault.make_case("Juniper Quillfeather", "2014-06-01")
        kept = {}
        for paper in self.documents:
            try:
                kept[self.deposit(paper)] = paper
            except Refused as refusal:
                self.tell(paper, "not taken", refusal.said, 0)
        self.request()
        for item in self.vault.ask("dana", "request", "items", self.asked):
            if paper := kept.get(item.get("document")):
                self.attempt(paper, item)
                if left := left_in_memory(before):
                    self.fault(paper, f"papers are left in memory: {len(left)}")
        self.vault.check()
        print(f"hostile: {len(self.documents)} documents, {self.faults} faults, {self.listener.visits} visitors")
        return 1 if self.faults else 0

    def deposit(self, paper):
        """As a report of the school: who may see it does not matter here."""
        return self.vault.deposit("hana", self.folder / "hostile" / paper["file"], "D03", paper["tries"])

    def request(self):
        about = ("--child", self.vault.child, "--kind", "subject-access", "--channel", "letter")
        letter = self.vault.file("letter.json", LETTER)
        self.asked = self.vault.ask("sam", "request", "receive", *about, "--particulars", letter)["request"]
        self.vault.do("dana", "request", "note", self.asked, "triaged")
        told = self.vault.file("standing.json", standing("parent-a"))
        self.vault.do("dana", "request", "standing", self.asked, "--from", told)
        self.vault.do("dana", "request", "collect", self.asked)

    def attempt(self, paper, item):
        visits = self.listener.visits
        inspected = self.limited(paper, "inspect", self.asked, "--item", item["number"])
        area = {"page": 1, "x": 4, "y": 4, "width": 8, "height": 8, "code": "S2-P3-16"}
        plan = self.vault.file("plan.json", {"item": item["number"], "areas": [area]})
        redacted = self.limited(paper, "redact", self.asked, "--plan", plan)
        if redacted.status == 0:
            self.look(paper, item)
        if paper["expected"] == "refused" and redacted.status == 0:
            self.fault(paper, "a result was made of it")
        if self.listener.visits > visits:
            self.fault(paper, "somebody called by network")
        outcome = "a result" if redacted.status == 0 else "refused"
        said = redacted.said if redacted.status else f"inspected: {inspected.said.strip().count(chr(10))} lines"
        self.tell(paper, outcome, said, inspected.seconds + redacted.seconds)

    def limited(self, paper, *words):
        began = time.monotonic()
        answer = Answer()
        try:
            answer.said = self.vault.do("dana", "request", *words, seconds=SECONDS)
        except Refused as refusal:
            answer.status, answer.said = refusal.status, refusal.said
            if refusal.status not in (1, 2):
                self.fault(paper, f"{words[0]} ended with status {refusal.status}")
        except subprocess.TimeoutExpired:
            answer.status, answer.said = 1, "no end in time"
            self.fault(paper, f"{words[0]} had no end in {SECONDS} s")
        answer.seconds = time.monotonic() - began
        return answer

    def look(self, paper, item):
        """The result, as it would be given out."""
        redacted = f"redacted:request-{self.asked}-{item['number']}-1"
        document = (item["document"], "--rendition", redacted, "--purpose", "rights.request")
        target = self.folder / "result.pdf"
        target.unlink(missing_ok=True)
        self.vault.do("dana", "document", "read", *document, "--output", target)
        data = target.read_bytes()
        if len(data) > MOST_BYTES:
            self.fault(paper, f"the result has {len(data)} bytes")
        loose = self.folder / "loose.pdf"
        subprocess.run(["qpdf", "--qdf", "--object-streams=disable", target, loose], check=True, capture_output=True)
        text = subprocess.run(["pdftotext", target, "-"], check=True, capture_output=True).stdout
        for telling in TELLING:
            if telling in loose.read_bytes() or telling in text:
                self.fault(paper, f"the result has {telling.decode()}")

    def fault(self, paper, text):
        self.faults += 1
        print(f"hostile: FAULT: {paper['file']}: {text}", flush=True)

    def tell(self, paper, outcome, said, seconds):
        said = said.splitlines()[-1][:110] if said else ""
        print(f"hostile: {paper['file']:18} {paper['expected']:9} {outcome:9} {seconds:5.1f} s  {said}", flush=True)


class Answer:
    status = 0
    said = ""
    seconds = 0.0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    status = Hostile(sys.argv[1], sys.argv[2], sys.argv[3:]).run()
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
    print(f"hostile: at most {most} MiB in one process")
    sys.exit(status)
