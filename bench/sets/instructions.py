"""User instructions a request, by callgrind, which no other program on the machine can disturb:
those of 120,000 requests less those of 20,000, by 100,000, over 20 connections, on back end epoll.
Redis servers are asked by redis-benchmark (-r 100000 -d 64), the first time a key is asked for it
is not there; others by tools/load."""
import functools
import glob
import os

import load
import table
from server import ServerError
from sets import rows
from trial import Point, Visit

TITLE = "Instructions a request"
REPS = 1
TOGETHER = False
TOOLS = {"valgrind": "valgrind"} | rows.TOOLS
FEW, MANY = 20_000, 120_000
CONNECTIONS = 20
KEYS = 100_000
POINTS = [("GET", 16), ("SET", 16), ("PING_MBULK", 16), ("GET", 1), ("SET", 1), ("/plaintext", 1),
          ("64 bytes", 1)]
QUICK = [("GET", 16), ("SET", 16), ("/plaintext", 1), ("64 bytes", 1)]
BARS = {("GET", 16): 700, ("SET", 16): 1000}


def instructions(bench, contender, what, depth, requests):
    """Of a whole run of a server."""
    output = f"{bench.folder}/callgrind"
    for path in glob.glob(output + "*"):
        os.remove(path)
    prefix = f"valgrind --tool=callgrind --callgrind-out-file={output}.%p"
    with contender.start(bench, prefix=prefix) as server:
        if server.protocol == "redis":
            row = rows.Row(what)
            rows.ask(server, bench.client_cpus, row, depth, requests, KEYS, CONNECTIONS)
        else:
            request = load.REQUESTS[server.protocol, what]
            load.ask(bench, server, request, depth=depth, requests=requests, keys=KEYS,
                     connections=CONNECTIONS)
    totals = [total(path) for path in glob.glob(output + "*")]
    if not totals:
        raise ServerError("callgrind wrote nothing")
    return sum(totals)


def total(path):
    with open(path) as file:
        for line in file:
            if line.startswith(("summary:", "totals:")):
                return int(line.split()[1])
    raise ServerError("callgrind's file has no total")


def measure(bench, what, depth, contender):
    few, many = (instructions(bench, contender, what, depth, n) for n in (FEW, MANY))
    return {"instructions": (many - few) / (MANY - FEW)}


def groups(bench):
    visits = []
    for contender in bench.of("instructions"):
        points = [
            Point({"request": what, "depth": f"-P {depth}"},
                  functools.partial(measure, bench, what, depth))
            for what, depth in (QUICK if bench.quick else POINTS)
            if contender.protocol == "redis" and what in [row.name for row in rows.ROWS]
            or (contender.protocol, what) in load.REQUESTS
        ]
        visits.append(Visit(contender, points, serves=False))
    return [visits]


def tables(results):
    servers = results.servers()
    head = ["", *servers, "ours at most", "holds"]
    made = table.Table("User instructions a request", head)
    for labels in results.points():
        what, depth = labels["request"], int(labels["depth"].split()[1])
        ours = results.median(results.ours(), "instructions", labels)
        cells = [results.text(server, "instructions", labels, 0) for server in servers]
        made.rows.append([table.name(labels), *cells,
                          *made.hold(table.name(labels), ours, BARS.get((what, depth)), 0)])
    return [made]


def plots(results):
    return []
