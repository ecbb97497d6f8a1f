"""What the comparisons share: servers on the first core, the load generator on the second, and ratios per round."""
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = ROOT / "artifacts" / "bench"
PENSTOCK = ROOT / "src/Penstock.Cli/bin/Release/net10.0/penstock"
SERVER_CORE, LOAD_CORE = "0", "1"


def require(*programs):
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        sys.exit(f"not installed: {', '.join(missing)}")
    if os.cpu_count() < 2:
        sys.exit("two cores are needed: one for the server and one for the load")


def build(c_programs=("load/load.c",), projects=("src/Penstock.Cli",)):
    OUT.mkdir(parents=True, exist_ok=True)
    for source in c_programs:
        program = OUT / pathlib.Path(source).stem
        subprocess.run(["gcc", "-O2", "-o", program, ROOT / "bench" / source], check=True)
    for project in projects:
        subprocess.run(["dotnet", "build", ROOT / project, "-c", "Release", "--nologo", "-v", "quiet"], check=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A server on the first core. The pattern finds its port in what it prints, or it is told one and says nothing."""

    def __init__(self, name, command, banner=r":(\d+)", port=None):
        self.name = name
        self.process = subprocess.Popen(
            ["taskset", "-c", SERVER_CORE, *map(str, command)], stdout=subprocess.PIPE, text=True)
        self.banner = ""
        self.port = port or self.read_port(banner)
        self.worker = self.process.pid
        self.await_port()

    def read_port(self, pattern):
        for line in self.process.stdout:
            self.banner = line.strip()
            if found := re.search(pattern, line):
                return found.group(1)
        sys.exit(f"{self.name} did not start: {self.banner}")

    def await_port(self):
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", int(self.port))) == 0:
                    return
            time.sleep(0.1)
        sys.exit(f"{self.name} does not listen on {self.port}")

    def load(self, seconds, arguments, program="load"):
        command = ["taskset", "-c", LOAD_CORE, OUT / program, "-t", seconds, "-p", self.worker, *arguments, self.port]
        line = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
        if line.returncode:
            sys.exit(f"{self.name}: {line.stderr.strip()}")
        figures = {key: float(value) for key, value in re.findall(r"(\w+)=([\d.]+)", line.stdout)}
        if not figures.get("rps"):
            sys.exit(f"{self.name}: nothing came back in {seconds} s")
        return figures

    def signal(self, number):
        os.kill(self.worker, number)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


def compare(servers, rounds, seconds, arguments, program="load"):
    """
    Alternates over the servers, forwards and backwards, so that what the machine does meanwhile strikes them alike: many
    short rounds see through its noise better than a few long ones. Those that are not measured are stopped: one that
    waits busily would take half of the core from the others.
    """
    results = {server.name: [] for server in servers}
    for server in servers:
        server.signal(signal.SIGSTOP)
    try:
        for number in range(rounds):
            for server in servers if number % 2 == 0 else reversed(servers):
                server.signal(signal.SIGCONT)
                results[server.name].append(server.load(seconds, arguments, program))
                server.signal(signal.SIGSTOP)
    finally:
        for server in servers:
            server.signal(signal.SIGCONT)
    return results


def print_header(reference, unit="request"):
    print(f"| workload | server | {unit}s/s | ratio to {reference} (middle half) | CPU µs/{unit} |\n|---|---|---|---|---|")


def middle_half(ratios):
    low, _, high = statistics.quantiles(ratios, n=4, method="inclusive") if len(ratios) > 1 else ratios * 3
    return f"{low:.3f} to {high:.3f}"


def print_rows(workload, servers, results):
    reference = results[servers[0].name]
    for server in servers:
        mine = results[server.name]
        ratios = [a["rps"] / b["rps"] for a, b in zip(mine, reference)]
        print(f"| {workload} | {server.name} | {statistics.median(r['rps'] for r in mine):,.0f} "
              f"| {statistics.median(ratios):.3f} ({middle_half(ratios)}) "
              f"| {statistics.median(r['cpu_us'] for r in mine):.2f} |", flush=True)
