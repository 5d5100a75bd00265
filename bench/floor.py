#!/usr/bin/env python3
"""How much of a Redis request's CPU time is the kernel's: our server and redis-server beside a bare
loop that sends the same bytes.

The loop (bare_echo.cc) is epoll, recv and send: it looks for the requests' first letters, and has
no keys. The three are there at once and asked in turn by redis-benchmark, 50 connections, values of
64 bytes; ours and redis-server's have a million keys. us/req is the server's CPU time, user and
system, by the number of requests. The ratios are by redis-server's, medians of the repetitions'.
"""
import argparse
import contextlib
import statistics
import subprocess

import sides
from server import Server

ROWS = [("PING_MBULK", 1), ("GET", 1), ("SET", 1), ("PING_MBULK", 16), ("GET", 16), ("SET", 16)]
KEYS = 1_000_000


def ask(server, cpus, row, depth, requests):
    command = ["taskset", "-c", cpus, "redis-benchmark", "-p", server.port, "-t", row.lower(), "-c", 50]
    command += ["-n", requests, "-r", KEYS, "-d", 64, "-P", depth, "-q"]
    # It complains about a server without CONFIG.
    subprocess.run(list(map(str, command)), check=True, capture_output=True)


def measure(server, options, row, depth):
    requests = options.requests * (1 if depth == 1 else 10)
    before = server.cpu_ns()
    ask(server, options.client_cpus, row, depth, requests)
    return (server.cpu_ns() - before) / 1000 / requests


def parse_flags():
    text, _, notes = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=text, epilog=notes, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reps", type=int, default=7, help="default: %(default)s")
    parser.add_argument("--requests", type=int, default=100_000, help="default: %(default)s; tenfold "
                        "where they are pipelined")
    parser.add_argument("--server-cpus", metavar="LIST", default="0", help="default: %(default)s")
    parser.add_argument("--client-cpus", metavar="LIST", default="1", help="default: %(default)s")
    return parser.parse_args()


def compare(servers, options, row, depth):
    samples = {name: [] for name in servers}
    for repetition in range(options.reps):
        for name in list(servers)[:: 1 if repetition % 2 == 0 else -1]:
            samples[name].append(measure(servers[name], options, row, depth))
        sides.progress(f"{row} -P {depth} {repetition + 1}/{options.reps}")
    cells = [f"{statistics.median(values):.2f}" for values in samples.values()]
    for name in ("bare loop", "weir"):
        ratios = [a / b for a, b in zip(samples[name], samples["redis-server"])]
        cells.append(f"{statistics.median(ratios):.2f}")
    return [f"{row}, -P {depth}", *cells]


def main():
    options = parse_flags()
    bare, ours = sides.build("//bench:bare_echo", "//servers/redis:redis")
    lines = {
        "bare loop": f"{bare} {{port}} redis",
        "weir": f"{ours} --port {{port}} --save ''",
        "redis-server": "redis-server --port {port} --bind 127.0.0.1 --save ''",
    }
    with contextlib.ExitStack() as stack:
        servers = {name: stack.enter_context(Server(line, options.server_cpus))
                   for name, line in lines.items()}
        for name in ("weir", "redis-server"):
            ask(servers[name], options.client_cpus, "SET", 16, 3 * KEYS)
        table = [compare(servers, options, row, depth) for row, depth in ROWS]
    sides.print_table(["us/req", *lines, "bare loop by", "weir by redis-server"], table)


if __name__ == "__main__":
    main()
