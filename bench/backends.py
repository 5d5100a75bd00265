#!/usr/bin/env python3
"""What a request costs our servers on io_uring, beside epoll.

The echo, Redis and HTTP servers, each on either back end, alone and in turn, server and client on a
CPU each. us/req is the server's CPU time, user and system, by the number of requests; the ratio is
the median of the repetitions', io_uring's by epoll's: a machine that others use drifts less between
two runs than from the first to the last. p99 is as the client saw it, in milliseconds. Medians, with
(lowest-highest).
With --calls the columns are system calls a request, counted by perf, which takes root.

  bench/backends.py --only echo --reps 9
  bench/backends.py --calls --only "1000 connections"
"""
import argparse
import csv
import operator
import os
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import sides
import wrk
from server import Server, ServerError

TARGETS = {
    "echo": "//servers/echo:echo",
    "redis": "//servers/redis:redis",
    "http": "//servers/http:http",
    "load": "//bench:echo_load",
}
BACKENDS = ["epoll", "io_uring"]


class Row:
    """One load: how to start the server, and how to ask it."""

    def __init__(self, kind, connections, what, size, requests):
        self.kind, self.connections, self.what, self.size = kind, connections, what, size
        self.requests = requests
        self.name = f"{kind} {what}, {connections} connections"


ROWS = (
    [Row("echo", n, f"{size} bytes", size, count)
     for size, count in ((64, 200_000), (65536, 15_000)) for n in (50, 1000)]
    + [Row("redis", n, f"{command} -P {depth}", depth, count)
       for command in ("GET", "SET")
       for depth, count in ((1, 200_000), (16, 1_000_000)) for n in (50, 1000)]
    + [Row("http", n, f"/plaintext x {depth}", depth, 0) for depth in (1, 16) for n in (50, 1000)]
    + [Row("http", n, "/1m", 1, 0) for n in (50, 1000)]
)


def ask_echo(row, server, requests, options, binaries, folder):
    command = [binaries["load"], server.port, row.connections, row.size, requests]
    output = server.client(options.client_cpus, *command)
    return requests, int(re.search(r'"p99_us": (\d+)', output).group(1)) / 1000


def ask_redis(row, server, requests, options, binaries, folder):
    command = row.what.split()[0].lower()
    output = server.client(
        options.client_cpus, "redis-benchmark", "-p", server.port, "-t", command, "-P", row.size,
        "-c", row.connections, "-n", requests, "-r", 100_000, "-d", 64, "--csv"
    )
    return requests, float(list(csv.reader(output.splitlines()))[-1][6])


def ask_http(row, server, requests, options, binaries, folder):
    path = row.what.split()[0]
    return wrk.ask(
        server, path, row.size, row.connections, options.seconds, options.client_cpus, folder
    )


ASK = {"echo": ask_echo, "redis": ask_redis, "http": ask_http}
FLAGS = {"echo": "", "redis": "--save ''", "http": "--demo --root {folder}"}


def start(row, backend, binaries, folder, options):
    flags = FLAGS[row.kind].replace("{folder}", folder)
    line = f"{binaries[row.kind]} --port {{port}} --backend {backend} {flags}"
    return Server(line, options.server_cpus, row.kind)


def warm_up(row, server, options, binaries, folder):
    """Every key is there, every connection was open once."""
    requests = max(row.requests // 10, row.connections)
    ask = ASK[row.kind]
    if row.kind == "redis":
        ask(Row("redis", 50, "SET", 16, 0), server, 300_000, options, binaries, folder)
    if row.kind != "http":
        ask(row, server, requests, options, binaries, folder)


def measure(row, backend, binaries, folder, options):
    """CPU microseconds a request, and p99."""
    with start(row, backend, binaries, folder, options) as server:
        warm_up(row, server, options, binaries, folder)
        before = server.cpu_ns()
        requests, p99 = ASK[row.kind](row, server, row.requests, options, binaries, folder)
        return (server.cpu_ns() - before) / 1000 / requests, p99


def count_calls(row, backend, binaries, folder, options):
    """System calls a request, as the kernel counts them: nothing is slowed down."""
    with start(row, backend, binaries, folder, options) as server:
        warm_up(row, server, options, binaries, folder)
        perf = ["perf", "stat", "-x", ",", "-e", "raw_syscalls:sys_enter", "-p", str(server.pid())]
        counter = subprocess.Popen(perf, stderr=subprocess.PIPE, text=True)
        time.sleep(0.5)  # it does not say when it has begun
        requests, _ = ASK[row.kind](row, server, row.requests, options, binaries, folder)
        counter.send_signal(signal.SIGINT)
        report = counter.communicate()[1]
        return int(report.split(",")[0]) / requests


def parse_flags():
    text, _, notes = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=text, epilog=notes, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", help="rows that have this in their name")
    parser.add_argument("--calls", action="store_true", help="count system calls, once")
    parser.add_argument("--reps", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--seconds", type=int, default=3, help="of an HTTP run; default: %(default)s")
    parser.add_argument("--server-cpus", metavar="LIST", default="0", help="default: %(default)s")
    parser.add_argument("--client-cpus", metavar="LIST", default="1", help="default: %(default)s")
    return parser.parse_args()


def compare(row, binaries, folder, options):
    cpu = {backend: [] for backend in BACKENDS}
    p99 = {backend: [] for backend in BACKENDS}
    for repetition in range(options.reps):
        for backend in BACKENDS if repetition % 2 == 0 else BACKENDS[::-1]:
            sample = measure(row, backend, binaries, folder, options)
            cpu[backend].append(sample[0])
            p99[backend].append(sample[1])
            sides.progress(f"{repetition + 1}/{options.reps} {row.name} {backend}: {sample[0]:.2f}")
    ratio = statistics.median(map(operator.truediv, cpu["io_uring"], cpu["epoll"]))
    # wrk measures no latency where requests are pipelined.
    late = [f"{statistics.median(p99[b]):.2f}" if any(p99[b]) else "-" for b in BACKENDS]
    return [row.name, *(sides.spread(cpu[backend]) for backend in BACKENDS), f"{ratio:.2f}", *late]


def main():
    options = parse_flags()
    if options.calls and not shutil.which("perf"):
        sys.exit("no perf here; on Debian: apt-get install linux-perf")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # The servers inherit it.
    binaries = dict(zip(TARGETS, sides.build(*TARGETS.values())))
    rows = [row for row in ROWS if options.only in row.name]
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/1m", "wb") as file:
            file.write(os.urandom(1024 * 1024))
        if options.calls:
            table = [[row.name, *(f"{count_calls(row, backend, binaries, folder, options):.3f}"
                                  for backend in BACKENDS)] for row in rows]
            return sides.print_table(["calls a request", *BACKENDS], table)
        table = [compare(row, binaries, folder, options) for row in rows]
        head = ["us/req", *BACKENDS, "ratio", "p99 ms", "p99 ms io_uring"]
        sides.print_table(head, table)


if __name__ == "__main__":
    try:
        main()
    except ServerError as error:
        sys.exit(f"{sys.argv[0]}: {error}")
