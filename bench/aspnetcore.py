#!/usr/bin/env python3
"""Compares ASP.NET Core on its stock transport with ASP.NET Core on Penstock, and prints ratios.

usage: bench/aspnetcore.py [--rounds N] [--seconds S] [--only TEXT] [--io MECHANISM]
       bench/aspnetcore.py --idle N [--settle S]

Builds bench/peers/AspNetCore and starts it on the stock transport, on Penstock with the thread pool and on Penstock
inline, all on the first core. Then wrk is alternated over them from the second core. For each workload it prints the
median over the rounds of the throughput ratio to stock in the same round, with its spread, and the server's CPU time
per request. Quote the ratios: absolute figures drift with the machine. wrk's latencies mean nothing when requests are
pipelined, so there are none for 16 deep.

With --idle it prints instead what a keep-alive connection costs that has made one request and is silent: resident
memory and managed heap, both after a full collection.

Needs two cores, wrk and taskset.
"""
import argparse
import os
import pathlib
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEER = ROOT / "bench/peers/AspNetCore"
SERVER_CORE, LOAD_CORE = "0", "1"
TRANSPORTS = {"stock": "sockets", "Penstock, thread pool": "threadpool", "Penstock, inline": "inline"}
WARM_UP_CONNECTIONS = 1000

# name -> scheme, connections, requests outstanding per connection, path, body length
WORKLOADS = {
    "plaintext, 64 connections, 1 deep": ("http", 64, 1, "/", 0),
    "plaintext, 64 connections, 16 deep": ("http", 64, 16, "/", 0),
    "plaintext, 512 connections, 1 deep": ("http", 512, 1, "/", 0),
    "JSON of 1 KiB, 64 connections": ("http", 64, 1, "/json", 0),
    "TLS with keep-alive, 64 connections": ("https", 64, 1, "/", 0),
    "responses of 64 KiB, 64 connections": ("http", 64, 1, "/large", 0),
    "uploads of 1 MiB, 64 connections": ("http", 64, 1, "/upload", 1 << 20),
}

# wrk sends the same text each time; the text may hold several requests, whose replies it counts one by one.
SCRIPT = """
local text
function init(arguments)
    local depth, length = tonumber(arguments[1]), tonumber(arguments[2])
    local method = length > 0 and "POST" or "GET"
    local body = length > 0 and string.rep("x", length) or nil
    text = string.rep(wrk.format(method, nil, nil, body), depth)
end
function request() return text end
function done(summary, latency)
    local e = summary.errors
    io.write(string.format("requests=%d micros=%d p99=%d errors=%d\\n", summary.requests, summary.duration,
        latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
"""


class Server:
    def __init__(self, name, transport, io):
        self.name = name
        command = ["taskset", "-c", SERVER_CORE, PEER / "bin/Release/net10.0/aspnetcore-peer", transport, "0", io]
        self.process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)
        self.banner = self.process.stdout.readline().strip()
        self.ports = dict(re.findall(r"(https?)://[^ ]*:(\d+)", self.banner))
        if len(self.ports) != 2:
            sys.exit(f"{name} did not start: {self.banner}")

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self):
        return int(pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def heap_bytes(self):
        """Collects, and answers what is left."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports['http']}/collect", timeout=60) as response:
            return int(response.read())

    def load(self, script, seconds, workload):
        scheme, connections, depth, path, length = workload
        command = ["taskset", "-c", LOAD_CORE, "wrk", "-t", "1", "-c", connections, "-d", f"{seconds}s", "-s", script,
                   f"{scheme}://127.0.0.1:{self.ports[scheme]}{path}", "--", depth, length]
        before = self.cpu_seconds()
        run = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
        cpu = self.cpu_seconds() - before
        found = {key: float(value) for key, value in re.findall(r"(\w+)=(\d+)", run.stdout)}
        if run.returncode or not found.get("requests") or found["errors"]:
            sys.exit(f"{self.name}, {workload}: {run.stdout}{run.stderr}")
        return {"rps": found["requests"] / found["micros"] * 1e6, "cpu_us": cpu / found["requests"] * 1e6,
                "p99_us": found["p99"]}

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()


def alternate(servers, script, rounds, seconds, workload):
    results = {server.name: [] for server in servers}
    for number in range(rounds):
        # A different one begins each round, so that a drift within the round favours nobody.
        first = number % len(servers)
        for server in servers[first:] + servers[:first]:
            results[server.name].append(server.load(script, seconds, workload))
    return results


def report(name, servers, results, depth):
    reference = results[servers[0].name]
    for server in servers:
        mine = results[server.name]
        p99 = f"{statistics.median(result['p99_us'] for result in mine) / 1000:.2f}" if depth == 1 else ""
        ratios = [a["rps"] / b["rps"] for a, b in zip(mine, reference)]
        median = {key: statistics.median(result[key] for result in mine) for key in mine[0]}
        print(f"| {name} | {server.name} | {median['rps']:,.0f} "
              f"| {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) "
              f"| {median['cpu_us']:.1f} | {p99} |", flush=True)


def measure_throughput(options):
    workloads = {name: workload for name, workload in WORKLOADS.items() if options.only in name}
    servers = []
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(SCRIPT)
        script.flush()
        try:
            for name, transport in TRANSPORTS.items():
                servers.append(Server(name, transport, options.io))
            print("| workload | transport | requests/s | ratio to stock (spread) | CPU µs/request | p99 ms |\n"
                  "|---|---|---|---|---|---|")
            for name, workload in workloads.items():
                for _ in range(2):  # The runtime compiles hot code again, in the background of the same core.
                    for server in servers:
                        server.load(script.name, options.warm_up, workload)
                results = alternate(servers, script.name, options.rounds, options.seconds, workload)
                report(name, servers, results, depth=workload[2])
        finally:
            for server in servers:
                server.stop()


def open_connections(server, count):
    """Each has made one request and read the reply."""
    opened = []
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", int(server.ports["http"])), timeout=30)
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        reply = b""
        while not reply.endswith(b"Hello"):
            part = connection.recv(4096)
            if not part:
                sys.exit(f"{server.name} closed a connection")
            reply += part
        opened.append(connection)
    return opened


def idle_cost(server, count, settle):
    for connection in open_connections(server, min(count, WARM_UP_CONNECTIONS)):
        connection.close()
    time.sleep(settle)
    heap, resident = server.heap_bytes(), server.resident_bytes()
    opened = open_connections(server, count)
    time.sleep(settle)
    heap, resident = server.heap_bytes() - heap, server.resident_bytes() - resident
    for connection in opened:
        connection.close()
    return resident / count, heap / count


def measure_idle(options):
    """One server after the other: memory does not drift as speed does, and they need not share the cores."""
    print("| transport | resident bytes per idle connection | of which managed heap |\n|---|---|---|")
    for name, transport in TRANSPORTS.items():
        costs = []
        for _ in range(options.rounds):
            server = Server(name, transport, options.io)
            try:
                costs.append(idle_cost(server, options.idle, options.settle))
            finally:
                server.stop()
        residents, heaps = zip(*costs)
        print(f"| {name} | {statistics.median(residents):,.0f} ({min(residents):,.0f} to {max(residents):,.0f}) "
              f"| {statistics.median(heaps):,.0f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=3, help="of one measurement")
    parser.add_argument("--warm-up", type=int, default=5, help="seconds, twice per server and workload")
    parser.add_argument("--only", default="", help="only the workloads whose name contains this")
    parser.add_argument("--io", default="Auto", help="Penstock's mechanism: Auto, Epoll, IoUring, Sockets ...")
    parser.add_argument("--idle", type=int, help="measure the memory of so many idle connections instead")
    parser.add_argument("--settle", type=int, default=12, help="seconds of silence before memory is read")
    options = parser.parse_args()
    if os.cpu_count() < 2 or not shutil.which("wrk"):
        sys.exit("aspnetcore.py needs wrk and two cores: one for the server and one for the load.")
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    subprocess.run(["dotnet", "build", PEER, "-c", "Release", "--nologo", "-v", "quiet"], check=True)
    measure_idle(options) if options.idle else measure_throughput(options)


if __name__ == "__main__":
    main()
