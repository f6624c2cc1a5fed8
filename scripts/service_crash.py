"""Kills the service while 16 clients write to it, and holds it to what it had acknowledged.

    service_crash.py CYCLES

Each cycle starts the service, lets 16 threads deposit documents, kills it with SIGKILL at a random moment and starts it again. Every document
whose 201 arrived must be there, whole, and in the ledger; what was not acknowledged may be there whole, or not at all.
"""
import hashlib
import os
import random
import signal
import subprocess
import sys
import threading
import time

import requests

base, case = os.environ["BASE"], os.environ["CASE"]
program, config = os.environ["PROGRAM"], os.environ["CONFIG"]
with open(os.environ["VAULT_PASSWORD"], "rb") as file:
    password = file.read().decode()


def start():
    server = subprocess.Popen([program, "serve", "--config", config], stderr=subprocess.DEVNULL)
    for _ in range(300):
        try:
            if requests.get(base + "/readyz", timeout=2).status_code == 200:
                return server
        except requests.RequestException:
            time.sleep(0.05)
    sys.exit("the service did not start")


def signed_in():
    answer = requests.post(base + "/v1/session", data={"username": "priya", "password": password}, timeout=30)
    answer.raise_for_status()
    return {"Authorization": "Bearer " + answer.json()["token"]}


def write(headers, acknowledged, stop):
    with requests.Session() as session:
        while not stop.is_set():
            content = os.urandom(random.choice([100, 5_000, 70_000, 200_000]))
            try:
                answer = session.post(
                    f"{base}/v1/cases/{case}/documents?category=D05",
                    headers={**headers, "Content-Type": "application/octet-stream", "Document-Title": "x"},
                    data=content, timeout=30)
            except requests.RequestException:
                return
            if answer.status_code == 201:
                receipt = answer.json()
                acknowledged.append((receipt["document"], hashlib.sha256(content).digest()))


def listed(headers):
    items, cursor = {}, ""
    while cursor is not None:
        page = requests.get(f"{base}/v1/cases/{case}/documents?limit=200{cursor}", headers=headers, timeout=60).json()
        items.update({item["id"]: item for item in page["items"]})
        cursor = f"&cursor={page['next']}" if "next" in page else None
    return items


def main(cycles):
    known, total = set(), 0
    for cycle in range(cycles):
        server = start()
        headers, acknowledged, stop = signed_in(), [], threading.Event()
        writers = [threading.Thread(target=write, args=(headers, acknowledged, stop)) for _ in range(16)]
        for writer in writers:
            writer.start()
        time.sleep(random.uniform(0.05, 1.0))
        os.kill(server.pid, signal.SIGKILL)
        server.wait()
        stop.set()
        for writer in writers:
            writer.join()
        server = start()
        headers = signed_in()
        there = listed(headers)
        for document, digest in acknowledged:
            if document not in there:
                sys.exit(f"cycle {cycle}: {document} was acknowledged and is not there")
            body = requests.get(f"{base}/v1/documents/{document}/content", headers=headers, timeout=60)
            if body.status_code != 200 or hashlib.sha256(body.content).digest() != digest:
                sys.exit(f"cycle {cycle}: {document} is not what was sent")
        for document in set(there) - known - {document for document, _ in acknowledged}:
            body = requests.get(f"{base}/v1/documents/{document}/content", headers=headers, timeout=60)
            if body.status_code != 200:
                sys.exit(f"cycle {cycle}: {document} is there and cannot be read")
        known, total = set(there), total + len(acknowledged)
        server.send_signal(signal.SIGTERM)
        if server.wait(timeout=60) != 0:
            sys.exit("the service did not stop cleanly")
    print(f"service: {cycles} times killed, {total} acknowledged and all there, {len(known)} in all")


main(int(sys.argv[1]))
