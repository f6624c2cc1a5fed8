"""Changes PDFs by means of qpdf, such that the same input makes the same bytes."""

import json
import os
import re
import subprocess
import tempfile

WHEN = "D:20260316090000Z"


def run(*command, text=None):
    environment = os.environ | {"SOURCE_DATE_EPOCH": "1773651600", "TZ": "UTC"}
    done = subprocess.run(
        [str(word) for word in command], input=text, capture_output=True, check=False, env=environment
    )
    # qpdf has 3 for warnings.
    if done.returncode not in ((0, 3) if command[0] == "qpdf" else (0,)):
        raise SystemExit(f"make_case: {command[0]} failed: {done.stderr.decode(errors='replace')}")
    return done.stdout


def rewrite(path, change=None):
    """The same PDF with its objects as `change` leaves them, fixed dates and an identifier made of its content."""
    document = json.loads(run("qpdf", "--json-output=2", "--json-stream-data=inline", "--decode-level=none", path))
    objects = document["qpdf"][1]
    trailer = objects["trailer"]["value"]
    for name in ("/ID", "/DocChecksum"):
        trailer.pop(name, None)
    info = objects.get(f"obj:{trailer.get('/Info')}")
    for name in ("/CreationDate", "/ModDate"):
        if info and name in info["value"]:
            info["value"][name] = "u:" + WHEN
    if change:
        change(objects)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(document, file)
        file.flush()
        run("qpdf", "--deterministic-id", "--object-streams=disable", "--json-input", file.name, path)


def add_note(text):
    """A change for `rewrite`: a note stuck to the first page."""

    def change(objects):
        number = max(int(name.split(":")[1].split()[0]) for name in objects if name.startswith("obj:")) + 1
        pages = [
            o["value"]
            for o in objects.values()
            if isinstance(o.get("value"), dict) and o["value"].get("/Type") == "/Page"
        ]
        pages[0].setdefault("/Annots", []).append(f"{number} 0 R")
        objects[f"obj:{number} 0 R"] = {
            "value": {"/Type": "/Annot", "/Subtype": "/Text", "/Rect": [20, 700, 40, 720], "/Contents": "u:" + text}
        }

    return change


def drop_last_page(path):
    """Takes the last page away as many editors do: a later revision of the list of pages leaves it out."""
    document = json.loads(run("qpdf", "--json=2", "--json-key=qpdf", path))["qpdf"][1]
    trailer = document["trailer"]["value"]
    name = document[f"obj:{trailer['/Root']}"]["value"]["/Pages"]
    pages = document[f"obj:{name}"]["value"]
    kids = " ".join(pages["/Kids"][:-1])
    old = path.read_bytes()
    number = name.split()[0]
    start = re.findall(rb"startxref\s+(\d+)", old)[-1].decode()
    table = f"{number} 0 obj\n<< /Type /Pages /Kids [ {kids} ] /Count {len(pages['/Kids']) - 1} >>\nendobj\n"
    end = f"""xref
{number} 1
{len(old) + 1:010} 00000 n\x20
trailer
<< /Size {trailer["/Size"]} /Root {trailer["/Root"]} /Info {trailer["/Info"]} /Prev {start} >>
startxref
{len(old) + 1 + len(table)}
%%EOF
"""
    path.write_bytes(old + f"\n{table}{end}".encode())
