"""Writes Word files by the letter of the format, with the parts that the caller makes."""

import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
FORMATS = "application/vnd.openxmlformats"


def word_run(text, properties="", tag="t"):
    """Runs of a few letters each, as word processors leave them: a name is seldom in one piece."""
    runs = []
    for line in text.split("\n"):
        pieces = [line[start : start + 9] for start in range(0, len(line), 9)]
        runs.append(
            "".join(f'<w:r>{properties}<w:{tag} xml:space="preserve">{escape(p)}</w:{tag}></w:r>' for p in pieces)
        )
    return "<w:r><w:br/></w:r>".join(runs)


def write_docx(target, parts, author, tag):
    """A Word file by `author`.

    `parts`: by name, the root element and the content of each part; the document itself comes first.
    `tag`: a property of the document's own.
    """
    files = {
        "[Content_Types].xml": content_types(parts),
        "_rels/.rels": relationships(
            (f"{OFFICE}/relationships/officeDocument", "word/document.xml"),
            (f"{PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"),
            (f"{OFFICE}/relationships/custom-properties", "docProps/custom.xml"),
        ),
        "word/_rels/document.xml.rels": relationships(
            *((f"{OFFICE}/relationships/{Path(name).stem}", Path(name).name) for name in list(parts)[1:])
        ),
        "docProps/core.xml": f'<p:coreProperties xmlns:p="{PACKAGE}/metadata/core-properties"'
        f' xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>{author}</dc:creator>'
        f"<p:lastModifiedBy>{author}</p:lastModifiedBy></p:coreProperties>",
        "docProps/custom.xml": f'<Properties xmlns="{OFFICE}/custom-properties" xmlns:vt="{OFFICE}/docPropsVTypes">'
        '<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="2" name="tag">'
        f"<vt:lpwstr>{tag}</vt:lpwstr></property></Properties>",
    }
    for name, (root, content) in parts.items():
        files[name] = f'<w:{root} xmlns:w="{WORD}" xmlns:r="{OFFICE}/relationships">{content}</w:{root}>'
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, (2026, 3, 16, 9, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(entry, '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>' + content)


def content_types(parts):
    kinds = {"document": "document.main", "hdr": "header"}
    types = {
        f"/{name}": f"officedocument.wordprocessingml.{kinds.get(root, root)}" for name, (root, _) in parts.items()
    }
    types["/docProps/core.xml"] = "package.core-properties"
    types["/docProps/custom.xml"] = "officedocument.custom-properties"
    listed = "".join(f'<Override PartName="{n}" ContentType="{FORMATS}-{t}+xml"/>' for n, t in types.items())
    defaults = f'<Default Extension="rels" ContentType="{FORMATS}-package.relationships+xml"/>'
    defaults += '<Default Extension="xml" ContentType="application/xml"/>'
    return f'<Types xmlns="{PACKAGE}/content-types">{defaults}{listed}</Types>'


def relationships(*links):
    """`links`: the kind of each, and where it leads; the file's own name without its suffix is the identifier."""
    listed = "".join(f'<Relationship Id="{Path(to).stem}" Type="{kind}" Target="{to}"/>' for kind, to in links)
    return f'<Relationships xmlns="{PACKAGE}/relationships">{listed}</Relationships>'
