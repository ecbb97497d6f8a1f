#!/usr/bin/env python3
"""Measures the key-value and the HTTP server beside their peers, and prints ratios.

usage: bench/servers.py [kv] [kv-durable] [http] [--rounds N] [--seconds S] [--io MECHANISM]

kv: reads and writes of one key over the Redis protocol, against redis-server without persistence. kv-durable: writes
that are answered once they are on the disk, against redis-server with appendfsync always. http: GET / with a
text of five bytes, against nginx with one worker that returns the same, and against ASP.NET Core on its stock
transport. Every server has the first core, the load generator the second, and rounds alternate over the servers. For
each workload it prints the median over the rounds of the throughput ratio to the first server in the same round, with
its spread, and the CPU time per request. Quote the ratios: absolute figures drift with the machine. Needs two cores,
gcc, taskset, redis-server for kv and kv-durable, and nginx for http.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

from measure import PENSTOCK, ROOT, Server, build, compare, free_port, print_header, print_rows, require

DEPTHS = {"1 deep": 1, "16 deep": 16}
NGINX = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error;
events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 1000000000; client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; location / {{ default_type text/plain; return 200 'Hello'; }} }} }}
"""


def start_kv(options, folder):
    return start_stores(options, ["--appendonly", "no"], [])


def start_durable(options, folder):
    (folder / "redis").mkdir()
    return start_stores(options, ["--appendonly", "yes", "--appendfsync", "always", "--dir", folder / "redis"],
                        ["--data", folder / "penstock", "--fsync", "always"])


def start_stores(options, redis, penstock):
    port = free_port()
    return [Server("Redis", ["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--daemonize", "no",
                             *redis], port=str(port)),
            Server("Penstock", [PENSTOCK, "serve", "kv", "--port", "0", "--resp-port", "0", "--loops", "1",
                                "--io", options.io, *penstock], banner=r":(\d+) \(.*Redis protocol")]


def start_http(options, folder):
    port = free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(NGINX.format(folder=folder, port=port))
    nginx = Server("nginx", ["nginx", "-e", f"{folder}/error", "-c", configuration], port=str(port))
    children = subprocess.run(["pgrep", "-P", str(nginx.process.pid)], capture_output=True, text=True, check=True)
    nginx.worker = int(children.stdout.split()[0])
    return [nginx,
            Server("Kestrel, stock", [ROOT / "bench/peers/AspNetCore/bin/Release/net10.0/aspnetcore-peer", "sockets"]),
            Server("Penstock", [PENSTOCK, "serve", "http", "--port", "0", "--loops", "1", "--io", options.io],
                   banner=r":(\d+) \(")]


SUITES = {"kv": (start_kv, ["resp-get", "resp-set"]), "kv-durable": (start_durable, ["resp-set"]),
          "http": (start_http, ["http"])}


def measure(options, name):
    start, modes = SUITES[name]
    with tempfile.TemporaryDirectory() as folder:
        servers = start(options, pathlib.Path(folder))
        try:
            for server in servers:
                print(f"# {server.name}: {server.banner}", file=sys.stderr)
                for mode in modes:
                    server.load(3, ["-m", mode, "-d", "16"])  # tiered compilation
                    server.load(2, ["-m", mode])
            print_header(servers[0].name)
            for mode in modes:
                for label, depth in DEPTHS.items():
                    results = compare(servers, options.rounds, options.seconds, ["-m", mode, "-c", "64", "-d", depth])
                    print_rows(f"{mode}, {label}", servers, results)
        finally:
            for server in servers:
                server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suites", nargs="*", metavar="|".join(SUITES), help="what to measure; default: all")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--io", default="auto")
    options = parser.parse_args()
    options.suites = options.suites or list(SUITES)
    if not SUITES.keys() >= set(options.suites):
        parser.error(f"there are only {' and '.join(SUITES)}")
    require("gcc", "taskset", "dotnet", *(["redis-server"] if {"kv", "kv-durable"} & set(options.suites) else []),
            *(["nginx"] if "http" in options.suites else []))
    build(projects=("src/Penstock.Cli", *(["bench/peers/AspNetCore"] if "http" in options.suites else [])))
    for suite in options.suites:
        measure(options, suite)


if __name__ == "__main__":
    main()
