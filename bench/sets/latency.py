"""Open loops of GET over 50 connections, at rates from low to saturation: each request is due at
its time, and its latency counts from then, whether or not the server let it be sent. Where fewer
are answered than were due, the server, or the client on its one core, is saturated."""
import functools

import load
import table
from plot import Plot
from trial import Point, Visit

TITLE = "Latency against offered load"
TOGETHER = True
RATES = (5_000, 10_000, 20_000, 40_000, 60_000, 80_000, 100_000, 120_000)
QUICK = (10_000, 40_000, 80_000)
ANSWERED = 0.97  # From here on a rate counts as kept up with.


def measure(bench, rate, server):
    request = load.REQUESTS[server.protocol, "GET"]
    seconds = 1 if bench.quick else 5
    sample = load.open_loop(bench, server, request, rate, seconds)
    return {"p99_us": sample.pop("p99_us")} | sample


def groups(bench):
    rates = QUICK if bench.quick else RATES
    points = [Point({"rate": rate}, functools.partial(measure, bench, rate)) for rate in rates]
    prepare = functools.partial(warm_up, bench)
    return [[Visit(contender, points, prepare) for contender in bench.of("latency")]]


def warm_up(bench, server):
    load.fill(bench, server)
    load.open_loop(bench, server, load.REQUESTS[server.protocol, "GET"], 20_000, 0.5)


def tables(results):
    metrics = [("answered a second", "rps", 0), ("p50 us", "p50_us", 0), ("p99 us", "p99_us", 0),
               ("p99.9 us", "p999_us", 0), ("CPU us a request", "cpu_us", 2)]
    return [table.listing(results, "By requests offered a second", metrics)]


def plots(results):
    series = {}
    for server in results.servers():
        for metric, what in (("p50_us", "p50"), ("p99_us", "p99")):
            series[f"{server} {what}"] = [
                (p["rate"], results.median(server, metric, p))
                for p in results.points()
                if (results.median(server, "rps", p) or 0) > ANSWERED * p["rate"]
            ]
    return [Plot("latency-by-load", "GET over 50 connections, open loop, up to saturation",
                 "requests offered a second", "latency, us", series, log_x=False, log_y=True)]
