"""A throw-away vault of a fictional county, with whoever a request for a child's file needs."""

import datetime
import fcntl
import json
import os
import re
import secrets
import subprocess
import time
from pathlib import Path

POLICIES = Path(__file__).parents[2] / "Policies"
MEMORY = Path("/dev/shm")

# The party of each organisation; the county's own is education.
ORGANISATIONS = {
    "Fernbank School": "education",
    "Wealdshire Community Health": "health",
    "Wealdshire Social Care": "social-care",
    "Wealdshire Youth Justice": "youth-justice",
    "Families of Wealdshire": "family",
    "Rights Office": "rights",
}
COUNCIL = "Wealdshire County Council"
# user name: name, organisation, role
PEOPLE = {
    "sam": ("Sam Sendall", COUNCIL, "SEND"),
    "mona": ("Mona Manager", COUNCIL, "SMGR"),
    "lena": ("Lena Lawson", COUNCIL, "LEG"),
    "hana": ("Hana Adeyemi", "Fernbank School", "SCH"),
    "dora": ("Dora Lead", "Fernbank School", "DSL"),
    "rosalind": ("Rosalind Pemberton", "Wealdshire Community Health", "HADV"),
    "delphine": ("Delphine Barrowclough", "Wealdshire Social Care", "SW"),
    "yusuf": ("Yusuf Youthall", "Wealdshire Youth Justice", "YJS"),
    "marigold": ("Marigold Quillfeather", "Families of Wealdshire", "P"),
    "barnaby": ("Barnaby Thistlewick", "Families of Wealdshire", "P"),
    "juniper": ("Juniper Quillfeather", "Families of Wealdshire", "C"),
    "dana": ("Dana Dataward", "Rights Office", "DPO"),
}
NOT_ON_TEAM = {"sam", "mona", "dana"}
CATEGORIES = re.findall(r"\bid: (D\w+)", (POLICIES / "categories.yaml").read_text(encoding="utf-8"))


class Refused(Exception):
    """The program answered with another exit status than was expected."""

    def __init__(self, words, status, said):
        super().__init__(f"muniment {' '.join(map(str, words[:3]))}: status {status}: {said.strip()[-600:]}")
        self.status, self.said = status, said.strip()


class Vault:
    """Runs the program; what it needs is in `folder`."""

    def __init__(self, program, folder):
        self.program, self.folder = Path(program).resolve(), Path(folder).resolve()
        self.password = self.folder / "password"
        self.environment = os.environ | {
            "MUNIMENT_VAULT": str(self.folder / "vault"),
            "MUNIMENT_KEY_FILE": str(self.folder / "vault.key"),
            "MUNIMENT_POLICIES": str(POLICIES),
        }
        self.child = self.case = None
        self.until = str(datetime.date.today() + datetime.timedelta(days=60))

    def run(self, words, expect=0, seconds=900):
        done = subprocess.run(
            [self.program, *map(str, words)],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
            cwd=self.folder,
        )
        if done.returncode != expect:
            raise Refused(words, done.returncode, done.stderr + done.stdout)
        return done.stderr + done.stdout if expect else done.stdout

    def do(self, who, *words, **more):
        return self.run([*words, "--session", self.folder / f"{who}.session"], **more)

    def ask(self, who, *words, **more):
        return json.loads(self.do(who, *words, "--json", **more))

    def file(self, name, content):
        """A file of JSON or text for the program to read."""
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    def make(self):
        self.password.touch(0o600)
        self.password.write_text(secrets.token_urlsafe(24), encoding="utf-8")
        key = ("--password-file", self.password)
        first = ("--administrator", "ada", "--name", "Ada Admin", "--organisation", COUNCIL)
        self.run(["init", self.folder / "vault", "--origin", "vault.wealdshire.example/ledger", *first, *key])
        self.sign_in("ada")
        places = {COUNCIL: self.ask("ada", "organisation", "list")[0]["id"]}
        for name, party in ORGANISATIONS.items():
            places[name] = self.ask("ada", "organisation", "add", name, "--party", party)["organisation"]
        for who, (name, place, role) in PEOPLE.items():
            told = ("--name", name, "--organisation", places[place], "--role", role)
            self.do("ada", "person", "add", who, *told, *key)
            self.sign_in(who)

    def sign_in(self, who):
        session = self.folder / f"{who}.session"
        self.run(["sign-in", who, "--password-file", self.password, "--session", session])

    def make_case(self, name, born):
        """The child, a case, its team, and the data protection officer's tasks for all categories."""
        details = self.file("child", f"name: {name}\nborn: {born}\n")
        self.child = self.ask("sam", "child", "add", "--details", details)["child"]
        self.case = self.ask("sam", "case", "open", self.child, "--purpose", "ehc.review")["case"]
        for who, (_, _, role) in PEOPLE.items():
            if who not in NOT_ON_TEAM:
                self.do("sam", "case", "team", "add", self.case, who, "--role", role)
        kinds = [word for category in CATEGORIES for word in ("--category", category)]
        task = ("--role", "DPO", "--case", self.case, "--purpose", "rights.request", "--until", self.until)
        self.do("sam", "task", "grant", "dana", *task, *kinds)

    def deposit(self, who, path, category, title):
        told = ("--case", self.case, "--category", category, "--title", title)
        return self.ask(who, "document", "deposit", path, *told)["document"]

    def check(self):
        # On a slow machine the first session has run out by now.
        self.sign_in("ada")
        return self.do("ada", "check", "--read-data", "100%")


def left_in_memory(known=()):
    """Folders of papers in memory that no living process holds, and that were not there before."""
    left = []
    for path in sorted(MEMORY.glob("muniment-paper-*")):
        if path in known or path.stat().st_uid != os.getuid():
            continue
        for _ in range(20):
            if not path.exists() or is_held(path):
                break
            time.sleep(0.1)
        else:
            left.append(path)
    return left


def is_held(path):
    try:
        folder = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(folder)
