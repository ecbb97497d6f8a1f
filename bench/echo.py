#!/usr/bin/env python3
"""Measures the echo server against the least that a C server can do, and prints ratios.

usage: bench/echo.py [--rounds N] [--seconds S] [--io MECHANISM[:TRIGGER] ...] [--only TEXT] [--idle N]

Builds the load generator and the C server with gcc and the command with dotnet, starts every server on the first core,
alternates the generator over them from the second core, and prints for each workload the median over the rounds of the
throughput ratio to the C server in the same round, with the middle half of those ratios, and the CPU time per request.
Quote the ratios: absolute figures drift with the machine, and `--rounds 40 --seconds 0.2` is for one that others share.
Beside them run a server that awaits Socket.ReceiveAsync and, where liburing's headers are, a C server over io_uring.
`blocking` serves one connection at a time, so the other 63 only wait. Needs two cores, gcc and taskset.
"""
import argparse
import statistics
import subprocess
import sys

from measure import OUT, PENSTOCK, ROOT, Server, build, compare, middle_half, print_header, print_rows, require

WORKLOADS = {
    "64 connections, 1 deep": ["-c", "64", "-d", "1"],
    "64 connections, 16 deep": ["-c", "64", "-d", "16"],
    "512 connections, 1 deep": ["-c", "512", "-d", "1"],
    "64 connections, 4 KiB": ["-c", "64", "-d", "1", "-s", "4096"],
}


def penstock(choice, *extra):
    mechanism, _, trigger = choice.partition(":")
    command = [PENSTOCK, "serve", "echo", "--port", "0", "--loops", "1", "--io", mechanism,
               *(["--trigger", trigger] if trigger else []), *extra]
    server = Server(choice, command, banner=r":(\d+) \(")
    if f"{mechanism} refused" in server.banner:
        sys.exit(f"this machine refuses it: {server.banner}")
    return server


def measure_throughput(options):
    servers = [Server("C epoll", [OUT / "epoll_echo", "5899"], port="5899"), *map(penstock, options.io),
               Server("Socket.ReceiveAsync", [ROOT / "bench/peers/SocketEcho/bin/Release/net10.0/socket-echo"])]
    try:
        for server in servers:
            print(f"# {server.name}: {server.banner or 'bench/peers/epoll_echo.c'}", file=sys.stderr)
            server.load(4, WORKLOADS["64 connections, 16 deep"])  # tiered compilation
        print_header("C")
        for workload, arguments in WORKLOADS.items():
            if options.only not in workload:
                continue
            print_rows(workload, servers, compare(servers, options.rounds, options.seconds, arguments))
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
                [str(OUT / "load"), "-c", "0", "-i", str(options.idle), "-t", "3600", crowded.port],
                stdout=subprocess.DEVNULL)
            free.name, crowded.name = "none idle", f"{options.idle} idle"
            results = compare([free, crowded], options.rounds, options.seconds, busy)
            ratios = [a["rps"] / b["rps"] for a, b in zip(results[crowded.name], results[free.name])]
            print(f"{choice}: {memory:.0f} bytes of resident memory per idle connection; throughput of 64 busy ones "
                  f"beside {options.idle} idle to without: {statistics.median(ratios):.3f} "
                  f"({middle_half(ratios)})", flush=True)
        finally:
            if holder:
                holder.kill()
            free.stop()
            crowded.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--io", nargs="+", default=["epoll"])
    parser.add_argument("--only", default="", help="only the workloads whose name contains this")
    parser.add_argument("--idle", type=int, help="measure memory and throughput with so many idle connections instead")
    options = parser.parse_args()
    require("gcc", "taskset", "dotnet")
    build(("load/load.c", "peers/epoll_echo.c"), ("src/Penstock.Cli", "bench/peers/SocketEcho"))
    measure_idle(options) if options.idle else measure_throughput(options)


if __name__ == "__main__":
    main()
