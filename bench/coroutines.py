#!/usr/bin/env python3
"""The same echo server as callbacks, as coroutines, and with a hop to the task pool.

Alone and in turn, on a CPU of its own; the client has another one and checks every byte. us/msg is
the server's CPU time, ratio by that of the callbacks. bytes is the growth of its resident memory by
the number of idle connections. Then a server of two reactors of which one request in a hundred
sleeps 100 ms in the pool: p99 of the others, with and without those. Medians, with (lowest-highest).
"""
import argparse
import json
import resource
import statistics
import subprocess
import sys

import sides
from idle import idle_connections
from server import Server, ServerError

ECHOES = ["echo", "coroutine_echo", "pool_echo"]


def parse_flags():
    text, _, notes = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=text, epilog=notes, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--connections", default="50,1000", help="default: %(default)s")
    parser.add_argument("--idle", type=int, default=10000, help="default: %(default)s")
    parser.add_argument("--messages", type=int, default=200000, help="default: %(default)s")
    parser.add_argument("--reps", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--server-cpus", metavar="LIST", default="0", help="default: %(default)s")
    parser.add_argument("--client-cpus", metavar="LIST", default="1", help="default: %(default)s")
    return parser.parse_args()


def ask(server, load, connections, options, *mode):
    before = server.cpu_ns()
    command = ["taskset", "-c", options.client_cpus, load, str(server.port), str(connections)]
    command += ["64", str(options.messages), *mode]
    client = subprocess.run(command, capture_output=True, text=True)
    if client.returncode != 0:
        raise ServerError(client.stderr + server.output())
    sample = json.loads(client.stdout)
    sample["cpu_us"] = (server.cpu_ns() - before) / 1000 / options.messages
    return sample


def idle_bytes(line, options):
    with Server(line, options.server_cpus, "echo") as server:
        before = server.rss_bytes()
        with idle_connections(server.port, options.idle):
            return (server.rss_bytes() - before) / options.idle


def compare_echoes(binaries, load, options):
    table = []
    lines = {name: f"{path} --port {{port}}" for name, path in binaries.items()}
    idle = {name: idle_bytes(line, options) for name, line in lines.items()}
    for connections in map(int, options.connections.split(",")):
        samples = {name: [] for name in lines}
        for repetition in range(options.reps):
            for name in list(lines) if repetition % 2 == 0 else list(lines)[::-1]:
                with Server(lines[name], options.server_cpus, "echo") as server:
                    samples[name].append(ask(server, load, connections, options))
                what = f"{repetition + 1}/{options.reps} {connections} x {name}"
                sides.progress(f"{what}: {samples[name][-1]['cpu_us']:.2f} us/msg")
        base = statistics.median(s["cpu_us"] for s in samples["echo"])
        for name, values in samples.items():
            cpu = [s["cpu_us"] for s in values]
            p99 = statistics.median(s["p99_us"] for s in values)
            ratio = f"{statistics.median(cpu) / base:.2f}"
            latency_and_memory = [f"{p99:.0f}", f"{idle[name]:.0f}"]
            table.append([str(connections), name, sides.spread(cpu), ratio, *latency_and_memory])
    sides.print_table(["connections", "server", "us/msg", "ratio", "p99 us", "bytes"], table)


def compare_sleepers(sleepy, load, options):
    times = {"without": [], "with": []}
    cpus = f"{options.server_cpus},{options.client_cpus}"
    for repetition in range(options.reps):
        for name in list(times) if repetition % 2 == 0 else list(times)[::-1]:
            with Server(f"{sleepy} {{port}}", cpus, "echo") as server:
                mode = ["slow"] if name == "with" else []
                times[name].append(ask(server, load, 50, options, *mode)["p99_us"])
            sides.progress(f"{repetition + 1}/{options.reps} {name} sleepers: p99 {times[name][-1]} us")
    ratio = statistics.median(times["with"]) / statistics.median(times["without"])
    rows = [
        [name, sides.spread(values), f"{ratio:.2f}" if name == "with" else ""]
        for name, values in times.items()
    ]
    sides.print_table(["sleepers", "p99 us of the others", "ratio"], rows)


def main():
    options = parse_flags()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # The servers inherit it.
    targets = [f"//servers/echo:{name}" for name in ECHOES]
    targets += ["//bench:sleepy_echo", "//bench:echo_load"]
    *echoes, sleepy, load = sides.build(*targets)
    compare_echoes(dict(zip(ECHOES, echoes)), load, options)
    compare_sleepers(sleepy, load, options)


if __name__ == "__main__":
    try:
        main()
    except ServerError as error:
        sys.exit(f"{sys.argv[0]}: {error}")
