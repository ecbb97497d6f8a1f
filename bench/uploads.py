#!/usr/bin/env python3
"""Measures what large uploads cost small requests: GET / on one loop, alone and beside 50 uploads of 20 MB at once.

usage: bench/uploads.py [--rounds N] [--seconds S] [--uploads N] [--megabytes N] [--io MECHANISM]

The server has the first core and one loop; the clients have the second. Rounds alternate between quiet and loaded.
While a loaded round lasts, every upload that ends is followed by another, so that there are always as many; each must
be answered with the number of bytes that were sent. Printed are the latencies of GET / on one connection, a request at
a time, and the rate of the uploads. The latency beside uploads has the clients' own queue for their core in it. Needs
two cores, gcc and taskset.
"""
import argparse
import os
import selectors
import socket
import statistics
import sys
import tempfile
import threading
import time

from measure import LOAD_CORE, PENSTOCK, Server, build, require


class Uploads(threading.Thread):
    """Keeps so many uploads going until it is stopped. Its work is sendfile, which leaves the rest of Python alone."""

    def __init__(self, port, count, body, size):
        super().__init__()
        self.address, self.count, self.body, self.size = ("127.0.0.1", int(port)), count, body, size
        self.head = f"POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n".encode()
        self.stopped, self.sent, self.finished, self.failure = False, 0, 0, None

    def run(self):
        try:
            with selectors.DefaultSelector() as ready:
                for _ in range(self.count):
                    connection = socket.create_connection(self.address)
                    connection.sendall(self.head)
                    connection.setblocking(False)
                    ready.register(connection, selectors.EVENT_WRITE, [0])
                while not self.stopped:
                    for key, _ in ready.select(0.1):
                        self.advance(ready, key.fileobj, key.data)
                for key in list(ready.get_map().values()):
                    key.fileobj.close()
        except Exception as failure:  # told by stop(), on the thread that can end the program
            self.failure = failure

    def advance(self, ready, connection, progress):
        if progress[0] < self.size:
            count = os.sendfile(connection.fileno(), self.body, progress[0], self.size - progress[0])
            progress[0] += count
            self.sent += count
            if progress[0] == self.size:
                ready.modify(connection, selectors.EVENT_READ, progress)
            return
        answer = connection.recv(4096)
        if not answer.startswith(b"HTTP/1.1 200") or not answer.endswith(str(self.size).encode()):
            raise RuntimeError(f"an upload was answered with {answer!r}")
        self.finished += 1
        progress[0] = 0
        connection.send(self.head)
        ready.modify(connection, selectors.EVENT_WRITE, progress)

    def stop(self):
        self.stopped = True
        self.join()
        if self.failure:
            sys.exit(f"uploads: {self.failure}")


def measure(server, options, body, size):
    rows = {"alone": [], f"beside {options.uploads} uploads": []}
    for _ in range(options.rounds):
        for label, results in rows.items():
            uploads = Uploads(server.port, options.uploads, body, size) if label != "alone" else None
            begun = time.monotonic()
            if uploads:
                uploads.start()
            result = server.load(options.seconds, ["-m", "http", "-c", "1"])
            if uploads:
                uploads.stop()
                result["upload_mb"] = uploads.sent / 1e6 / (time.monotonic() - begun)
                result["uploads"] = uploads.finished
            results.append(result)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--uploads", type=int, default=50)
    parser.add_argument("--megabytes", type=int, default=20)
    parser.add_argument("--io", default="auto")
    options = parser.parse_args()
    require("gcc", "taskset", "dotnet")
    build()
    os.sched_setaffinity(0, {int(LOAD_CORE)})
    server = Server("Penstock", [PENSTOCK, "serve", "http", "--port", "0", "--loops", "1", "--io", options.io],
                    banner=r":(\d+) \(")
    print(f"# {server.banner}", file=sys.stderr)
    size = options.megabytes * 1_000_000
    with tempfile.TemporaryFile() as body:
        body.write(bytes(size))
        body.flush()
        try:
            server.load(3, ["-m", "http", "-d", "16"])  # tiered compilation
            rows = measure(server, options, body.fileno(), size)
        finally:
            server.stop()
    print("| GET / | requests/s | p50 µs | p99 µs | uploads MB/s | uploads finished |\n|---|---|---|---|---|---|")
    for label, results in rows.items():
        middle = {key: statistics.median(r[key] for r in results) for key in results[0]}
        print(f"| {label} | {middle['rps']:,.0f} | {middle['p50_us']:,.0f} | {middle['p99_us']:,.0f} "
              f"| {middle.get('upload_mb', 0):,.0f} | {sum(r.get('uploads', 0) for r in results)} |")


if __name__ == "__main__":
    main()
