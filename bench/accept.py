#!/usr/bin/env python3
"""What a connection costs under each way to accept: the CPU time of connect, one echo, close.

One echo server at a time, on CPUs of its own, with two reactors, workers or processes; the client
has another CPU, and each message has a connection of its own. us/connection is the server's CPU
time, user and system, of all its threads and processes; the ratio is that by the first row's.
Medians of alternating runs, with (lowest-highest).

  bench/accept.py --server-cpus 0 --client-cpus 1
"""
import argparse
import json
import statistics
import subprocess
import sys

import sides
from server import Server, ServerError

WAYS = [
    "single",
    "handoff --threads 2 --handoff-notify pipe",
    "handoff --threads 2 --handoff-notify eventfd",
    "reuseport --threads 2",
    "exclusive --threads 2",
    "prefork --threads 2 --prefork-accept mutex",
    "prefork --threads 2 --prefork-accept exclusive",
    "prefork --threads 2 --prefork-accept reuseport",
]
TARGETS = ["//servers/echo:echo", "//bench:echo_load"]


def measure(line, load, options):
    """Microseconds of the server's CPU a connection, and connections a second."""
    with Server(line, options.server_cpus, "echo") as server:
        before = server.cpu_ns()
        command = ["taskset", "-c", options.client_cpus, load, str(server.port)]
        command += [str(options.clients), "64", str(options.connections), "reconnect"]
        client = subprocess.run(command, capture_output=True, text=True)
        if client.returncode != 0:
            raise ServerError(client.stderr + server.output())
        cpu_us = (server.cpu_ns() - before) / 1000 / options.connections
        return cpu_us, json.loads(client.stdout)["rps"]


def main():
    text, _, notes = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=text, epilog=notes, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clients", type=int, default=50, help="at a time; default: %(default)s")
    parser.add_argument("--connections", type=int, default=50000, help="default: %(default)s")
    parser.add_argument("--reps", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--server-cpus", metavar="LIST", default="0", help="default: %(default)s")
    parser.add_argument("--client-cpus", metavar="LIST", default="1", help="default: %(default)s")
    options = parser.parse_args()
    echo, load = sides.build(*TARGETS)
    samples = {way: [] for way in WAYS}
    for repetition in range(options.reps):
        for way in WAYS if repetition % 2 == 0 else WAYS[::-1]:
            samples[way].append(measure(f"{echo} --port {{port}} --model {way}", load, options))
            what = f"{repetition + 1}/{options.reps} {way}"
            sides.progress(f"{what}: {samples[way][-1][0]:.1f} us/connection")
    base = statistics.median(cpu for cpu, _ in samples[WAYS[0]])
    table = []
    for way, values in samples.items():
        cpu = [cpu for cpu, _ in values]
        rate = statistics.median(rate for _, rate in values)
        ratio = f"{statistics.median(cpu) / base:.2f}"
        table.append([way, f"{rate:.0f}", sides.spread(cpu), ratio])
    sides.print_table(["model", "connections/s", "us/connection", "ratio"], table)


if __name__ == "__main__":
    try:
        main()
    except ServerError as error:
        sys.exit(f"{sys.argv[0]}: {error}")
