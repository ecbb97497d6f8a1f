#!/usr/bin/env python3
"""Measures the echo server against the least that a C server can do, and prints ratios.

usage: bench/echo.py [--rounds N] [--seconds S] [--io MECHANISM[:TRIGGER] ...] [--idle N]

Builds the load generator and the C server with gcc and the command with dotnet, starts every server on the first core,
alternates the generator over them from the second core, and prints for each workload the median over the rounds of the
throughput ratio to the C server in the same round, with its spread, and the CPU time per request. Quote the ratios:
absolute figures drift with the machine. Needs two cores, gcc and taskset.
"""
import argparse
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = ROOT / "artifacts" / "bench"
SERVER_CORE, LOAD_CORE = "0", "1"
WORKLOADS = {
    "64 connections, 1 deep": ["-c", "64", "-d", "1"],
    "64 connections, 16 deep": ["-c", "64", "-d", "16"],
    "512 connections, 1 deep": ["-c", "512", "-d", "1"],
    "64 connections, 4 KiB": ["-c", "64", "-d", "1", "-s", "4096"],
}


def build():
    OUT.mkdir(parents=True, exist_ok=True)
    for source, program in (("load/echo_load.c", "echo_load"), ("peers/epoll_echo.c", "epoll_echo")):
        subprocess.run(["gcc", "-O2", "-o", OUT / program, ROOT / "bench" / source], check=True)
    subprocess.run(
        ["dotnet", "build", ROOT / "src/Penstock.Cli", "-c", "Release", "--nologo", "-v", "quiet"], check=True)


class Server:
    def __init__(self, name, command, port=None):
        self.name = name
        self.process = subprocess.Popen(
            ["taskset", "-c", SERVER_CORE, *map(str, command)], stdout=subprocess.PIPE, text=True)
        self.banner = "" if port else self.process.stdout.readline().strip()
        self.port = port or re.search(r":(\d+) \(", self.banner).group(1)

    def load(self, seconds, arguments):
        command = ["taskset", "-c", LOAD_CORE, OUT / "echo_load", "-t", seconds, "-p", self.process.pid, *arguments, self.port]
        line = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
        if line.returncode:
            sys.exit(f"{self.name}: {line.stderr.strip()}")
        return {key: float(value) for key, value in re.findall(r"(\w+)=([\d.]+)", line.stdout)}

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)


def penstock(choice, *extra):
    mechanism, _, trigger = choice.partition(":")
    command = [ROOT / "src/Penstock.Cli/bin/Release/net10.0/penstock", "serve", "echo", "--port", "0", "--loops", "1",
               "--io", mechanism, *(["--trigger", trigger] if trigger else []), *extra]
    return Server(choice, command)


def compare(servers, rounds, seconds, arguments):
    results = {server.name: [] for server in servers}
    for _ in range(rounds):
        for server in servers:
            results[server.name].append(server.load(seconds, arguments))
    return results


def report(workload, servers, results):
    reference = results[servers[0].name]
    for server in servers:
        mine = results[server.name]
        ratios = [a["rps"] / b["rps"] for a, b in zip(mine, reference)]
        print(f"| {workload} | {server.name} | {statistics.median(r['rps'] for r in mine):,.0f} "
              f"| {statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f}) "
              f"| {statistics.median(r['cpu_us'] for r in mine):.2f} |", flush=True)


def measure_throughput(options):
    servers = [Server("C epoll", [OUT / "epoll_echo", "5899"], port="5899"), *map(penstock, options.io)]
    try:
        for server in servers:
            print(f"# {server.name}: {server.banner or 'bench/peers/epoll_echo.c'}", file=sys.stderr)
            server.load(4, WORKLOADS["64 connections, 16 deep"])  # tiered compilation
        print("| workload | server | requests/s | ratio to C (spread) | CPU µs/request |\n|---|---|---|---|---|")
        for workload, arguments in WORKLOADS.items():
            report(workload, servers, compare(servers, options.rounds, options.seconds, arguments))
    finally:
        for server in servers:
            server.stop()


def measure_idle(options):
    """Two servers, so that the rounds alternate; one of them holds the idle connections of its warm-up."""
    for choice in options.io:
        free, crowded = penstock(choice, "--idle-timeout", "0"), penstock(choice, "--idle-timeout", "0")
        busy = WORKLOADS["64 connections, 1 deep"]
        holder = None
        try:
            for server in (free, crowded):
                server.load(4, busy)
            memory = crowded.load(1, [*busy, "-i", options.idle])["idle_bytes"]
            holder = subprocess.Popen(
                [str(OUT / "echo_load"), "-c", "0", "-i", str(options.idle), "-t", "3600", crowded.port],
                stdout=subprocess.DEVNULL)
            free.name, crowded.name = "none idle", f"{options.idle} idle"
            results = compare([free, crowded], options.rounds, options.seconds, busy)
            ratios = [a["rps"] / b["rps"] for a, b in zip(results[crowded.name], results[free.name])]
            print(f"{choice}: {memory:.0f} bytes of resident memory per idle connection; throughput of 64 busy ones "
                  f"beside {options.idle} idle to without: {statistics.median(ratios):.3f} "
                  f"({min(ratios):.3f} to {max(ratios):.3f})", flush=True)
        finally:
            if holder:
                holder.kill()
            free.stop()
            crowded.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--io", nargs="+", default=["epoll"])
    parser.add_argument("--idle", type=int, help="measure memory and throughput with so many idle connections instead")
    options = parser.parse_args()
    if os.cpu_count() < 2:
        sys.exit("echo.py needs two cores: one for the server and one for the load.")
    build()
    measure_idle(options) if options.idle else measure_throughput(options)


if __name__ == "__main__":
    main()
