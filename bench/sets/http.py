"""The HTTP server beside nginx, by wrk: 64 connections; one request at a time or 16 in a pipeline,
files of 4 KiB and 1 MiB, and the former where nginx keeps files open. Bodies are looked at before
each run."""
import functools

import table
import wrk
from server import ServerError
from trial import Point, Visit

TITLE = "HTTP beside nginx"
TOGETHER = True
TOOLS = {"wrk": "wrk"}
CONNECTIONS = 64
REQUESTS = [
    ("13 bytes, one at a time", "/plaintext", 1),
    ("13 bytes, 16 in a pipeline", "/plaintext", 16),
    ("file of 4 KiB", "/4k", 1),
    ("the same, nginx with open_file_cache", "/cached/4k", 1),
    ("file of 1 MiB", "/1m", 1),
]


def measure(bench, path, depth, server):
    expected = b"Hello, World!"
    if path != "/plaintext":
        with open(bench.folder + path, "rb") as file:
            expected = file.read()
    if server.get(path) != expected:
        raise ServerError(f"{path} is not what it should be\n{server.output()}")
    seconds = 1 if bench.quick else 3
    before = server.cpu_ns()
    requests, p99_ms = wrk.ask(
        server, path, depth, CONNECTIONS, seconds, bench.client_cpus, bench.folder
    )
    sample = {
        "cpu_us": (server.cpu_ns() - before) / 1000 / requests,
        "rps": requests / seconds,
        "rss_mib": server.rss_bytes() / (1 << 20),
    }
    return sample | ({"p99_us": p99_ms * 1000} if depth == 1 else {})


def groups(bench):
    points = [Point({"request": name}, functools.partial(measure, bench, path, depth))
              for name, path, depth in REQUESTS]
    return [[Visit(contender, points) for contender in bench.of("http", "http")]]


def tables(results):
    return [
        table.side_by_side(results, "CPU us a request", "cpu_us"),
        table.listing(results, "Rates, latency and memory", [
            ("requests/s", "rps", 0), ("p99 us", "p99_us", 0), ("RSS MiB", "rss_mib", 1)]),
    ]


def plots(results):
    return []
