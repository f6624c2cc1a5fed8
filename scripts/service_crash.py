"""Kills the service while 16 clients write to it, and holds it to what it had acknowledged.

    service_crash.py CYCLES

Each cycle starts the service, lets 16 threads deposit documents in a case of its own, kills it with SIGKILL at a random moment and starts it
again. Every document whose 201 arrived must be there, whole, and in the ledger; what was not acknowledged may be there whole, or not at all.
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

base, program, config = os.environ["BASE"], os.environ["PROGRAM"], os.environ["CONFIG"]
owner = {"Authorization": "Bearer " + os.environ["OWNER_TOKEN"]}
author = {"Authorization": "Bearer " + os.environ["AUTHOR_TOKEN"]}


def start():
    server = subprocess.Popen([program, "serve", "--config", config], stderr=subprocess.DEVNULL)
    for _ in range(300):
        try:
            if requests.get(base + "/readyz", timeout=2).status_code == 200:
                return server
        except requests.RequestException:
            time.sleep(0.05)
    sys.exit("the service did not start")


def made(path, **fields):
    answer = requests.post(base + path, headers=owner, json=fields, timeout=60)
    answer.raise_for_status()
    return answer.json()["id"]


def new_case():
    case = made(f"/v1/children/{made('/v1/children', name='Robin Example', dateOfBirth='2015-04-01')}/cases")
    made(f"/v1/cases/{case}/team", username="priya", role="HADV")
    return case


def write(case, acknowledged, stop):
    with requests.Session() as session:
        while not stop.is_set():
            content = os.urandom(random.choice([100, 5_000, 70_000, 200_000]))
            try:
                answer = session.post(
                    f"{base}/v1/cases/{case}/documents?category=D05",
                    headers={**author, "Content-Type": "application/octet-stream", "Document-Title": "x"},
                    data=content, timeout=30)
            except requests.RequestException:
                return
            if answer.status_code == 201:
                receipt = answer.json()
                acknowledged.append((receipt["document"], hashlib.sha256(content).digest()))


def listed(case):
    items, cursor = {}, ""
    while cursor is not None:
        page = requests.get(f"{base}/v1/cases/{case}/documents?limit=200{cursor}", headers=author, timeout=60).json()
        items.update({item["id"]: item for item in page["items"]})
        cursor = f"&cursor={page['next']}" if "next" in page else None
    return items


def main(cycles):
    total, kept = 0, 0
    for cycle in range(cycles):
        server = start()
        case, acknowledged, stop = new_case(), [], threading.Event()
        writers = [threading.Thread(target=write, args=(case, acknowledged, stop)) for _ in range(16)]
        for writer in writers:
            writer.start()
        time.sleep(random.uniform(0.05, 1.0))
        os.kill(server.pid, signal.SIGKILL)
        server.wait()
        stop.set()
        for writer in writers:
            writer.join()
        server = start()
        there = listed(case)
        for document, digest in acknowledged:
            if document not in there:
                sys.exit(f"cycle {cycle}: {document} was acknowledged and is not there")
            body = requests.get(f"{base}/v1/documents/{document}/content", headers=author, timeout=60)
            if body.status_code != 200 or hashlib.sha256(body.content).digest() != digest:
                sys.exit(f"cycle {cycle}: {document} is not what was sent")
        for document in set(there) - {document for document, _ in acknowledged}:
            body = requests.get(f"{base}/v1/documents/{document}/content", headers=author, timeout=60)
            if body.status_code != 200:
                sys.exit(f"cycle {cycle}: {document} is there and cannot be read")
        total, kept = total + len(acknowledged), kept + len(there)
        server.send_signal(signal.SIGTERM)
        if server.wait(timeout=60) != 0:
            sys.exit("the service did not stop cleanly")
    print(f"service: {cycles} times killed, {total} acknowledged and all there, {kept} in all")


main(int(sys.argv[1]))
