#!/usr/bin/env python3
"""Makes documents that are meant to harm whoever opens them, to be let at a program that turns documents into pages.

    make_hostile.py FOLDER [--port N]

The documents go to FOLDER/hostile, and FOLDER/hostile.json says of each what it tries and what has to come of it:

    refused     no result, and an answer that says that there is none
    contained   refused as well, or a result of which nothing acts, loads or runs, within the limits of time and memory

Some try to fetch http://127.0.0.1:N/ (9 otherwise): listen there, and nobody may come. Some try to read /etc/passwd: no
result may have a line of it. None runs a program or changes anything if it succeeds. The same bytes each time.
Needs qpdf.
"""

import argparse
import json
import struct
import tempfile
import zipfile
import zlib
from pathlib import Path

from pdf import run
from word import FORMATS, OFFICE, PACKAGE, WORD, word_run, write_docx

MEGABYTE = 1 << 20


def squeezed(block, count):
    """`block`, `count` times over, as a zlib stream: squeezed once, since what follows a full flush stands alone."""
    press = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = press.compress(block) + press.flush(zlib.Z_FULL_FLUSH)
    check = 1
    for _ in range(count):
        check = zlib.adler32(block, check)
    return b"\x78\xda" + piece * count + b"\x03\0" + struct.pack(">I", check)


# PDF


def pdf(*objects, trailer=""):
    """A PDF of `objects`, the first of which is the catalogue: text, or a dictionary and a stream."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, item in enumerate(objects, 1):
        head, stream = item if isinstance(item, tuple) else (item, None)
        places.append(len(out))
        out += f"{number} 0 obj\n".encode()
        if stream is None:
            out += head.encode()
        else:
            out += f"<< {head} /Length {len(stream)} >>\nstream\n".encode() + stream + b"\nendstream"
        out += b"\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n{table}trailer\n"
    return (
        bytes(out)
        + f"{end}<< /Size {len(places) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{len(out)}\n%%EOF\n".encode()
    )


def one_page(content=("", b""), catalogue="", page="", more=(), box="0 0 595 842"):
    """A PDF of one page; the objects of `more` are numbered from 6."""
    return pdf(
        f"<< /Type /Catalog /Pages 2 0 R {catalogue} >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] /Contents 4 0 R {page} >>",
        content,
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        *more,
    )


def text_page(**more):
    font = "/Resources << /Font << /F 5 0 R >> >> " + more.pop("page", "")
    return one_page(("", b"BT /F 20 Tf 50 700 Td (A page with text.) Tj ET"), page=font, **more)


def nested_streams(_):
    once = squeezed(b"0 0 m 9 9 l S\n" * 75_000, 2_000)
    twice = zlib.compress(zlib.compress(once, 9), 9)
    return one_page(("/Filter [/FlateDecode /FlateDecode /FlateDecode]", twice))


def page_tree(_):
    """Ten times ten times ten and so on, nine times over, and each is the same page."""
    levels = [
        f"<< /Type /Pages /Kids [{' '.join([f'{n + 1} 0 R'] * 10)}] /Count {10 ** (11 - n)} >>" for n in range(2, 11)
    ]
    return pdf("<< /Type /Catalog /Pages 2 0 R >>", *levels, "<< /Type /Page /Parent 10 0 R /MediaBox [0 0 9 9] >>")


def page_loop(_):
    return pdf("<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 /Parent 2 0 R >>")


def many_pages(_):
    kids = " ".join(f"{number} 0 R" for number in range(3, 50_003))
    page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>"
    return pdf("<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count 50000 >>", *[page] * 50_000)


def huge_page(_):
    return text_page(box="0 0 9000000 9000000")


def drawing_loop(_):
    """Each drawing draws the next one ten times: ten thousand million in all."""
    last = 16
    more = [
        (
            f"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X {number + 1} 0 R >> >>",
            b"/X Do " * 10,
        )
        for number in range(6, last)
    ]
    more.append(("/Type /XObject /Subtype /Form /BBox [0 0 9 9]", b"0 0 m 9 9 l S"))
    return one_page(("", b"/X Do"), page="/Resources << /XObject << /X 6 0 R >> >>", more=more)


def huge_picture(_):
    image = "/Type /XObject /Subtype /Image /Width 60000 /Height 60000 /ColorSpace /DeviceRGB /BitsPerComponent 8"
    stream = squeezed(b"\0" * MEGABYTE, 10_300)
    page = "/Resources << /XObject << /X 6 0 R >> >>"
    return one_page(("", b"595 0 0 842 0 0 cm /X Do"), page=page, more=[(image + " /Filter /FlateDecode", stream)])


def script(port):
    act = f"app.launchURL('http://127.0.0.1:{port}/script'); this.exportDataObject({{cName: 'x', nLaunch: 2}});"
    return text_page(
        catalogue="/OpenAction 6 0 R /Names << /JavaScript << /Names [(a) 6 0 R] >> >> /AA << /WC 6 0 R >>",
        more=[f"<< /S /JavaScript /JS ({act.replace('(', chr(92) + '(').replace(')', chr(92) + ')')}) >>"],
    )


def launch(port):
    link = "<< /Type /Annot /Subtype /Link /Rect [0 0 595 842] /A << /S {} >> >>"
    return text_page(
        catalogue="/OpenAction << /S /Launch /F (/bin/true) >>",
        page=f"/Annots [6 0 R 7 0 R] /AA << /O << /S /URI /URI (http://127.0.0.1:{port}/open) >> >>",
        more=[link.format("/Launch /F (/bin/true)"), link.format("/GoToR /F (file:///etc/passwd) /D [0 /Fit]")],
    )


def submitted_form(port):
    submit = f"/A << /S /SubmitForm /F << /FS /URL /F (http://127.0.0.1:{port}/form) >> >>"
    xfa = f"<xdp xmlns='http://ns.adobe.com/xdp/'><template><a href='http://127.0.0.1:{port}/xfa'/></template></xdp>"
    field = "/Type /Annot /Subtype /Widget /FT /Tx /T (a) /V (b) /Rect [0 0 99 99]"
    return text_page(
        catalogue="/AcroForm << /Fields [6 0 R] /XFA 7 0 R >>",
        page="/Annots [6 0 R]",
        more=[f"<< {field} {submit} >>", ("", xfa.encode())],
    )


def outside_stream(_):
    return one_page(("/F (/etc/passwd) /FFilter /ASCIIHexDecode", b""))


def bad_table(_):
    whole = text_page()
    return whole.replace(b"xref\n0 ", b"xref\n-7 ").replace(b"00000 n", b"99999 n")


def cut_short(_):
    return text_page()[:300]


def head_only(_):
    return b"%PDF-1.7\n%%EOF\n"


def locked(_):
    with tempfile.TemporaryDirectory() as folder:
        plain, sealed = Path(folder) / "plain.pdf", Path(folder) / "sealed.pdf"
        plain.write_bytes(text_page())
        fixed = ("--static-id", "--static-aes-iv", "--allow-weak-crypto")
        run("qpdf", *fixed, "--encrypt", "secret", "owner", "128", "--use-aes=y", "--", plain, sealed)
        return sealed.read_bytes()


# Office


def parcel(entries):
    """A zip file of names and contents; a content may be a pair, of a block and how often it is repeated."""
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in entries:
                block, count = content if isinstance(content, tuple) else (content.encode(), 1)
                info = zipfile.ZipInfo(name, (2026, 3, 16, 9, 0, 0))
                info.compress_type = zipfile.ZIP_DEFLATED
                with archive.open(info, "w", force_zip64=count > 1) as entry:
                    for _ in range(count):
                        entry.write(block)
        file.seek(0)
        return file.read()


def word_file(document, links="", head=""):
    """The least that is a Word file, with `document` as it is."""
    types = f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
    types += f'<Default Extension="rels" ContentType="{FORMATS}-package.relationships+xml"/>'
    kind = f"{FORMATS}-officedocument.wordprocessingml.document.main+xml"
    types += f'<Override PartName="/word/document.xml" ContentType="{kind}"/></Types>'
    target = f'Type="{OFFICE}/relationships/officeDocument" Target="word/document.xml"'
    start, end = f'{head}<w:document xmlns:w="{WORD}"><w:body><w:p>'.encode(), b"</w:p></w:body></w:document>"
    block, count = document if isinstance(document, tuple) else (document.encode(), 1)
    whole = (start + block + end, 1) if count == 1 else (block, count)
    return [
        ("[Content_Types].xml", types),
        (
            "_rels/.rels",
            f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="a" {target}/></Relationships>',
        ),
        ("word/_rels/document.xml.rels", f'<Relationships xmlns="{PACKAGE}/relationships">{links}</Relationships>'),
        ("word/document.xml", whole),
    ]


def office_bomb(_):
    return parcel(word_file((b" " * MEGABYTE, 1_024)))


def office_many(_):
    return parcel(word_file(word_run("Text.")) + [(f"word/media/{n}.xml", "<a/>") for n in range(20_000)])


def office_climbing(_):
    return parcel(word_file(word_run("Text.")) + [("../../../../tmp/climbed.txt", "-"), ("/tmp/climbed.txt", "-")])


def office_laughs(_):
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 11))
    return parcel(word_file("<w:r><w:t>&l10;</w:t></w:r>", head=f'<!DOCTYPE a [<!ENTITY l0 "ha">{entities}]>'))


def office_entity(port):
    entities = f'<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY % b SYSTEM "http://127.0.0.1:{port}/entity"> %b;'
    return parcel(word_file("<w:r><w:t>&a;</w:t></w:r>", head=f"<!DOCTYPE a [{entities}]>"))


def office_outside(port):
    link = '<Relationship Id="{}" Type="{}/relationships/{}" Target="{}" TargetMode="External"/>'
    links = [("t", "attachedTemplate", f"http://127.0.0.1:{port}/template"), ("s", "subDocument", "file:///etc/passwd")]
    links += [("i", "image", f"http://127.0.0.1:{port}/image.png"), ("o", "oleObject", "file:///etc/passwd")]
    field = '<w:fldSimple w:instr="INCLUDETEXT &quot;/etc/passwd&quot;"><w:r><w:t>x</w:t></w:r></w:fldSimple>'
    drawn = f"""<w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing">
        <wp:extent cx="990000" cy="990000"/><a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">
        <a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture">
        <p:pic xmlns:p="http://schemas.openxmlformats.org/drawingml/2006/picture"><p:blipFill>
        <a:blip xmlns:r="{OFFICE}/relationships" r:link="i"/></p:blipFill></p:pic>
        </a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"""
    sub = f'<w:subDoc xmlns:r="{OFFICE}/relationships" r:id="s"/>'
    return parcel(
        word_file(word_run("Text.") + field + drawn + sub, "".join(link.format(a, OFFICE, b, c) for a, b, c in links))
    )


def office_deep(_):
    return parcel(word_file("<w:sdt><w:sdtContent>" * 200_000))


def office_plain(_):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.docx"
        write_docx(
            path, {"word/document.xml": ("document", f"<w:body><w:p>{word_run('Text.')}</w:p></w:body>")}, "a", "b"
        )
        return path.read_bytes()


# Mail


def mail(head, body):
    return f"From: a@mail.invalid\r\nSubject: A message\r\nMIME-Version: 1.0\r\n{head}\r\n\r\n{body}\r\n".encode()


def mail_nested(_):
    count = 10_000
    head = 'Content-Type: multipart/mixed; boundary="{}"'
    parts = "".join(f"--b{n}\r\n{head.format(f'b{n + 1}')}\r\n\r\n" for n in range(count))
    return mail(
        head.format("b0"),
        parts + "--b10000\r\n\r\nThe innermost." + "".join(f"\r\n--b{n}--" for n in range(count, -1, -1)),
    )


def mail_forwarded(_):
    return mail("Content-Type: message/rfc822", "Content-Type: message/rfc822\r\n\r\n" * 5_000 + "The innermost.")


def mail_many(_):
    part = '--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename="a.txt"\r\n\r\nText.\r\n'
    return mail('Content-Type: multipart/mixed; boundary="b"', part * 50_000 + "--b--")


def mail_headers(_):
    return mail("X-Long: " + "a" * 20 * MEGABYTE + "\r\nContent-Type: text/plain", "Text.")


def mail_html(port):
    there = f"http://127.0.0.1:{port}"
    body = f"""<html><head><base href="{there}/"><link rel="stylesheet" href="{there}/style.css"><style>
        @import url({there}/import.css); body {{ background: url(file:///etc/passwd) }}</style>
        <meta http-equiv="refresh" content="0; url={there}/refresh"></head><body onload="location='{there}/load'">
        <img src="{there}/image.png"><iframe src="file:///etc/passwd"></iframe><object data="file:///etc/passwd"></object>
        <svg><image href="{there}/svg.png"/></svg><script>location = "{there}/script"</script>
        <a rel="attachment" href="file:///etc/passwd">Text.</a></body></html>"""
    return mail("Content-Type: text/html", body)


def mail_names(_):
    part = '--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename="{}"\r\n\r\nText.\r\n'
    names = [
        "../../../../tmp/climbed.txt",
        "/tmp/climbed.txt",
        "a\\..\\b",
        "-rf",
        "a;touch b",
        "$(touch c)",
        "nul",
        "x" * 5_000,
    ]
    return mail('Content-Type: multipart/mixed; boundary="b"', "".join(map(part.format, names)) + "--b--")


# Pictures and text


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, data):
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + png_chunk(b"IDAT", data) + png_chunk(b"IEND", b"")


def png_giant(_):
    return png(100_000, 100_000, squeezed(b"\0" * 100_001, 100_000))


def png_lying(_):
    return png(2_000_000_000, 2_000_000_000, zlib.compress(b"\0" * 99))


def jpeg_giant(_):
    frame = struct.pack(">HBHHB", 17, 8, 65_535, 65_535, 3) + bytes([1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0])
    return b"\xff\xd8\xff\xc0" + frame + b"\xff\xda\0\x0c\x03\x01\0\x02\0\x03\0\0\x3f\0" + b"\0" * 9_999 + b"\xff\xd9"


def tiff_loop(_):
    entries = struct.pack("<HHII", 256, 4, 1, 9) + struct.pack("<HHII", 257, 4, 1, 9)
    return b"II*\0" + struct.pack("<IH", 8, 2) + entries + struct.pack("<I", 8)


def long_line(_):
    return b"a" * 50 * MEGABYTE


def controls(_):
    signs = "\x1b]0;title\x07\x1b[2J\x00\x08\x0c\u202egnp.exe\u202c\u2066\ufeff<script>alert(1)</script>&lt;\r\n=1+1\n"
    return ("Text. " + signs * 100).encode() + b"\xff\xfe\xc3\x28\xed\xa0\x80"


# More than one thing at once


def pdf_and_zip(_):
    return text_page() + parcel([("word/document.xml", "-")])


def page_before_pdf(port):
    return f"<html><script src='http://127.0.0.1:{port}/before'></script>".encode() + b" " * 500 + text_page()


def picture_and_zip(_):
    return png(1, 1, zlib.compress(b"\0\0")) + parcel([("a.txt", "Text.")])


def pdf_as_word(_):
    return text_page()


# A name, what makes it, and what has to come of it.
REFUSED = {
    **{"page-tree.pdf": page_tree, "many-pages.pdf": many_pages, "huge-page.pdf": huge_page},
    **{"head-only.pdf": head_only, "locked.pdf": locked, "bomb.docx": office_bomb},
    **{"nested.eml": mail_nested, "forwarded.eml": mail_forwarded, "many-parts.eml": mail_many},
    **{"giant.png": png_giant, "lying.png": png_lying, "giant.jpg": jpeg_giant},
}
CONTAINED = {
    **{"nested-streams.pdf": nested_streams, "drawing-loop.pdf": drawing_loop, "huge-picture.pdf": huge_picture},
    **{"script.pdf": script, "launch.pdf": launch, "form.pdf": submitted_form, "outside-stream.pdf": outside_stream},
    **{"bad-table.pdf": bad_table, "cut-short.pdf": cut_short, "climbing.docx": office_climbing},
    **{"laughs.docx": office_laughs, "entity.docx": office_entity, "outside.docx": office_outside},
    **{"deep.docx": office_deep, "long-header.eml": mail_headers, "html.eml": mail_html, "names.eml": mail_names},
    **{"loop.tif": tiff_loop, "long-line.txt": long_line, "controls.txt": controls, "pdf-and-zip.pdf": pdf_and_zip},
    **{"page-before.pdf": page_before_pdf, "picture-and-zip.png": picture_and_zip, "pdf.docx": pdf_as_word},
    **{"word.pdf": office_plain, "page-loop.pdf": page_loop, "many-parts.docx": office_many},
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=9)
    arguments = parser.parse_args()
    folder = arguments.folder / "hostile"
    folder.mkdir(parents=True, exist_ok=True)
    listed = []
    for expected, documents in ("refused", REFUSED), ("contained", CONTAINED):
        for name, make in documents.items():
            (folder / name).write_bytes(make(arguments.port))
            listed.append({"file": name, "tries": make.__name__.replace("_", " "), "expected": expected})
    text = json.dumps({"canary": f"http://127.0.0.1:{arguments.port}/", "documents": listed}, indent=2)
    (arguments.folder / "hostile.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
