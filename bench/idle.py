#!/usr/bin/env python3
"""What open connections without traffic cost the others, and the server.

A few clients ask an echo server, alone and beside thousands of idle connections, in turn. The
server has a CPU of its own, the clients another. p99 is of the askers' round trips, bytes is the
growth of the server's resident memory by the number of idle connections, us/msg its CPU time a
message. Medians, with (lowest-highest); the ratio is of the medians of p99.
"""
import argparse
import contextlib
import resource
import socket
import statistics
import struct
import sys

import sides
from echo import TARGETS, ask
from server import Server, ServerError


def parse_flags():
    text, _, notes = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=text, epilog=notes, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--idle", type=int, default=15000, help="default: %(default)s")
    parser.add_argument("--askers", type=int, default=100, help="default: %(default)s")
    parser.add_argument("--size", type=int, default=64, help="bytes; default: %(default)s")
    parser.add_argument("--messages", type=int, default=200000, help="default: %(default)s")
    parser.add_argument("--reps", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--flags", default="", help="passed on to the server")
    parser.add_argument("--server-cpus", metavar="LIST", default="0", help="default: %(default)s")
    parser.add_argument("--client-cpus", metavar="LIST", default="1", help="default: %(default)s")
    return parser.parse_args()


@contextlib.contextmanager
def idle_connections(port, count):
    """`count` of them, each served once. They end with a reset, which leaves no port behind."""
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            reset = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
            connection.sendall(b"x")
            if connection.recv(1) != b"x":
                raise ServerError("no echo")
        yield


def measure(line, load, idle, options):
    with Server(line, options.server_cpus, "echo") as server:
        before = server.rss_bytes()
        with idle_connections(server.port, idle):
            grown = server.rss_bytes() - before
            sample = ask(server, load, options.askers, options.size, options.messages, options)
    sample["bytes"] = grown / max(idle, 1)
    return sample


def main():
    options = parse_flags()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # The server inherits it.
    if options.idle + options.askers + 100 > hard:
        sys.exit(f"{options.idle} idle connections: only {hard} descriptors a process here")
    echo, _, load = sides.build(*TARGETS)
    line = f"{echo} --port {{port}} {options.flags}"
    samples = {0: [], options.idle: []}
    for repetition in range(options.reps):
        for idle in list(samples) if repetition % 2 == 0 else list(samples)[::-1]:
            samples[idle].append(measure(line, load, idle, options))
            what = f"{repetition + 1}/{options.reps} {idle} idle"
            sides.progress(f"{what}: p99 {samples[idle][-1]['p99_us']} us")
    base = statistics.median(s["p99_us"] for s in samples[0])
    table = []
    for idle, values in samples.items():
        p99 = [s["p99_us"] for s in values]
        cells = [f"{statistics.median(s['rps'] for s in values):.0f}", sides.spread(p99)]
        cells += [sides.spread([s[metric] for s in values]) for metric in ("cpu_us", "bytes")]
        table.append([str(idle), *cells, f"{statistics.median(p99) / base:.2f}"])
    sides.print_table(["idle", "msg/s", "p99 us", "us/msg", "bytes", "ratio"], table)


if __name__ == "__main__":
    try:
        main()
    except ServerError as error:
        sys.exit(f"{sys.argv[0]}: {error}")
