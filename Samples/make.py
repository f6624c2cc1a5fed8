#!/usr/bin/env python3
"""Makes the sample papers and their manifest from papers.txt.

    python3 -m venv .venv && .venv/bin/pip install reportlab python-docx pillow
    .venv/bin/python Samples/make.py

Wealdshire is a fictional county, and every person, school and service in these papers is invented.

A paper in papers.txt begins with "@@ path" and a line "category | depositor | title". Then come its letterhead and its
text: "# " starts a heading, "- " a list item, "| " a table row, the first of a table being its head. The suffix of the
path decides the format. "@@ path = other" is a copy of another paper, byte for byte. A paper of the category
"extract" is made from another paper and stands in no manifest. The same text and versions of the three packages make
the same bytes: no time, no randomness without a seed.
"""

import csv
import io
import random
import shutil
import zipfile
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import reportlab
from docx import Document
from docx.shared import Pt, RGBColor
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import ListFlowable, ListItem, Paragraph, SimpleDocTemplate, Spacer, Table

HERE = Path(__file__).resolve().parent
NOTICE = "Wealdshire is a fictional county; every person in this paper is invented."
EPOCH = (2026, 9, 1, 9, 0, 0)
TYPES = {
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".png": "image/png",
    ".csv": "text/csv",
    ".txt": "text/plain",
}
COLOURS = {  # one for each letterhead, by a word in it
    "SEND": "#1f4e79", "Oakfield": "#2e6b34", "Psychology": "#5b3a77", "Health": "#005a8c", "Children's": "#8a3b12",
    "Youth": "#37474f", "Mediation": "#6d4c41",
}


class Paper(NamedTuple):
    path: str
    copy_of: str
    category: str
    depositor: str
    title: str
    letterhead: list[str]
    blocks: list[tuple[str, list[str]]]
    raw: str


def parse(text: str) -> list[Paper]:
    papers = []
    for chunk in text.split("@@ ")[1:]:
        name, facts, *lines = chunk.rstrip("\n").split("\n")
        path, _, copy_of = name.partition(" = ")
        category, depositor, title = (part.strip() for part in facts.split(" | "))
        letterhead = [line.split(": ", 1)[1] for line in lines[:2] if line.startswith(("From: ", "Date: "))]
        body = lines[len(letterhead):]
        raw = "\n".join(body).strip()
        papers.append(Paper(path, copy_of, category, depositor, title, letterhead, blocks(body), raw))
    return papers


def blocks(lines: list[str]) -> list[tuple[str, list[str]]]:
    """Groups lines into headings, lists, tables and paragraphs."""
    found: list[tuple[str, list[str]]] = []
    previous = ""
    for line in filter(None, lines):
        kind = {"# ": "heading", "- ": "list", "| ": "table"}.get(line[:2], "text")
        text = line if kind in ("text", "table") else line[2:]
        if kind in ("list", "table") and previous == kind:
            found[-1][1].append(text)
        else:
            found.append((kind, [text]))
        previous = kind
    return found


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


def colour(paper: Paper) -> str:
    return next((shade for word, shade in COLOURS.items() if word in paper.letterhead[0]), "#444444")


def write_text(paper: Paper, target: Path) -> None:
    if target.suffix == ".csv":
        target.write_text(paper.raw + "\n", encoding="utf-8")
        return
    head = [paper.title, "-" * len(paper.title), *paper.letterhead]
    target.write_text("\n".join(head) + "\n\n" + paper.raw + "\n\n" + NOTICE + "\n", encoding="utf-8")


def write_pdf(paper: Paper, target: Path) -> None:
    shade = colors.HexColor(colour(paper))
    body = ParagraphStyle("body", fontName="Vera", fontSize=9.5, leading=14, spaceAfter=6)
    small = ParagraphStyle("small", parent=body, fontSize=8.5, leading=11.5, spaceAfter=0)
    heading = ParagraphStyle("heading", parent=body, fontName="VeraBd", fontSize=11, textColor=shade, spaceBefore=6)
    title = ParagraphStyle("title", parent=heading, fontSize=16, leading=21, spaceBefore=0)
    story: list[object] = [Paragraph(paper.title, title), Paragraph(paper.letterhead[1], small), Spacer(1, 10)]

    for kind, texts in paper.blocks:
        if kind == "table":
            rows = [[Paragraph(cell, small) for cell in cells(row)] for row in texts]
            rules = [("GRID", (0, 0), (-1, -1), 0.4, colors.grey), ("VALIGN", (0, 0), (-1, -1), "TOP"),
                     ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#eef1f4"))]
            story += [Table(rows, style=rules, spaceBefore=4, spaceAfter=8)]
        elif kind == "list":
            items = [ListItem(Paragraph(text, body)) for text in texts]
            story += [ListFlowable(items, bulletType="bullet", start="•", bulletFontName="Vera", bulletFontSize=8)]
        else:
            story += [Paragraph(texts[0], heading if kind == "heading" else body)]

    def frame(canvas, document) -> None:
        width, height = A4
        canvas.setFillColor(shade)
        canvas.rect(0, height - 48, width, 48, stroke=0, fill=1)
        canvas.setFillColor(colors.white)
        canvas.circle(46, height - 24, 13, stroke=0, fill=1)
        canvas.setFont("VeraBd", 11)
        canvas.drawString(70, height - 28, paper.letterhead[0])
        canvas.setFillColor(shade)
        canvas.wedge(37, height - 33, 55, height - 15, 20, 140, stroke=0, fill=1)
        canvas.setFillColor(colors.grey)
        canvas.setFont("Vera", 7)
        canvas.drawString(56, 28, NOTICE)
        canvas.drawRightString(width - 56, 28, f"Page {document.page}")

    document = SimpleDocTemplate(
        str(target), pagesize=A4, invariant=1, title=paper.title, author=paper.letterhead[0],
        leftMargin=56, rightMargin=56, topMargin=74, bottomMargin=56)
    document.build(story, onFirstPage=frame, onLaterPages=frame)


def write_docx(paper: Paper, target: Path) -> None:
    document = Document()
    document.styles["Normal"].font.name = "Calibri"
    document.styles["Normal"].font.size = Pt(11)
    properties = document.core_properties
    properties.title, properties.author, properties.comments = paper.title, paper.letterhead[0], NOTICE
    properties.created = properties.modified = datetime(*EPOCH)
    document.sections[0].footer.paragraphs[0].text = NOTICE

    head = document.add_paragraph().add_run(paper.letterhead[0])
    head.bold, head.font.color.rgb = True, RGBColor.from_string(colour(paper)[1:].upper())
    document.add_heading(paper.title, level=0)
    document.add_paragraph(paper.letterhead[1])
    for kind, texts in paper.blocks:
        if kind == "heading":
            document.add_heading(texts[0], level=1)
        elif kind == "table":
            add_table(document, [cells(row) for row in texts])
        else:
            for text in texts:
                document.add_paragraph(text, style="List Bullet" if kind == "list" else None)

    buffer = io.BytesIO()
    document.save(buffer)
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, EPOCH), old.read(name), zipfile.ZIP_DEFLATED)


def add_table(document, rows: list[list[str]]) -> None:
    table = document.add_table(rows=0, cols=len(rows[0]), style="Light Grid Accent 1")
    for row in rows:
        for cell, text in zip(table.add_row().cells, row):
            cell.text = text
    document.add_paragraph()


def write_drawing(target: Path) -> None:
    """A child's crayon drawing: the school, the side door, the bus, and a figure under a table."""
    chance = random.Random(9)
    picture = Image.new("RGB", (1000, 720), "#fbf8ef")
    pen = ImageDraw.Draw(picture)

    def crayon(points: list[tuple[int, int]], shade: str, width: int = 5) -> None:
        for _ in range(3):
            jitter = [(x + chance.gauss(0, 2.2), y + chance.gauss(0, 2.2)) for x, y in points]
            pen.line(jitter, fill=shade, width=width, joint="curve")

    def scribble(left: int, top: int, right: int, bottom: int, shade: str) -> None:
        steps = range(left, right, 9)
        crayon([(x, top if i % 2 else bottom) for i, x in enumerate(steps)], shade, 4)

    scribble(0, 640, 1000, 700, "#6aa84f")
    scribble(180, 330, 560, 360, "#c0504d")
    crayon([(170, 640), (170, 320), (370, 190), (570, 320), (570, 640)], "#7f3f1f", 8)
    for x in (215, 325, 435):
        crayon([(x, 400), (x + 70, 400), (x + 70, 470), (x, 470), (x, 400)], "#3d6fb6")
    crayon([(500, 640), (500, 530), (550, 530), (550, 640)], "#e69138", 8)
    crayon([(640, 520), (900, 520), (900, 620), (640, 620), (640, 520)], "#cc0000", 7)
    for x in (700, 850):
        pen.ellipse((x - 28, 600, x + 28, 656), outline="#222222", width=9)
    for x in (660, 730, 800):
        crayon([(x, 540), (x + 50, 540), (x + 50, 575), (x, 575), (x, 540)], "#666666", 4)
    crayon([(230, 560), (440, 560)], "#7f6000", 9)
    crayon([(245, 560), (245, 640)], "#7f6000", 7)
    crayon([(425, 560), (425, 640)], "#7f6000", 7)
    pen.ellipse((318, 572, 352, 606), outline="#222222", width=5)
    crayon([(335, 606), (335, 628), (320, 640)], "#222222")
    crayon([(335, 628), (352, 640)], "#222222")
    pen.ellipse((820, 50, 920, 150), outline="#f1c232", width=12)
    note(pen, (200, 665), "me. it is qieter", 34)
    note(pen, (590, 470), "the door Mrs Penhale opens", 28)
    note(pen, (40, 40), "MY SCHOOL   Robin", 40)
    scan(picture, 1.3).save(target, optimize=True)


def write_certificate(target: Path) -> None:
    """A certificate as a telephone would see it: on a bench, a little askew."""
    paper = Image.new("RGB", (860, 600), "#f7f2df")
    pen = ImageDraw.Draw(paper)
    for inset, width in ((18, 6), (32, 2)):
        pen.rectangle((inset, inset, 859 - inset, 599 - inset), outline="#2f5d50", width=width)
    lines = [
        (90, 44, "Certificate of Achievement"), (170, 24, "Weald Valley Bicycle Workshop"),
        (245, 22, "This is to say that"), (285, 50, "Kofi Larch"),
        (365, 22, "can strip, clean, true and rebuild a wheel, set brakes and gears,"),
        (397, 22, "and leave the bench tidier than he found it."), (460, 22, "Bicycle Maintenance, Level 1"),
        (520, 20, "13 October 2026      Y. Adeyemi-Holt"),
    ]
    for top, size, text in lines:
        face = font("VeraBd" if size > 40 else "Vera", size)
        pen.text(((860 - pen.textlength(text, font=face)) / 2, top), text, font=face, fill="#22313f")

    bench = Image.new("RGB", (1000, 760), "#8b6b4a")
    grain = ImageDraw.Draw(bench)
    chance = random.Random(4)
    for top in range(0, 760, 3):
        shade = chance.randint(-12, 12)
        grain.line((0, top, 1000, top + chance.randint(-4, 4)), fill=(139 + shade, 107 + shade, 74 + shade), width=3)
    turned = paper.convert("RGBA").rotate(2.5, expand=True, resample=Image.Resampling.BICUBIC)
    bench.paste(turned, (60, 60), turned)
    scan(bench, 0.8).save(target, optimize=True)


def note(pen: ImageDraw.ImageDraw, corner: tuple[int, int], text: str, size: int) -> None:
    pen.text(corner, text, font=font("VeraIt", size), fill="#303060")


def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    # Bitstream Vera comes with reportlab, so no font need be installed.
    return ImageFont.truetype(Path(reportlab.__file__).parent / "fonts" / f"{name}.ttf", size)


def scan(picture: Image.Image, blur: float) -> Image.Image:
    """Softens and reduces to a palette, as office scanners do."""
    return picture.filter(ImageFilter.GaussianBlur(blur)).quantize(64, dither=Image.Dither.NONE)


def make(paper: Paper) -> None:
    target = HERE / paper.path
    target.parent.mkdir(exist_ok=True)
    if paper.copy_of:
        shutil.copyfile(HERE / paper.copy_of, target)
    elif target.suffix == ".pdf":
        write_pdf(paper, target)
    elif target.suffix == ".docx":
        write_docx(paper, target)
    elif target.suffix == ".png":
        write_drawing(target) if "drawing" in target.name else write_certificate(target)
    else:
        write_text(paper, target)


def main() -> None:
    for name in ("Vera", "VeraBd"):
        pdfmetrics.registerFont(TTFont(name, f"{name}.ttf"))
    pdfmetrics.registerFontFamily("Vera", normal="Vera", bold="VeraBd")
    papers = parse((HERE / "papers.txt").read_text(encoding="utf-8"))
    for paper in papers:
        make(paper)
    with (HERE / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["path", "category", "title", "type", "as"])
        rows.writerows([p.path, p.category, p.title, TYPES[Path(p.path).suffix], p.depositor] for p in papers
                       if p.category != "extract")


if __name__ == "__main__":
    main()
