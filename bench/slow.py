"""So many clients that send a head or a body byte by byte, or read an answer byte by byte, for so many seconds.

    slow.py CLIENTS SECONDS
"""
import os
import socket
import sys
import time

clients, seconds = int(sys.argv[1]), float(sys.argv[2])
address = ("127.0.0.1", 18081)
token, document = os.environ["TOKEN"], os.environ["DOCUMENT"]
heads = [
    b"GET /healthz HTTP/1.1\r\nX-Slow: ",
    b"POST /v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 900\r\n\r\n",
    f"GET {document} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode(),
]


def opened(number):
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    # From many addresses: one alone is let in so many times only.
    one.bind((f"127.1.{number // 200}.{number % 200 + 1}", 0))
    one.connect(address)
    one.sendall(heads[(number % 3) if os.environ.get("ONLY") is None else int(os.environ["ONLY"])])
    one.setblocking(False)
    return one


end = time.monotonic() + seconds
slow = [opened(number) for number in range(clients)]
closed = 0
while time.monotonic() < end:
    for number, one in enumerate(slow):
        try:
            if number % 3 == 2:
                if one.recv(1) == b"":
                    raise OSError
            else:
                one.send(b"a")
        except BlockingIOError:
            pass
        except OSError:
            # Let go: come again, as an attacker would.
            closed += 1
            one.close()
            slow[number] = opened(number)
    time.sleep(1)
