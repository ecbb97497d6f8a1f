#!/usr/bin/env python3
"""Prints which lines of src/Penstock the tests run: one figure over the three programs that test it.

usage: tests/coverage.py [--lines] [--sum] [PROGRAM ...]

Builds each program, measures it with tests/Coverage.proj, and counts a line as covered when one of them runs it. The
reports stay in artifacts/coverage/PROGRAM. `--lines` also names the lines that none runs; `--sum` measures nothing and
adds up the reports that are there. The command (`penstock`) runs as a process of its own and is not measured.
"""
import argparse
import collections
import itertools
import json
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
ENGINE = ROOT / "src/Penstock"
PROGRAMS = ["Penstock.Tests", "Penstock.Drivers.Tests", "Penstock.Simulation.Tests"]


def measure(program):
    subprocess.run(["dotnet", "build", ROOT / "tests" / program, "-c", "Release", "--nologo", "-v", "q"], check=True)
    project = ROOT / "tests/Coverage.proj"
    subprocess.run(["dotnet", "msbuild", project, "-restore", "-t:Measure", f"-p:TestProgram={program}"], check=True)


def read(program):
    """The hits of each line of each file of the engine, by one program."""
    report = json.loads((ROOT / "artifacts/coverage" / program / "coverage.json").read_text())
    for files in report.values():
        for file, classes in files.items():
            for methods in classes.values():
                for method in methods.values():
                    yield pathlib.Path(file).relative_to(ENGINE), method["Lines"]


def add_up(programs):
    hits = collections.defaultdict(collections.Counter)
    for program in programs:
        for file, lines in read(program):
            hits[file].update({int(line): count for line, count in lines.items()})
    return hits


def print_row(name, counters):
    lines = [count for counter in counters for count in counter.values()]
    covered = sum(count > 0 for count in lines)
    print(f"| {name} | {len(lines):,} | {covered:,} | {100 * covered / len(lines):.1f} % |")


def print_table(hits):
    print("| folder | lines | covered | |\n|---|---|---|---|")
    files = sorted(hits, key=lambda file: file.parent)
    for folder, members in itertools.groupby(files, key=lambda file: file.parent):
        print_row("the root" if folder == pathlib.Path() else f"`{folder}`", [hits[file] for file in members])
    print_row("all", hits.values())


def print_uncovered(hits):
    for file in sorted(hits):
        lines = [str(line) for line in sorted(hits[file]) if hits[file][line] == 0]
        if lines:
            print(f"{file}: {len(lines)} of {len(hits[file])}: {' '.join(lines)}")


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("programs", nargs="*", default=PROGRAMS)
    parser.add_argument("--lines", action="store_true")
    parser.add_argument("--sum", action="store_true")
    options = parser.parse_args()
    if not options.sum:
        for program in options.programs:
            measure(program)
    hits = add_up(options.programs)
    print_table(hits)
    if options.lines:
        print_uncovered(hits)


if __name__ == "__main__":
    main()
