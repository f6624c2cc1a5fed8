"""Shows that the search can fail: plants every secret in every kind of place, and sees that each is found there."""

import base64
import html
import json
import tempfile
import unicodedata
import zipfile
from email import policy
from email.message import EmailMessage
from pathlib import Path

from pdf import add_note, drop_last_page, rewrite, run
from search_package import Search, Secret
from word import word_run, write_docx

FACT = "The quick brown fox jumps over the lazy dog"


def page(target, body, head=""):
    style = "<style>body { font: 13pt 'DejaVu Sans' }</style>"
    source = f"<html><head><meta charset='utf-8'/>{style}{head}</head><body>{body}</body></html>"
    run("weasyprint", "-q", "-", target, text=source.encode())
    rewrite(target)


def listed(terms, shape=str, style=""):
    return "".join(f'<p style="{style}">{html.escape(shape(term))}</p>' for term in terms)


def hyphenated(term):
    return term[: len(term) // 2] + "-\n" + term[len(term) // 2 :]


# Each makes, in a folder, files that have all terms in one kind of place.


def pdf_text(folder, terms):
    page(folder / "a.pdf", listed(terms))


def pdf_hyphenated(folder, terms):
    page(folder / "a.pdf", listed(terms, hyphenated, "white-space: pre"))


def pdf_spaced(folder, terms):
    page(folder / "a.pdf", listed(terms, " ".join))


def pdf_decomposed(folder, terms):
    page(folder / "a.pdf", listed(terms, lambda term: unicodedata.normalize("NFD", term.upper())))


def pdf_white(folder, terms):
    page(folder / "a.pdf", listed(terms, style="color: white; font-size: 2pt"))


def pdf_covered(folder, terms):
    cover = '<div style="position: absolute; top: 0; left: 0; width: 100%; height: 100%; background: black"></div>'
    page(folder / "a.pdf", f'<div style="position: relative">{listed(terms)}{cover}</div>')


def pdf_information(folder, terms):
    page(folder / "a.pdf", "", f'<meta name="keywords" content="{html.escape(", ".join(terms))}"/>')


def pdf_xmp(folder, terms):
    page(folder / "a.pdf", "")
    run("exiftool", "-q", "-overwrite_original", f"-XMP-dc:Description={'; '.join(terms)}", folder / "a.pdf")


def pdf_bookmark(folder, terms):
    titles = "".join(f'<h1 title="{html.escape(term)}" style="bookmark-label: attr(title)"> </h1>' for term in terms)
    page(folder / "a.pdf", titles)


def pdf_note(folder, terms):
    page(folder / "a.pdf", "")
    rewrite(folder / "a.pdf", add_note("; ".join(terms)))


def pdf_deleted_page(folder, terms):
    # As many as are sure to be on one page, which is the last.
    for start in range(0, len(terms), 15):
        path = folder / f"{start}.pdf"
        page(path, f'<p>One</p><div style="page-break-before: always">{listed(terms[start : start + 15])}</div>')
        drop_last_page(path)


def pdf_attachment(folder, terms):
    with tempfile.TemporaryDirectory() as other:
        whole, inside = Path(other) / "a.pdf", Path(other) / "inside.pdf"
        page(whole, "")
        page(inside, listed(terms))
        run("qpdf", whole, "--add-attachment", inside, "--", folder / "a.pdf")


def picture(target, terms, style=""):
    with tempfile.TemporaryDirectory() as other:
        page(Path(other) / "a.pdf", listed(terms, style=style))
        run("pdftoppm", "-r", "200", "-gray", "-jpeg", Path(other) / "a.pdf", target)


def pdf_picture(folder, terms, style=""):
    with tempfile.TemporaryDirectory() as other:
        picture(Path(other) / "a", terms, style)
        run("img2pdf", *sorted(Path(other).glob("*.jpg")), "-o", folder / "a.pdf")


def pdf_pale(folder, terms):
    pdf_picture(folder, terms, "color: #bbb; border-left: 200px solid black; padding-left: 9px")


def pdf_dark_on_black(folder, terms):
    pdf_picture(folder, terms, "color: #2a2a2a; background: black")


def jpeg_picture(folder, terms):
    picture(folder / "a", terms)


def jpeg_metadata(folder, terms):
    picture(folder / "a", ["nothing"])
    for found in folder.glob("*.jpg"):
        run("exiftool", "-q", "-overwrite_original", f"-EXIF:UserComment={'; '.join(terms)}", found)


def docx(folder, document="", parts=None, tag=""):
    main = {"word/document.xml": ("document", f"<w:body><w:p>{document}</w:p></w:body>")}
    write_docx(folder / "a.docx", main | (parts or {}), "nobody", html.escape(tag))


def docx_hidden(folder, terms):
    docx(folder, "".join(word_run(term, "<w:rPr><w:vanish/></w:rPr>") for term in terms))


def docx_deleted(folder, terms):
    docx(folder, "".join(f"<w:del>{word_run(term, tag='delText')}</w:del>" for term in terms))


def docx_comment(folder, terms):
    comment = f'<w:comment w:id="0"><w:p>{word_run("; ".join(terms))}</w:p></w:comment>'
    docx(folder, parts={"word/comments.xml": ("comments", comment)})


def docx_property(folder, terms):
    docx(folder, tag="; ".join(terms))


def mail_of(terms):
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = "nobody@mail.invalid"
    message["Subject"] = "; ".join(terms)
    return message


def mail_header(folder, terms):
    (folder / "a.eml").write_bytes(mail_of(terms).as_bytes())


def mail_body(folder, terms):
    message = mail_of([])
    message.set_content("\n".join(terms), cte="base64")
    (folder / "a.eml").write_bytes(message.as_bytes())


def mail_attached_name(folder, terms):
    message = mail_of([])
    for term in terms:
        message.add_attachment(b"-", maintype="text", subtype="plain", filename=term + ".txt")
    (folder / "a.eml").write_bytes(message.as_bytes())


def json_value(folder, terms):
    (folder / "a.json").write_text(json.dumps({"list": [{"value": term} for term in terms]}))


def html_comment(folder, terms):
    coded = "; ".join("".join(f"&#{ord(c)};" for c in term) for term in terms)
    (folder / "a.html").write_text(f"<html><!-- {coded} --></html>")


def html_cut(folder, terms):
    (folder / "a.html").write_text("".join(f"<p>{term[:3]}<b>{term[3:]}</b></p>" for term in terms))


def text_coded(codec):
    def make(folder, terms):
        (folder / "a.txt").write_bytes("\n".join(terms).encode(codec))

    return make


def text_base64(folder, terms):
    (folder / "a.txt").write_bytes(base64.b64encode("; ".join(terms).encode()))


def text_hexadecimal(folder, terms):
    (folder / "a.txt").write_text("; ".join(terms).encode().hex().upper())


def text_zero_width(folder, terms):
    (folder / "a.txt").write_text("\n".join("\u200b".join(term) for term in terms))


def file_name(folder, terms):
    for term in terms:
        (folder / (term.replace("/", "-") + ".bin")).write_bytes(b"-")


def folder_name(folder, terms):
    for term in terms:
        (folder / term.replace("/", "-")).mkdir()
        (folder / term.replace("/", "-") / "a.bin").write_bytes(b"-")


def zip_name(folder, terms):
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        for term in terms:
            archive.writestr(term, "-")


def zip_comment(folder, terms):
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.comment = "; ".join(terms).encode()


def zip_nested(folder, terms):
    with tempfile.TemporaryDirectory() as other:
        inside = Path(other) / "b.zip"
        with zipfile.ZipFile(inside, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.txt", "\n".join(terms))
        with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(inside, "b.zip")


PLACES = [
    *(pdf_text, pdf_hyphenated, pdf_spaced, pdf_decomposed, pdf_white, pdf_covered, pdf_information, pdf_xmp),
    *(
        pdf_bookmark,
        pdf_note,
        pdf_deleted_page,
        pdf_attachment,
        pdf_picture,
        pdf_pale,
        pdf_dark_on_black,
        jpeg_picture,
        jpeg_metadata,
    ),
    *(docx_hidden, docx_deleted, docx_comment, docx_property, mail_header, mail_body, mail_attached_name),
    *(json_value, html_comment, html_cut, text_base64, text_hexadecimal, text_zero_width),
    *(file_name, folder_name, zip_name, zip_comment, zip_nested),
]


def found_in(make, secrets, terms):
    """What is found of files that `make` made, and whether the fact in them is."""
    search = Search(secrets)
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), terms)
        search.folder(Path(folder))
    return {identifier for identifier, _ in search.finds}, search.unsearched, search.has(FACT)


def nothing(folder, _):
    page(folder / "a.pdf", f"<p>{FACT}</p>")
    (folder / "pictures").mkdir()
    pdf_picture(folder / "pictures", [FACT])


def unreadable(folder, _):
    (folder / "a.pdf").write_bytes(b"%PDF-1.7\nnothing of a PDF but its first line")


def self_test(manifest):
    rows = manifest["secrets"]
    secrets = [Secret(row["id"], row["terms"]) for row in rows]
    every = {row["id"] for row in rows}
    places = [(make.__name__, make) for make in PLACES]
    places += [(f"text_{codec}", text_coded(codec)) for codec in ("utf-8", "utf-16", "utf-16-be", "latin-1")]
    failures = 0
    whole, parts = [row["terms"][0] for row in rows], [row["terms"][-1] for row in rows]
    for name, make, terms in [(*place, whole) for place in places] + [("a part of each", text_coded("utf-8"), parts)]:
        finds, unsearched, _ = found_in(make, secrets, terms)
        failures += finds != every or bool(unsearched)
        print(f"{name}: {len(finds)} of {len(every)}", *sorted(every - finds), *unsearched, flush=True)
    finds, unsearched, is_there = found_in(nothing, secrets, [])
    print(f"where nothing is: {len(finds)} found, the fact {'is' if is_there else 'is not'} there")
    failures += bool(finds or unsearched) or not is_there
    finds, unsearched, is_there = found_in(unreadable, secrets, [])
    print(f"where nothing can be read: {len(unsearched)} not searched")
    failures += not unsearched or is_there
    return 1 if failures else 0
