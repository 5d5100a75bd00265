#!/usr/bin/env python3
"""Our Redis server beside Debian's: speed, latency and CPU time per request, row by row.

The rows are redis-benchmark's own. Both servers run alone, in turn (the order alternates from
repetition to repetition), on a CPU of their own; the client has another one. Every row starts
from FLUSHALL and, where it reads or removes, from a fill of its own, so that it never works on
missing keys: GET finds every key of the keyspace, LPOP, RPOP, SPOP and ZPOPMIN as many elements
as they take, LRANGE a list of 1000. The fill is not measured. An LRANGE row sends a tenth of the
requests, as each brings hundreds of elements.

A table has medians, with (lowest-highest) where that matters. us/req is the server's CPU time in
microseconds, user and system, of all its threads, from before the row's client starts until it
has ended, by the number of requests: it says what the server costs even where the client is the
bottleneck. The ratios are ours by theirs: over 1 is better for requests/s, under 1 for CPU.
"""
import argparse
import csv
import dataclasses
import json
import random
import shlex
import statistics
import subprocess
import sys
import time

import sides
from server import Server, ServerError

VALUE = "xxx"  # redis-benchmark's data of three bytes.
LRANGE_LIST = 1000
METRICS = {"rps": "requests/s", "p50_ms": "p50 ms", "p99_ms": "p99 ms", "cpu_us": "us/req"}


@dataclasses.dataclass(frozen=True)
class Row:
    """One row of redis-benchmark."""

    name: str
    command: tuple = ()  # Sent literally; else the test of this name (-t) is run.
    fill: str = ""
    share: float = 1  # Of the requests that --requests asks for.

    def requests(self, full):
        return max(1, int(full * self.share))


def lrange(count):
    command = ("LRANGE", "mylist", "0", str(count - 1))
    return Row(f"LRANGE_{count}", command, fill="range", share=0.1)


ROWS = [
    Row("PING_INLINE"),
    Row("PING_MBULK"),
    Row("SET"),
    Row("GET", fill="strings"),
    Row("INCR"),
    Row("LPUSH"),
    Row("RPUSH"),
    Row("LPOP", fill="list"),
    Row("RPOP", fill="list"),
    Row("SADD"),
    Row("HSET"),
    Row("SPOP", fill="set"),
    Row("ZADD"),
    Row("ZPOPMIN", fill="zset"),
    *map(lrange, (100, 300, 500, 600)),
    Row("MSET"),
]


def in_groups(items, size):
    return [items[i : i + size] for i in range(0, len(items), size)]


def fill_commands(row, requests, keys, keyspace):
    """The commands before `row`: `keys` strings, and what the row is going to read or remove."""
    strings = max(keys, keyspace if row.fill == "strings" else 0)
    commands = [["SET", f"key:{i:012d}", VALUE] for i in range(strings)]
    if row.fill in ("list", "range"):
        length = LRANGE_LIST if row.fill == "range" else requests
        commands += [["RPUSH", "mylist", *part] for part in in_groups([VALUE] * length, 100)]
    elif row.fill == "set":
        members = [f"element:{i:012d}" for i in range(requests)]
        commands += [["SADD", "myset", *part] for part in in_groups(members, 100)]
    elif row.fill == "zset":
        scores = random.Random(1)
        pairs = [(str(scores.randrange(keyspace)), f"element:{i:012d}") for i in range(requests)]
        commands += [["ZADD", "myzset", *sum(part, ())] for part in in_groups(pairs, 100)]
    return commands


def client_command(row, port, pipeline, requests, options):
    command = ["taskset", "-c", options.client_cpus, "redis-benchmark", "-p", str(port), "--csv"]
    command += ["-c", str(options.clients), "-n", str(requests), "-r", str(options.keyspace)]
    command += ["-P", str(pipeline)]
    return command + (list(row.command) if row.command else ["-t", row.name.lower()])


def measure(server, row, pipeline, full, options):
    """One sample: a value for each of METRICS."""
    requests = row.requests(full)
    server.run([["FLUSHALL"]])
    server.run(fill_commands(row, requests, options.keys, options.keyspace))
    command = client_command(row, server.port, pipeline, requests, options)
    before = server.cpu_ns()
    client = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    cpu_ns = server.cpu_ns() - before
    lines = list(csv.DictReader(client.stdout.splitlines()))
    if client.returncode != 0 or client.stderr or len(lines) != 1:
        text = client.stderr + client.stdout
        raise ServerError(f"{shlex.join(command)}\n{text}\nserver: {server.output()}")
    return {
        "rps": float(lines[0]["rps"]),
        "p50_ms": float(lines[0]["p50_latency_ms"]),
        "p99_ms": float(lines[0]["p99_latency_ms"]),
        "cpu_us": cpu_ns / 1000 / requests,
    }


class Progress:
    """Says what runs, and how long it all still takes, going by the samples so far."""

    def __init__(self, total):
        self._total, self._done, self._start = total, 0, time.monotonic()

    def report(self, what, sample):
        self._done += 1
        left = (time.monotonic() - self._start) / self._done * (self._total - self._done)
        text = f"{sample['rps']:.0f}/s, {sample['cpu_us']:.2f} us/req"
        sides.progress(f"[{self._done}/{self._total}] {what}: {text}; {left:.0f} s left")


def run(lines, rows, loads, options):
    """All samples: (pipeline, row, side) -> one for each repetition."""
    samples = {}
    progress = Progress(2 * options.reps * len(rows) * len(loads))
    for repetition in range(options.reps):
        order = list(lines) if repetition % 2 == 0 else list(lines)[::-1]
        for side in order:
            with Server(lines[side], options.server_cpus) as server:
                for pipeline, full in loads:
                    for row in rows:
                        sample = measure(server, row, pipeline, full, options)
                        samples.setdefault((pipeline, row, side), []).append(sample)
                        what = f"{repetition + 1}/{options.reps} {side} -P {pipeline} {row.name}"
                        progress.report(what, sample)
    return samples


def summarize(samples, loads, options):
    """One record for each row, pipeline and side, with every metric's median, min and max."""
    records = []
    for (pipeline, row, side), values in samples.items():
        record = {"pipeline": pipeline, "row": row.name, "side": side}
        record["requests"] = row.requests(dict(loads)[pipeline])
        client = client_command(row, "{port}", pipeline, record["requests"], options)
        record["client"] = shlex.join(client)
        for metric in METRICS:
            column = [value[metric] for value in values]
            record[metric] = round(statistics.median(column), 3)
            record[metric + "_min"] = round(min(column), 3)
            record[metric + "_max"] = round(max(column), 3)
        records.append(record)
    return records


def spread(record, metric, digits):
    low, high = record[metric + "_min"], record[metric + "_max"]
    median = f"{record[metric]:.{digits}f}"
    return median if low == high else f"{median} ({low:.{digits}f}-{high:.{digits}f})"


def print_tables(records, loads):
    found = {(r["pipeline"], r["row"], r["side"]): r for r in records}
    head = ["row", "ours req/s", "theirs req/s", "ratio", "p50 ms", "p99 ms"]
    head += ["ours us/req", "theirs us/req", "ratio"]
    for pipeline, full in loads:
        print(f"\n-P {pipeline}, {full} requests (p50 and p99: ours / theirs)")
        table = []
        for name in dict.fromkeys(r["row"] for r in records):
            ours, theirs = found[pipeline, name, "ours"], found[pipeline, name, "theirs"]
            table.append([name, spread(ours, "rps", 0), spread(theirs, "rps", 0)])
            table[-1].append(f"{ours['rps'] / theirs['rps']:.2f}")
            table[-1] += [f"{ours[m]:.3f} / {theirs[m]:.3f}" for m in ("p50_ms", "p99_ms")]
            table[-1] += [spread(ours, "cpu_us", 2), spread(theirs, "cpu_us", 2)]
            table[-1].append(f"{ours['cpu_us'] / max(theirs['cpu_us'], 1e-9):.2f}")
        sides.print_table(head, table)


def write_csv(path, head, records):
    with open(path, "w", newline="") as file:
        for name, value in head.items():
            file.write(f"# {name}: {value}\n")
        writer = csv.DictWriter(file, records[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)


def write_json(path, head, records, samples):
    lists = {(p, row.name, side): values for (p, row, side), values in samples.items()}
    for record in records:
        record["samples"] = lists[record["pipeline"], record["row"], record["side"]]
    with open(path, "w") as file:
        json.dump({"circumstances": head, "results": records}, file, indent=1)
        file.write("\n")


def parse_flags():
    text, _, notes = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=text, epilog=notes, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    sides.add_flags(parser)
    names = ",".join(row.name for row in ROWS)
    parser.add_argument("--rows", default=names, help="default: %(default)s")
    parser.add_argument("--reps", type=int, default=5, help="default: %(default)s")
    parser.add_argument("-P", "--pipeline", default="1,16", help="default: %(default)s")
    parser.add_argument(
        "-n",
        "--requests",
        default="100000,1000000",
        help="one number, or one for each pipeline; default: %(default)s",
    )
    parser.add_argument("-c", "--clients", type=int, default=50, help="default: %(default)s")
    parser.add_argument(
        "-r",
        "--keyspace",
        type=int,
        default=100000,
        help="random keys and elements; default: %(default)s",
    )
    parser.add_argument(
        "--keys", type=int, default=0, help="string keys there before every row; default: 0"
    )
    parser.add_argument("--client-cpus", metavar="LIST", default="1", help="default: %(default)s")
    parser.add_argument("--quick", action="store_true", help="one repetition, a tenth of -n")
    parser.add_argument("--csv", metavar="FILE", help="write the medians")
    return parser, parser.parse_args()


def main():
    parser, options = parse_flags()
    known = {row.name: row for row in ROWS}
    names = options.rows.upper().split(",")
    unknown = [name for name in names if name not in known]
    if unknown:
        parser.error(f"--rows: no {', '.join(unknown)}; there are {', '.join(known)}")
    pipelines = [int(text) for text in options.pipeline.split(",")]
    requests = [int(text) for text in options.requests.split(",")]
    if len(requests) == 1:
        requests *= len(pipelines)
    if len(requests) != len(pipelines):
        parser.error("--requests: one number, or one for each of --pipeline")
    if options.quick:
        options.reps, requests = 1, [n // 10 for n in requests]
    loads = list(zip(pipelines, requests))

    lines = sides.commands(options)
    samples = run(lines, [known[name] for name in names], loads, options)
    records = summarize(samples, loads, options)
    head = sides.circumstances(options, lines)
    head["repetitions"] = options.reps
    head["keys before every row"] = options.keys
    for name, value in head.items():
        print(f"{name}: {value}")
    print_tables(records, loads)
    if options.csv:
        write_csv(options.csv, head, records)
    if options.json:
        write_json(options.json, head, records, samples)


try:
    main()
except ServerError as error:
    sys.exit(f"{sys.argv[0]}: {error}")
