"""One thread and two, at 50 connections. Server and client run on the same two cores, so that only
the CPU time a request can be compared. Our bar: two reactors under handoff cost at most 1.1 times
what one does."""
import dataclasses
import functools

import load
import table
from plot import Plot
from sets.models import MODELS
from trial import Visit

TITLE = "Cost against threads"
QUICK_REPS = 3
TOGETHER = False
POINTS = [("GET", 1), ("SET", 1), ("GET", 16), ("SET", 16), ("/plaintext", 1), ("64 bytes", 1)]
QUICK = [("GET", 1), ("GET", 16)]
QUICK_MODELS = ("single", "handoff")
BAR = 1.1


def measure(bench, what, depth, server):
    request = load.REQUESTS[server.protocol, what]
    requests = (20_000 if bench.quick else 100_000) * (1 if depth == 1 else 5)
    return load.closed_loop(bench, server, request, requests, depth=depth)


def variants(contender, quick):
    if not contender.takes("model"):
        return [contender, contender.variant(threads="2")]
    models = [m for m in (QUICK_MODELS if quick else MODELS)
              if not (m == "prefork" and contender.protocol == "redis")]
    return [contender.variant(model=model, threads=threads)
            for model in models
            for threads in (("1",) if model == "single" else ("1", "2"))]


def groups(bench):
    cpus = f"{bench.server_cpus},{bench.client_cpus}"
    shared = dataclasses.replace(bench, client_cpus=cpus)
    groups = {}
    for contender in bench.of("threads"):
        wanted = QUICK if bench.quick else POINTS
        points = load.points(contender.protocol, wanted, functools.partial(measure, shared))
        # Who can be asked for the same runs beside each other.
        kind = "keys" if contender.protocol in ("redis", "memcached") else contender.protocol
        prepare = functools.partial(load.fill, shared)
        groups.setdefault(kind, []).extend(
            Visit(variant, points, prepare, cpus=cpus)
            for variant in variants(contender, bench.quick)
        )
    return list(groups.values())


def tables(results):
    made = []
    for labels in results.points():
        head = ["", "1 thread", "2 threads", "2 by 1", "2 by single"]
        one = table.Table(f"CPU us a request, {table.name(labels)}", head + ["at most", "holds"])
        for server in results.servers():
            if server.endswith(" x2") or not results.find(server, **labels):
                continue
            two, single = f"{server} x2", server.split()[0]
            ratios = [results.ratio(two, base, "cpu_us", labels) for base in (server, single)]
            cells = [results.text(s, "cpu_us", labels) for s in (server, two)]
            held = ratios[1] if server.endswith(" handoff") else None
            one.rows.append([server, *cells, *map(table.number, ratios),
                             *one.hold(server, held, BAR)])
        made.append(one)
    return made


def plots(results):
    labels = {"request": "GET", "depth": "-P 1"}
    series = {}
    for server in results.servers():
        one, two = (results.median(s, "cpu_us", labels) for s in (server, f"{server} x2"))
        if one and two:
            series[server] = [(1, one), (2, two)]
    return [Plot("cost-by-threads", "GET, one at a time, server and client on the same two cores",
                 "threads", "server CPU us a request", series, log_x=False,
                 ticks=(1, 2))]
