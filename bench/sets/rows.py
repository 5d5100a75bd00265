"""redis-benchmark's own rows, at 50 connections.

Before each row stand 1 M keys with values of 64 bytes (with --quick 100 k), and what the row reads
or removes, so that it never works on what is missing: GET finds every key, LPOP, RPOP, SPOP and
ZPOPMIN as many elements as they take, LRANGE a list of 1000. LRANGE sends a tenth of the requests,
as each brings hundreds of elements. us/req is the server's CPU time, user and system, from before
the client starts until it has ended, by the number of requests.
"""
import csv
import dataclasses
import functools
import random

import load
import table
from server import ServerError
from trial import Point, Visit, wait_for_rest

TITLE = "redis-benchmark's rows"
QUICK_REPS = 3
TOGETHER = True
TOOLS = {"redis-benchmark": "redis-tools"}
VALUE = "x" * load.VALUE_BYTES
LRANGE_LIST = 1000
DEPTHS = (1, 16)
QUICK = ("PING_MBULK", "SET", "GET", "LPUSH", "HSET", "LRANGE_100")


@dataclasses.dataclass(frozen=True)
class Row:
    """One row of redis-benchmark."""

    name: str
    command: tuple = ()  # Sent literally; else the test of this name (-t) is run.
    fill: str = ""
    share: float = 1  # Of the requests that the others send.
    adds_keys: bool = False

    def requests(self, bench, depth):
        full = {1: 100_000, 16: 1_000_000}[depth] // (5 if bench.quick else 1)
        return int(full * self.share)


def lrange(count):
    command = ("LRANGE", "mylist", "0", str(count - 1))
    return Row(f"LRANGE_{count}", command, fill="range", share=0.1)


ROWS = [
    Row("PING_INLINE"),
    Row("PING_MBULK"),
    Row("SET"),
    Row("GET"),
    Row("INCR", adds_keys=True),
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


def keyspace(bench):
    return 100_000 if bench.quick else 1_000_000


def in_groups(items, size):
    return [items[i : i + size] for i in range(0, len(items), size)]


def fill_commands(row, requests, keys):
    """What the row is going to read or remove."""
    if row.fill in ("list", "range"):
        length = LRANGE_LIST if row.fill == "range" else requests
        return [["RPUSH", "mylist", *part] for part in in_groups([VALUE] * length, 100)]
    if row.fill == "set":
        members = [f"element:{i:012d}" for i in range(requests)]
        return [["SADD", "myset", *part] for part in in_groups(members, 100)]
    if row.fill == "zset":
        scores = random.Random(1)
        pairs = [(str(scores.randrange(keys)), f"element:{i:012d}") for i in range(requests)]
        return [["ZADD", "myzset", *sum(part, ())] for part in in_groups(pairs, 100)]
    return []


def start_over(bench, server):
    server.run([["FLUSHALL"]])
    load.fill(bench, server, keyspace(bench))
    wait_for_rest(server)


def ask(server, cpus, row, depth, requests, keys, connections=50):
    """One run of redis-benchmark: its line."""
    command = ["redis-benchmark", "-p", server.port, "--csv", "-c", connections, "-n", requests]
    command += ["-r", keys, "-P", depth, "-d", load.VALUE_BYTES]
    command += row.command or ["-t", row.name.lower()]
    output = server.client(cpus, *command)
    lines = list(csv.DictReader(output.splitlines()))
    if len(lines) != 1:
        raise ServerError(f"{row.name}: redis-benchmark printed {output}")
    return lines[0]


def measure(bench, row, depth, server):
    requests = row.requests(bench, depth)
    server.run([["DEL", "mylist", "myset", "myhash", "myzset"]])
    server.run(fill_commands(row, requests, keyspace(bench)))
    wait_for_rest(server)
    before = server.cpu_ns()
    line = ask(server, bench.client_cpus, row, depth, requests, keyspace(bench))
    cpu_ns = server.cpu_ns() - before
    if row.adds_keys:
        start_over(bench, server)
    return {
        "cpu_us": cpu_ns / 1000 / requests,
        "rps": float(line["rps"]),
        "p50_us": float(line["p50_latency_ms"]) * 1000,
        "p99_us": float(line["p99_latency_ms"]) * 1000,
    }


def groups(bench):
    rows = [row for row in ROWS if not bench.quick or row.name in QUICK or bench.only]
    points = [
        Point({"row": row.name, "depth": f"-P {depth}"},
              functools.partial(measure, bench, row, depth))
        for depth in DEPTHS
        for row in rows
    ]
    prepare = functools.partial(start_over, bench)
    return [[Visit(variant, points, prepare)
             for contender in bench.of("rows", "redis")
             for variant in (contender.backends() if not bench.quick else [contender])]]


def bar(labels):
    """What CPU time a request is held to, as a ratio to redis-server's."""
    row, is_single = labels["row"], labels["depth"] == "-P 1"
    if row.startswith("PING"):
        return 0.95
    if row.startswith("LRANGE"):
        return 0.70
    if row in ("GET", "SET"):
        return 0.82 if is_single else {"GET": 0.37, "SET": 0.42}[row]
    return 0.85 if is_single else 0.55


def on_epoll(results):
    """Whom our default is compared with. Variants have a blank in their name."""
    return [server for server in results.servers() if " " not in server]


def in_short(results):
    """Medians, both depths in a row: what README.md shows."""
    servers = on_epoll(results)[:2]
    head = ["row"]
    for depth in DEPTHS[::-1]:
        head += [f"{server}, `-P {depth}`" for server in servers] + ["ratio"]
    made = table.Table("In short: server CPU us a request", head)
    for name in dict.fromkeys(p["row"] for p in results.points()):
        made.rows.append([name])
        for depth in DEPTHS[::-1]:
            labels = {"row": name, "depth": f"-P {depth}"}
            values = [results.median(server, "cpu_us", labels) for server in servers]
            values.append(results.ratio(*servers, "cpu_us", labels))
            made.rows[-1] += map(table.number, values)
    return made


def tables(results):
    servers = on_epoll(results)
    made = [in_short(results)] if len(servers) > 1 else []
    for depth in DEPTHS:
        points = [p for p in results.points() if p["depth"] == f"-P {depth}"]
        for title, metric, digits, held in (("Server CPU us a request", "cpu_us", 2, bar),
                                            ("Requests a second", "rps", 0, None),
                                            ("p99 us", "p99_us", 0, lambda _: 1.0)):
            title = f"{title}, -P {depth}"
            made.append(table.side_by_side(results, title, metric, points, digits, held,
                                           servers=servers))
        for variant in results.servers():
            if variant not in servers:
                title = f"Server CPU us a request, -P {depth}, {variant}"
                made.append(table.side_by_side(results, title, "cpu_us", points,
                                               servers=[variant, *servers[1:]]))
    return made


def plots(results):
    return []
