#!/usr/bin/env python3
"""Tries what hostile clients can cost a server, and prints its memory before, at the most, and ten seconds after.

usage: bench/hostile.py [TRIAL ...] [--clients N] [--seconds N] [--limit BYTES] [--stop-at BYTES] [--list]

A trial is a server and what the hostile clients do, as in "kv-resp/ask"; a server alone is all of its trials, and none
named is every one. Each takes about half a minute. In each, N clients, 1,000 by default, do one thing and then nothing
until they leave. "ask": they ask for much and read nothing. "half": they send a megabyte of a long message, and not its
end. Meanwhile an honest client makes a request a second, on a connection of its own each time. "cut" are the hostile
connections that the server had ended, or never accepted, before the attack was over. A server that takes more than
--stop-at is ended there, so that it does not take the machine with it.

Every server that runs on .NET has a heap limit (DOTNET_GCHeapHardLimit), 256 MiB unless told otherwise. Beside
Penstock's servers run redis-server, nginx, and ASP.NET Core on its stock transport, where they are installed. Build
first: dotnet build -c Release for src/Penstock.Cli and bench/peers/AspNetCore.
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
import threading
import time

from measure import PENSTOCK, ROOT, Server, free_port
from servers import NGINX

MIB = 1024 * 1024
BIG_FILE = 400 * MIB
VALUE = 8 * MIB
PIECE = bytes(MIB)


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
READ_MUCH = resp(b"MGET", *[b"big"] * 3) + resp(b"MGET", *[b"big"] * 100) + resp(b"GET", b"big") * 100
SHORT_FRAME = struct.pack("<I", 5) + b"hello"

# Name, command, the pattern of its port, what prepares it, its honest request, and what the hostile send.
TRIALS = [
    ("echo", ["echo", "--max-message", "64mb"], r":(\d+) \(", None, SHORT_FRAME,
     {"ask": FRAME * 16, "half": struct.pack("<I", 60_000_000) + PIECE}),
    ("broadcast", ["broadcast", "--framing", "u32", "--max-message", "64mb", "--slow-consumer", "disconnect"],
     r":(\d+) \(", None, SHORT_FRAME,
     {"ask": FRAME, "half": struct.pack("<I", 60_000_000) + PIECE}),
    ("kv-resp", ["kv", "--port", "0", "--resp-port", "0"], r":(\d+) \(.*Redis protocol",
     resp(b"SET", b"big", bytes(VALUE)), resp(b"PING"), {"ask": READ_MUCH, "half": STORE_SET}),
    ("kv-protobuf", ["kv", "--port", "0", "--resp-port", "0"], r":(\d+) \(",
     protobuf(3, b"big", b"x" * VALUE), protobuf(1, b"none"),
     {"ask": protobuf(1, b"big") * 100, "half": struct.pack("<I", 60_000_000) + PIECE}),
    ("http", ["http", "--root", "{folder}"], r":(\d+) \(", None, http(b"/status"),
     {"ask": http(b"/big.bin"), "half": UPLOAD}),
    ("redis-server", None, None, resp(b"SET", b"big", bytes(VALUE)), resp(b"PING"),
     {"ask": READ_MUCH, "half": STORE_SET}),
    ("nginx", None, None, None, http(b"/small.txt"), {"ask": http(b"/big.bin"), "half": UPLOAD}),
    ("kestrel-stock", None, None, None, http(b"/"), {"ask": http(b"/large") * 100, "half": UPLOAD}),
]


def start(name, command, pattern, folder):
    if command:
        if not PENSTOCK.exists():
            return None
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
    return Server(name, [peer, "sockets"]) if name == "kestrel-stock" and peer.exists() else None


def resident(server):
    """MiB; of the worker, where a server has one."""
    try:
        status = pathlib.Path(f"/proc/{server.worker}/status").read_text()
    except FileNotFoundError:
        return 0
    found = re.search(r"VmRSS:\s+(\d+)", status)
    return int(found.group(1)) // 1024 if found else 0


def ask_once(port, request, seconds=20):
    """Whether anything comes back; in a room, to somebody else who is there."""
    with socket.create_connection(("127.0.0.1", port), seconds) as client, \
            socket.create_connection(("127.0.0.1", port), seconds) as other:
        client.sendall(request)
        return any(end.recv(1) for end in select.select([client, other], [], [], seconds)[0])


class HonestClient(threading.Thread):
    """Makes a request a second, and has as long for each as a person would wait."""

    def __init__(self, port, request):
        super().__init__()
        self.port, self.request = port, request
        self.over = threading.Event()
        self.served, self.tried, self.longest = 0, 0, 0.0

    def run(self):
        while not self.over.wait(1):
            begin = time.monotonic()
            try:
                served = ask_once(self.port, self.request, 5)
            except OSError as problem:
                say(f"honest request: {problem}")
                served = False
            self.tried += 1
            self.served += served
            self.longest = max(self.longest, time.monotonic() - begin)

    def stop(self):
        self.over.set()
        self.join()


class HostileClients:
    """All at once, each as far as it is let; then they stay and do nothing."""

    def __init__(self, port, count, message):
        self.selector, self.clients, self.sent = selectors.DefaultSelector(), [], 0
        for _ in range(count):
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
            self.clients.append(client)
            self.selector.register(client, selectors.EVENT_WRITE, [memoryview(message)])

    def send(self):
        for key, _ in self.selector.select(0.1) if self.selector.get_map() else []:
            try:
                sent = key.fileobj.send(key.data[0])
                self.sent += sent
                key.data[0] = key.data[0][sent:]
            except BlockingIOError:
                continue
            except OSError:
                key.data[0] = b""
            if not key.data[0]:
                self.selector.unregister(key.fileobj)

    def count_cut(self):
        """Those that the server has reset or ended, whether or not they read what came before."""
        ends = select.poll()
        for client in self.clients:
            ends.register(client, select.POLLRDHUP)
        return len(ends.poll(0))

    def leave(self):
        self.selector.close()
        for client in self.clients:
            client.close()


def say(text):
    print(text, file=sys.stderr, flush=True)


def attack(server, port, message, honest_request, options):
    honest = HonestClient(port, honest_request)
    honest.start()
    hostile = HostileClients(port, options.clients, message)
    end, next_look, most = time.monotonic() + options.seconds, 0, 0
    while time.monotonic() < end and server.process.poll() is None:
        if hostile.selector.get_map():
            hostile.send()
        else:
            time.sleep(0.1)
        now = resident(server)
        most = max(most, now)
        if now * MIB > options.stop_at:
            say(f"  {now} MiB resident: it is ended")
            server.process.kill()
            server.process.wait()
        if time.monotonic() >= next_look:
            next_look = time.monotonic() + 1
            say(f"  {end - time.monotonic():3.0f} s left: {now} MiB resident, {hostile.sent // MIB} MiB sent to it, "
                f"{hostile.count_cut()} cut, {honest.served} of {honest.tried} honest requests served")
    cut = hostile.count_cut()
    honest.stop()
    hostile.leave()
    return most, cut, honest


def run(trial, folder, options):
    name, kind, command, pattern, prepare, honest_request, message = trial
    say(f"{name}/{kind}")
    server = start(name, command, pattern, folder)
    if server is None:
        say("  is not installed or not built")
        return
    try:
        port = int(server.port)
        for request in [prepare or honest_request] + [honest_request] * 5:
            if not ask_once(port, request):
                sys.exit(f"{name} does not answer")
        before = resident(server)
        most, cut, honest = attack(server, port, message, honest_request, options)
        time.sleep(10)
        gone = "ended there" if most * MIB > options.stop_at else "**it is gone**"
        after = f"{resident(server)} MiB" if server.process.poll() is None else gone
        print(f"| {name} | {kind} | {before} MiB | {most} MiB | {after} | {honest.served} of {honest.tried} "
              f"| {honest.longest:.1f} s | {cut} |", flush=True)
    finally:
        server.stop()


def main():
    trials = [(name, kind, *rest, message) for name, *rest, messages in TRIALS for kind, message in messages.items()]
    names = [f"{name}/{kind}" for name, kind, *_ in trials]
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("trials", nargs="*", metavar="TRIAL")
    arguments.add_argument("--clients", type=int, default=1000)
    arguments.add_argument("--seconds", type=float, default=10)
    arguments.add_argument("--limit", type=int, default=256 * MIB)
    arguments.add_argument("--stop-at", type=int, default=4096 * MIB)
    arguments.add_argument("--list", action="store_true", help="names the trials and does nothing")
    options = arguments.parse_args()
    if options.list:
        print("\n".join(names))
        return
    wanted = [trial for trial, name in zip(trials, names)
              if not options.trials or any(name == one or name.startswith(f"{one}/") for one in options.trials)]
    if not wanted:
        arguments.error("there is no such trial; --list names them")
    os.environ["DOTNET_GCHeapHardLimit"] = hex(options.limit)
    print("| server | trial | before | most | 10 s after | honest requests served | the longest took | cut |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        with open(f"{folder}/big.bin", "wb") as big:
            big.truncate(BIG_FILE)
        pathlib.Path(folder, "small.txt").write_text("small")
        for trial in wanted:
            run(trial, folder, options)


if __name__ == "__main__":
    main()
