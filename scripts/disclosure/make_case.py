#!/usr/bin/env python3
"""Makes the papers of a fictional request for a child's file, and lists what each recipient must and must not get.

    make_case.py FOLDER [--seed N]

The papers go to FOLDER/papers, the list to FOLDER/manifest.json. What they say is in case.toml, beside this script.
They are real files with what hides in such files: metadata, bookmarks, notes, attachments, a deleted page, covered
and white text, tracked deletions, comments, mail headers. The same seed and versions of the programs make the same
bytes.
Needs weasyprint, poppler-utils, qpdf, img2pdf, libimage-exiftool-perl and libreoffice-writer-nogui.
"""

import argparse
import html
import json
import random
import re
import tempfile
import tomllib
import unicodedata
from email import policy
from email.message import EmailMessage
from pathlib import Path

from pdf import WHEN, add_note, drop_last_page, rewrite, run
from word import word_run, write_docx

CASE = Path(__file__).with_name("case.toml")


def middle(term, mark):
    """`term` with `mark` in the middle of its last word."""
    start = term.rfind(" ") + 1
    place = start + (len(term) - start) // 2
    return term[:place] + mark + term[place:]


FORMS = {
    "upper": str.upper,
    "broken": lambda term: term.replace(" ", "\n", 1),
    "hyphen": lambda term: middle(term, "-\n"),
    "soft": lambda term: middle(term, "\u00ad"),
    "zero": lambda term: middle(term, "\u200b"),
    "nbsp": lambda term: term.replace(" ", "\u00a0"),
    "decomposed": lambda term: unicodedata.normalize("NFD", term),
    "plain": lambda term: "".join(c for c in unicodedata.normalize("NFD", term) if not unicodedata.combining(c)),
}


class Case:
    """What case.toml says, with the seed's digits, and which secret was planted where."""

    def __init__(self, seed):
        chance = random.Random(seed)
        self.seed = seed
        self.data = tomllib.loads(CASE.read_text(encoding="utf-8"))
        self.recipients = dict(zip("abc", self.data["recipients"], strict=True))
        self.terms = {
            name: re.sub("#", lambda _: str(chance.randrange(10)), row[0]) for name, row in self.data["secrets"].items()
        }
        self.places = {name: [] for name in self.terms}
        self.paper = None

    def fill(self, text, representation):
        """`text` with the secrets in it; notes that this paper has them in this representation."""

        def secret(found):
            name, form = found[1], found[2]
            place = {"paper": self.paper["id"], "representation": representation + (f", {form}" if form else "")}
            if place not in self.places[name]:
                self.places[name].append(place)
            return FORMS[form](self.terms[name]) if form else self.terms[name]

        return re.sub(r"\{([a-z-]+)(?:/([a-z]+))?\}", secret, text)

    def names(self, letters):
        return [self.recipients[letter] for letter in letters]


# PDF


def page_html(case, paper, extra="", size="11pt"):
    """The paper's text as a page of HTML: a line is a paragraph, "# " begins a heading."""
    body = []
    for line in paper["text"].strip().splitlines():
        tag, line = ("h1", line[2:]) if line.startswith("# ") else ("p", line)
        filled = html.escape(case.fill(line, "text")).replace("\n", "<br/>")
        body.append(f"<{tag}>{filled}</{tag}>")
    style = f"@page {{ size: A4; margin: 25mm }} body {{ font: {size} 'DejaVu Sans' }} h1 {{ font-size: 1.5em }}"
    author = case.fill("{author-account}", "author in the metadata")
    head = f'<meta charset="utf-8"/><meta name="author" content="{author}"/>'
    head += f"<title>{paper['title']}</title><style>{style}</style>"
    return f"<html lang='en'><head>{head}</head><body>{''.join(body)}{extra}</body></html>"


def render(source, target):
    """HTML to PDF; then without what differs from one run to the next."""
    run("weasyprint", "-q", "-", target, text=source.encode())
    rewrite(target)


def plain_pdf(case, paper, target):
    render(page_html(case, paper), target)


def layered_pdf(case, paper, target):
    """With white and covered text, a bookmark, a note, an attachment, further metadata and a page that was deleted."""
    white, covered = case.fill(paper["white"], "white text"), case.fill(paper["covered"], "text under a black box")
    outline, deleted = case.fill(paper["outline"], "bookmark"), case.fill(paper["deleted"], "deleted page")
    extra = f"""<p style="color: white">{white}</p>
        <p style="position: relative; bookmark-level: 2; bookmark-label: '{outline}'">{covered}
        <span style="position: absolute; left: 0; top: 0; width: 100%; height: 100%; background: black"></span></p>
        <p style="page-break-before: always">{deleted}</p>"""
    render(page_html(case, paper, extra), target)
    rewrite(target, add_note(case.fill(paper["sticky"], "note on the page")))
    with tempfile.TemporaryDirectory() as folder:
        attachment, attached = Path(folder) / "contacts.txt", Path(folder) / "attached.pdf"
        attachment.write_text(case.fill(paper["attachment"], "attachment"), encoding="utf-8")
        dates = (f"--creationdate={WHEN}", f"--moddate={WHEN}")
        run(
            "qpdf",
            "--deterministic-id",
            "--object-streams=disable",
            target,
            "--add-attachment",
            attachment,
            *dates,
            "--",
            attached,
        )
        target.write_bytes(attached.read_bytes())
    keyword = case.fill("{keyword}", "XMP metadata")
    run("exiftool", "-q", "-overwrite_original", f"-XMP-dc:Description={keyword}", target)
    drop_last_page(target)


def picture(case, paper, target, dpi):
    """The paper as a camera or a scanner makes it, with what a telephone notes in a picture."""
    with tempfile.TemporaryDirectory() as folder:
        pdf = Path(folder) / "page.pdf"
        render(page_html(case, paper, size="14pt"), pdf)
        run("pdftoppm", "-r", dpi, "-gray", "-jpeg", "-singlefile", pdf, Path(folder) / "page")
        target.write_bytes((Path(folder) / "page.jpg").read_bytes())
    place = case.fill("{mother-place}", "EXIF position")
    run(
        *("exiftool", "-q", "-overwrite_original", "-GPSLatitudeRef=N", "-GPSLongitude=1.6", "-GPSLongitudeRef=W"),
        f"-GPSLatitude={place}",
        f"-Artist={case.fill('{mother-surname}', 'EXIF artist')}",
        f"-UserComment={case.fill('{mother-street}', 'EXIF comment')}",
        target,
    )


def photograph(case, paper, target):
    picture(case, paper, target, 100)


def scanned_pdf(case, paper, target):
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.jpg"
        picture(case, paper, page, 200)
        run("img2pdf", "--nodate", "--imgsize", "200dpi", page, "-o", target)
    rewrite(target)


def office_pdf(case, paper, target):
    with tempfile.TemporaryDirectory() as folder:
        tracked_docx(case, paper, Path(folder) / "paper.docx")
        profile = f"-env:UserInstallation=file://{folder}/profile"
        run(
            "soffice",
            "--headless",
            "--norestore",
            profile,
            "--convert-to",
            "pdf",
            "--outdir",
            folder,
            f"{folder}/paper.docx",
        )
        target.write_bytes((Path(folder) / "paper.pdf").read_bytes())
    rewrite(target)


# Office


def tracked_docx(case, paper, target):
    """A Word file; with tracked changes, a comment, hidden text, a footnote and a header where the paper has them."""
    keys = ("inserted", "deleted", "comment", "vanished", "footnote", "header")
    filled = {key: case.fill(paper[key], key) for key in keys if key in paper}
    change = 'w:id="{}" w:author="Reviewer" w:date="2026-03-10T09:00:00Z"'
    more = ""
    if filled:
        remark = '<w:commentRangeEnd w:id="0"/><w:r><w:commentReference w:id="0"/></w:r>'
        more = f"""<w:p><w:ins {change.format(1)}>{word_run(filled["inserted"])}</w:ins>
            <w:del {change.format(2)}>{word_run(filled["deleted"], tag="delText")}</w:del>
            <w:commentRangeStart w:id="0"/>{word_run(" Agreed.")}{remark}
            {word_run(filled["vanished"], "<w:rPr><w:vanish/></w:rPr>")}<w:r><w:footnoteReference w:id="2"/></w:r></w:p>
            <w:sectPr><w:headerReference w:type="default" r:id="header"/></w:sectPr>"""
    body = "".join(
        f"<w:p>{word_run(case.fill(line.removeprefix('# '), 'text'))}</w:p>"
        for line in paper["text"].strip().splitlines()
    )
    parts = {"word/document.xml": ("document", f"<w:body>{body}{more}</w:body>")}
    if filled:
        parts["word/comments.xml"] = (
            "comments",
            f"<w:comment {change.format(0)}><w:p>{word_run(filled['comment'])}</w:p></w:comment>",
        )
        parts["word/footnotes.xml"] = (
            "footnotes",
            f'<w:footnote w:id="2"><w:p>{word_run(filled["footnote"])}</w:p></w:footnote>',
        )
        parts["word/header.xml"] = ("hdr", f"<w:p>{word_run(filled['header'])}</w:p>")
    write_docx(
        target,
        parts,
        case.fill("{author-account}", "author in the metadata"),
        case.fill("{case-tag}", "document property"),
    )


# Mail and text


def email(case, paper, target):
    """With a hidden part of its HTML, telling headers, and a PDF attached under a telling name."""
    network = case.fill("{mother-network}", "mail header")
    message = EmailMessage(policy=policy.SMTP)
    message["Received"] = f"from tablet ([{network}]) by mail.fernbank.invalid; Mon, 16 Mar 2026 09:00:00 +0000"
    message["From"] = "Fernbank School <office@fernbank.invalid>"
    message["To"] = "Delphine Barrowclough <duty@wealdshire.invalid>"
    message["Bcc"] = case.fill("{blind-copy}", "mail header")
    message["Reply-To"] = case.fill("{mother-email}", "mail header")
    message["X-Originating-IP"] = f"[{network}]"
    message["Subject"] = case.fill(paper["subject"], "mail header")
    message["Date"] = "Mon, 16 Mar 2026 09:00:00 +0000"
    message["Message-ID"] = "<call-1@fernbank.invalid>"
    text = case.fill(paper["text"].strip(), "text")
    message.set_content(text + "\n")
    span = f'<span style="display:none">{html.escape(case.fill(paper["span"], "hidden part of HTML"))}</span>'
    message.add_alternative(f"<html><body><p>{html.escape(text)}</p>{span}</body></html>\n", subtype="html")
    name = case.fill("Call from {informant-name}.pdf", "name of an attachment")
    with tempfile.TemporaryDirectory() as folder:
        attached = Path(folder) / "attached.pdf"
        render(page_html(case, {"title": "Notes of the call", "text": paper["attached"]}), attached)
        message.add_attachment(attached.read_bytes(), maintype="application", subtype="pdf", filename=name)
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_part_{number}")
    target.write_bytes(message.as_bytes())


def plain_text(case, paper, target):
    target.write_text(case.fill(paper["text"].lstrip("\n"), "text"), encoding="utf-8")


MAKERS = {
    make.__name__: make
    for make in (plain_pdf, layered_pdf, scanned_pdf, office_pdf, photograph, tracked_docx, email, plain_text)
}

# The list


def decisions(case, paper, planted):
    """What a data protection officer would decide on this paper for each recipient."""
    secrets, paragraphs = case.data["secrets"], case.data["exemptions"]
    found = {}
    for letter, recipient in case.recipients.items():
        reason = next(((e, why) for letters, e, why in paper.get("withhold", []) if letter in letters), None)
        if reason:
            found[recipient] = {
                "decision": "withhold",
                "exemption": reason[0],
                "paragraph": paragraphs[reason[0]],
                "reason": reason[1],
            }
            continue
        terms = [
            {"terms": terms_of(case, name), "exemption": row[2], "paragraph": paragraphs[row[2]]}
            for name, row in secrets.items()
            if letter in row[1] and name in planted
        ]
        found[recipient] = {"decision": "redact" if terms else "release", "redactions": terms}
    return found


def terms_of(case, name):
    """The secret itself, then those parts of it that tell as much."""
    parts = case.data["secrets"][name][3:]
    return [case.terms[name], *(parts[0] if parts else [])]


def manifest(case, papers):
    listed = []
    for paper in papers:
        planted = {name for name, places in case.places.items() if any(p["paper"] == paper["id"] for p in places)}
        entry = {key: paper[key] for key in ("id", "file", "category", "title", "agency")}
        listed.append(
            entry | {"about": paper.get("about", "Juniper Quillfeather"), "decisions": decisions(case, paper, planted)}
        )
    secrets = [
        {"id": name, "terms": terms_of(case, name), "hidden_from": case.names(row[1]), "places": case.places[name]}
        for name, row in case.data["secrets"].items()
    ]
    facts = [
        {"id": name, "text": text, "paper": paper, "for": case.names(who)}
        for name, (text, paper, who) in case.data["facts"].items()
    ]
    return {
        "seed": case.seed,
        "recipients": case.data["recipients"],
        "papers": listed,
        "secrets": secrets,
        "facts": facts,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    case = Case(arguments.seed)
    folder = arguments.folder / "papers"
    folder.mkdir(parents=True, exist_ok=True)
    for paper in case.data["papers"]:
        case.paper = paper
        MAKERS[paper["make"]](case, paper, folder / paper["file"])
    unplanted = [name for name, places in case.places.items() if not places]
    if unplanted:
        raise SystemExit(f"make_case: no paper has {', '.join(unplanted)}.")
    text = json.dumps(manifest(case, case.data["papers"]), indent=2, ensure_ascii=False)
    (arguments.folder / "manifest.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
