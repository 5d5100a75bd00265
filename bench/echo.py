#!/usr/bin/env python3
"""The engine's cost per message beside a bare epoll loop's.

Both are echo servers, alone and in turn, on a CPU of their own; the client has another one and
checks every byte. us/msg is the server's CPU time, user and system, of all its threads, by the
number of messages; the ratio is the engine's by the bare loop's. Medians, with (lowest-highest).
"""
import argparse
import json
import resource
import statistics
import subprocess
import sys

import sides
from server import Server, ServerError

MODELS = [
    "single",
    "handoff --threads 1",
    "reuseport --threads 1",
    "exclusive --threads 1",
    "io_threads --threads 1",
    "io_threads --threads 2",
    "prefork --threads 1",
]
TARGETS = ["//servers/echo:echo", "//bench:bare_echo", "//bench:echo_load"]


def ask(server, load, connections, size, messages, options):
    """What the load program measured, and the server's CPU time a message."""
    before = server.cpu_ns()
    command = ["taskset", "-c", options.client_cpus, load, str(server.port)]
    command += [str(n) for n in (connections, size, messages)]
    client = subprocess.run(command, capture_output=True, text=True)
    if client.returncode != 0:
        raise ServerError(client.stderr + server.output())
    sample = json.loads(client.stdout)
    sample["cpu_us"] = (server.cpu_ns() - before) / 1000 / messages
    return sample


def measure(line, load, connections, size, messages, options):
    with Server(line, options.server_cpus, "echo") as server:
        return ask(server, load, connections, size, messages, options)


def parse_flags():
    text, _, notes = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=text, epilog=notes, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", default=",".join(MODELS), help="default: %(default)s")
    parser.add_argument("--connections", default="50,1000,10000", help="default: %(default)s")
    parser.add_argument("--sizes", default="64,1024,65536", help="bytes; default: %(default)s")
    parser.add_argument("--bytes", type=int, default=10**9, help="bounds large messages' number")
    parser.add_argument("--messages", type=int, default=200000, help="default: %(default)s")
    parser.add_argument("--reps", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--server-cpus", metavar="LIST", default="0", help="default: %(default)s")
    parser.add_argument("--client-cpus", metavar="LIST", default="1", help="default: %(default)s")
    return parser.parse_args()


def main():
    options = parse_flags()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # The servers inherit it.
    echo, bare, load = sides.build(*TARGETS)
    table = []
    for connections in map(int, options.connections.split(",")):
        for size in map(int, options.sizes.split(",")):
            messages = max(1000, min(options.messages, options.bytes // size))
            lines = {"bare": f"{bare} {{port}}"}
            for model in options.models.split(","):
                lines[model] = f"{echo} --port {{port}} --model {model}"
            samples = {name: [] for name in lines}
            for repetition in range(options.reps):
                for name in list(lines) if repetition % 2 == 0 else list(lines)[::-1]:
                    sample = measure(lines[name], load, connections, size, messages, options)
                    samples[name].append(sample)
                    what = f"{repetition + 1}/{options.reps} {connections} x {size} {name}"
                    sides.progress(f"{what}: {sample['cpu_us']:.2f} us/msg")
            base = statistics.median(s["cpu_us"] for s in samples["bare"])
            for name, values in samples.items():
                cpu = [s["cpu_us"] for s in values]
                p99 = statistics.median(s["p99_us"] for s in values)
                rps = statistics.median(s["rps"] for s in values)
                ratio = f"{statistics.median(cpu) / base:.2f}"
                row = [str(connections), str(size), name, f"{rps:.0f}", str(p99)]
                table.append([*row, sides.spread(cpu), ratio])
    head = ["connections", "bytes", "model", "msg/s", "p99 us", "us/msg", "ratio"]
    sides.print_table(head, table)


if __name__ == "__main__":
    try:
        main()
    except ServerError as error:
        sys.exit(f"{sys.argv[0]}: {error}")
