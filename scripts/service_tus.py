"""Uploads through tuspy, an independent tus client: in pieces, with checksums, and again after a break."""
import os
import hashlib
import sys

from tusclient import client
from tusclient.exceptions import TusCommunicationError
import requests

base, case, token = os.environ["BASE"], os.environ["CASE"], os.environ["TOKEN"]
headers = {"Authorization": f"Bearer {token}"}
metadata = {"case": case, "category": "D05", "title": "Film of a session", "type": "application/octet-stream"}
content = os.urandom(3_000_000)


def upload(name, **options):
    with open(name, "wb") as file:
        file.write(content)
    tus = client.TusClient(base + "/v1/uploads", headers=headers)
    uploader = tus.uploader(name, metadata=metadata, **options)
    return tus, uploader


def read_back():
    listed = requests.get(f"{base}/v1/cases/{case}/documents?limit=200", headers=headers).json()["items"]
    newest = listed[-1]
    body = requests.get(f"{base}/v1/documents/{newest['id']}/content", headers=headers).content
    return hashlib.sha256(body).digest() == hashlib.sha256(content).digest(), len(listed)


name = os.path.join(os.environ.get("TMPDIR", "/tmp"), f"muniment-tus-{os.getpid()}")
try:
    _, uploader = upload(name, chunk_size=700_000, upload_checksum=True)
    uploader.upload()
    same, count = read_back()
    assert same and count == 1, "the first upload came back otherwise"

    tus, uploader = upload(name, chunk_size=1_000_000)
    uploader.upload_chunk()
    again = tus.uploader(name, chunk_size=500_000, url=uploader.url)
    assert again.get_offset() == 1_000_000, "the service forgot how far it had come"
    again.upload()
    same, count = read_back()
    assert same and count == 2, "the resumed upload came back otherwise"

    _, uploader = upload(name, chunk_size=1_000_000)
    uploader.upload_chunk()
    gone = requests.delete(uploader.url, headers={**headers, "Tus-Resumable": "1.0.0"})
    assert gone.status_code == 204
    try:
        uploader.upload_chunk()
        sys.exit("an upload that was ended took another piece")
    except TusCommunicationError as error:
        assert error.status_code == 404, error.status_code
finally:
    os.unlink(name)
print("service: tus: 2 uploads whole, 1 ended")
