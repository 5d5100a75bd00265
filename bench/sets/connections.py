"""GET, one at a time, over 10, 50, 1000 and 15,000 connections (with --quick up to 1000). From 500
connections on, what opening and closing them costs is taken off. A request's cost is to be O(1) in
the connections: it may grow by 2 us and 10 %, or as much, in proportion, as redis-server's."""
import functools

import law
import load
import table
from plot import Plot
from trial import Point, Visit, wait_for_rest

TITLE = "Throughput against connections"
TOGETHER = True
ALLOWED_US = 2.0  # The kernel's state of 15,000 sockets is in no cache.
COUNTS = (10, 50, 1000, 15_000)
QUICK = (10, 50, 1000)


def measure(bench, count, server):
    request = load.REQUESTS[server.protocol, "GET"]
    requests = 40_000 if bench.quick else 300_000
    sample = load.closed_loop(bench, server, request, requests, connections=count)
    wait_for_rest(server)
    return sample


def groups(bench):
    points = [Point({"connections": n}, functools.partial(measure, bench, n))
              for n in (QUICK if bench.quick else COUNTS)]
    visits = []
    for contender in bench.of("connections"):
        prepare = functools.partial(load.fill, bench)
        visits += [Visit(variant, points, prepare) for variant in contender.backends()]
    return [visits]


def tables(results):
    metrics = [("requests/s", "rps", 0), ("CPU us a request", "cpu_us", 2), ("p50 us", "p50_us", 0),
               ("p99 us", "p99_us", 0), ("p99.9 us", "p999_us", 0), ("RSS MiB", "rss_mib", 1)]
    lists = table.listing(results, "By connections", metrics)
    rows = [("GET", "O(1)", results.points())]
    laws = law.by_size(results, "CPU us a request as connections grow", "connections", rows,
                       ALLOWED_US)
    return [lists, laws]


def plots(results):
    def series(metric, factor=1):
        return {server: [(p["connections"], results.median(server, metric, p) * factor)
                         for p in results.points() if results.find(server, **p)]
                for server in results.servers()}

    return [
        Plot("throughput-by-connections", "GET, one at a time, one core for the server",
             "connections", "thousand requests a second", series("rps", 0.001)),
        Plot("cost-by-connections", "GET, one at a time", "connections",
             "server CPU us a request", series("cpu_us")),
    ]
