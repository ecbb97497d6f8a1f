#!/usr/bin/env python3
"""Tries what hostile clients can cost a server, and prints its memory before, at the most, and ten seconds after.

usage: bench/hostile.py [--clients N] [--limit BYTES] [--only TEXT]

Every server that runs on .NET has a heap limit (DOTNET_GCHeapHardLimit), 256 MiB unless told otherwise. In each trial N
clients, 1,000 by default, do one of two things and then nothing until they leave. "ask": they ask for much and read
nothing. "half": they send a megabyte of a long message, and not its end. Meanwhile an honest client makes requests.
Beside Penstock's servers run redis-server, nginx, and ASP.NET Core on its stock transport, where they are installed.
"""
import argparse
import os
import pathlib
import re
import select
import selectors
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time

from measure import PENSTOCK, ROOT, Server, free_port
from servers import NGINX

MIB = 1024 * 1024
BIG_FILE = 400 * MIB
VALUE = 8 * MIB
PIECE = bytes(MIB)
ATTACK_SECONDS = 20


def resp(*words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def protobuf(kind, key, value=b""):
    def field(number, content):
        length, prefix = len(content), b""
        while length > 127:
            prefix, length = prefix + bytes([length & 127 | 128]), length >> 7
        return bytes([number << 3 | 2]) + prefix + bytes([length]) + content
    message = field(1, key) + (field(2, value) if value else b"") + bytes([3 << 3, kind]) + b"@EOF@"
    return struct.pack("<I", len(message)) + message


def http(path, more=b""):
    return b"GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n" % (path, more)


UPLOAD = b"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 94371840\r\n\r\n" + PIECE
STORE_SET = b"*3\r\n$3\r\nSET\r\n$4\r\nhalf\r\n$60000000\r\n" + PIECE
FRAME = struct.pack("<I", 65536) + PIECE[:65536]
SHORT_FRAME = struct.pack("<I", 5) + b"hello"

# Name, command, the pattern of its port, what prepares it, its honest request, and what the hostile send.
TRIALS = [
    ("echo", ["echo", "--max-message", "67108864"], r":(\d+) \(", None, SHORT_FRAME,
     {"ask": FRAME * 16, "half": struct.pack("<I", 60_000_000) + PIECE}),
    ("broadcast", ["broadcast", "--max-message", "67108864", "--slow-consumer", "disconnect"], r":(\d+) \(", None, SHORT_FRAME,
     {"ask": FRAME, "half": struct.pack("<I", 60_000_000) + PIECE}),
    ("kv, Redis protocol", ["kv", "--port", "0", "--resp-port", "0"], r":(\d+) \(.*Redis protocol",
     resp(b"SET", b"big", bytes(VALUE)), resp(b"PING"), {"ask": resp(b"MGET", *[b"big"] * 100), "half": STORE_SET}),
    ("kv, protobuf", ["kv", "--port", "0", "--resp-port", "0"], r":(\d+) \(",
     protobuf(3, b"big", b"x" * VALUE), protobuf(1, b"none"),
     {"ask": protobuf(1, b"big") * 100, "half": struct.pack("<I", 60_000_000) + PIECE}),
    ("http", ["http", "--root", "{folder}"], r":(\d+) \(", None, http(b"/status"),
     {"ask": http(b"/big.bin"), "half": UPLOAD}),
    ("redis-server", None, None, resp(b"SET", b"big", bytes(VALUE)), resp(b"PING"),
     {"ask": resp(b"MGET", *[b"big"] * 100), "half": STORE_SET}),
    ("nginx", None, None, None, http(b"/small.txt"), {"ask": http(b"/big.bin"), "half": UPLOAD}),
    ("ASP.NET Core, stock", None, None, None, http(b"/"), {"ask": http(b"/large") * 100, "half": UPLOAD}),
]


def start(name, command, pattern, folder):
    if command:
        words = [word.format(folder=folder) for word in command]
        return Server(name, [PENSTOCK, "serve", *words, *([] if "kv" in command else ["--port", "0"])], banner=pattern)
    if name == "redis-server" and shutil.which(name):
        port = free_port()
        return Server(name, [name, "--port", port, "--save", "", "--daemonize", "no"], port=str(port))
    if name == "nginx" and shutil.which(name):
        port, path = free_port(), pathlib.Path(folder) / "nginx.conf"
        path.write_text(NGINX.format(folder=folder, port=port).replace(
            "default_type text/plain; return 200 'Hello';", f"root {folder}; client_max_body_size 1g;"))
        server = Server(name, ["nginx", "-e", f"{folder}/error", "-c", path], port=str(port))
        children = subprocess.run(["pgrep", "-P", str(server.process.pid)], capture_output=True, text=True, check=True)
        server.worker = int(children.stdout.split()[0])
        return server
    peer = ROOT / "bench/peers/AspNetCore/bin/Release/net10.0/aspnetcore-peer"
    return Server(name, [peer, "sockets"]) if name.startswith("ASP") and peer.exists() else None


def resident(server):
    """MiB; of the worker, where a server has one."""
    status = pathlib.Path(f"/proc/{server.worker}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+)", status)
    return int(found.group(1)) // 1024 if found else 0


def ask_once(port, request, seconds=20):
    """Whether anything comes back; in a room, to somebody else who is there."""
    with socket.create_connection(("127.0.0.1", port), seconds) as client, \
            socket.create_connection(("127.0.0.1", port), seconds) as other:
        client.sendall(request)
        return any(end.recv(1) for end in select.select([client, other], [], [], seconds)[0])


def attack(server, port, clients, message, honest):
    """All at once, each as far as it is let; then a while of nothing, with an honest client beside it."""
    selector, most, served, tried, left = selectors.DefaultSelector(), 0, 0, 0, clients
    hostile = []
    for _ in range(clients):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        client.connect_ex(("127.0.0.1", port))
        hostile.append(client)
        selector.register(client, selectors.EVENT_WRITE, [memoryview(message)])
    end = time.monotonic() + ATTACK_SECONDS
    next_look = 0
    while time.monotonic() < end and server.process.poll() is None:
        for key, _ in selector.select(0.1):
            try:
                key.data[0] = key.data[0][key.fileobj.send(key.data[0]):]
                done = not key.data[0]
            except BlockingIOError:
                continue
            except OSError:
                done, left = True, left - 1
            if done:
                selector.unregister(key.fileobj)
        if time.monotonic() >= next_look:
            next_look = time.monotonic() + 1
            most = max(most, resident(server))
            tried += 1
            try:
                served += ask_once(port, honest, 5)
            except OSError:
                pass
    for client in hostile:
        client.close()
    return most, served, tried, left


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--clients", type=int, default=1000)
    arguments.add_argument("--limit", type=int, default=256 * MIB)
    arguments.add_argument("--only", default="")
    options = arguments.parse_args()
    os.environ["DOTNET_GCHeapHardLimit"] = hex(options.limit)
    print("| server | trial | before | most | 10 s after | honest requests served | refused or cut |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        with open(f"{folder}/big.bin", "wb") as big:
            big.truncate(BIG_FILE)
        pathlib.Path(folder, "small.txt").write_text("small")
        for name, command, pattern, prepare, honest, messages in TRIALS:
            for trial, message in messages.items():
                if options.only not in f"{name} {trial}":
                    continue
                server = start(name, command, pattern, folder)
                if server is None:
                    print(f"{name} is not there", file=sys.stderr)
                    break
                try:
                    port = int(server.port)
                    for _ in range(20):
                        ask_once(port, prepare or honest)
                    before = resident(server)
                    most, served, tried, left = attack(server, port, options.clients, message, honest)
                    time.sleep(10)
                    alive = server.process.poll() is None
                    after = f"{resident(server)} MiB" if alive else "**it is gone**"
                    print(f"| {name} | {trial} | {before} MiB | {most} MiB | {after} | {served} of {tried} "
                          f"| {options.clients - left} |", flush=True)
                finally:
                    server.stop()


if __name__ == "__main__":
    main()
