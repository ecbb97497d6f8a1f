#!/usr/bin/env python3
"""Measures the broadcast server beside a naive one on the same engine, and prints ratios.

usage: bench/broadcast.py [--rounds N] [--seconds S] [--io MECHANISM] [--bytes N ...] [--receivers N ...]

The naive one, bench/peers/NaiveBroadcast, copies every message to every client. Ten clients send, all receive and check
every byte. The server has the first core and one loop, the load generator the second, and rounds alternate. Printed are
messages delivered a second (one message to ten receivers counts ten times), the median over the rounds of the ratio in
the same round with its spread, and the server's CPU time for each, which says more where the generator is the slower
side. Needs two cores, gcc and taskset.
"""
import argparse
import sys

from measure import PENSTOCK, ROOT, Server, build, compare, print_header, print_rows, require

SENDERS = 10
MAX_DEPTH = 8


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--io", default="auto")
    parser.add_argument("--bytes", type=int, nargs="+", default=[64, 1024, 16 * 1024])
    parser.add_argument("--receivers", type=int, nargs="+", default=[10, 100, 1000])
    options = parser.parse_args()
    require("gcc", "taskset", "dotnet")
    build(c_programs=("load/broadcast.c",), projects=("src/Penstock.Cli", "bench/peers/NaiveBroadcast"))
    servers = [
        Server("naive", [ROOT / "bench/peers/NaiveBroadcast/bin/Release/net10.0/naive-broadcast", "1", options.io]),
        Server("Penstock", [PENSTOCK, "serve", "broadcast", "--port", "0", "--loops", "1", "--framing", "u32",
                            "--idle-timeout", "0", "--io", options.io]),
    ]
    try:
        for server in servers:
            print(f"# {server.name}: {server.banner}", file=sys.stderr)
            server.load(3, ["-r", "100", "-n", SENDERS], "broadcast")  # tiered compilation
        print_header(servers[0].name, "message")
        for receivers in options.receivers:
            for size in options.bytes:
                # Large messages to many receivers are hundreds of megabytes under way when senders run ahead.
                depth = max(1, min(MAX_DEPTH, MAX_DEPTH * 1024 // size))
                arguments = ["-r", receivers, "-n", min(SENDERS, receivers), "-s", size, "-d", depth]
                results = compare(servers, options.rounds, options.seconds, arguments, "broadcast")
                print_rows(f"{size:,} bytes to {receivers:,}", servers, results)
    finally:
        for server in servers:
            server.stop()


if __name__ == "__main__":
    main()
