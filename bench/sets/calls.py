"""System calls a request of each server, by perf (which takes root), at 50 connections."""
import functools

import load
import syscalls
import table
from trial import Visit

TITLE = "System calls a request"
REPS = 1
TOGETHER = True
TOOLS = syscalls.TOOLS
POINTS = [("GET", 1), ("SET", 1), ("GET", 16), ("SET", 16), ("/plaintext", 1), ("64 bytes", 1)]


def measure(bench, what, depth, server):
    request = load.REQUESTS[server.protocol, what]
    requests = 20_000 * depth if bench.quick else 100_000 * depth

    def ask():
        return load.ask(bench, server, request, depth=depth, requests=requests, keys=load.FILL_KEYS)

    return {"calls": syscalls.count(server, requests, ask)}


def groups(bench):
    visits = []
    for contender in bench.of("calls"):
        measure_one = functools.partial(measure, bench)
        points = load.points(contender.protocol, POINTS, measure_one)
        prepare = functools.partial(load.fill, bench)
        visits += [Visit(variant, points, prepare) for variant in contender.backends()]
    return [visits]


def tables(results):
    return [table.matrix(results, "System calls a request", "calls", digits=3)]


def plots(results):
    return []
