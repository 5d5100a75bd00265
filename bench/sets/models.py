"""Our servers in each threading model on each back end, with one thread, at 50 connections: CPU
time and system calls a request (the latter where there is perf, and one is root)."""
import functools

import load
import syscalls
import table
from trial import Visit

TITLE = "Models and back ends"
TOGETHER = True
MODELS = ("single", "handoff", "reuseport", "exclusive", "io_threads", "prefork")
BACKENDS = ("epoll", "epoll-et", "io_uring")
POINTS = [("GET", 1), ("SET", 1), ("GET", 16), ("SET", 16), ("/plaintext", 1), ("/plaintext", 16),
          ("64 bytes", 1)]
QUICK = [("GET", 1), ("GET", 16), ("/plaintext", 1), ("64 bytes", 1)]


def measure(bench, what, depth, server):
    request = load.REQUESTS[server.protocol, what]
    requests = (10_000 if bench.quick else 100_000) * (1 if depth == 1 else 5)
    sample = load.closed_loop(bench, server, request, requests, depth=depth)
    if syscalls.can_count() and not bench.quick:
        sample["calls"] = syscalls.count(server, requests, lambda: load.ask(
            bench, server, request, depth=depth, requests=requests, keys=load.FILL_KEYS))
    return sample


def groups(bench):
    groups = []
    for contender in bench.of("models"):
        wanted = QUICK if bench.quick else POINTS
        points = load.points(contender.protocol, wanted, functools.partial(measure, bench))
        models = [m for m in MODELS if not (m == "prefork" and contender.protocol == "redis")]
        backends = [b for b in BACKENDS if not (bench.quick and b == "epoll-et")]
        prepare = functools.partial(load.fill, bench)
        groups.append([
            Visit(variant, points, prepare)
            for model in models
            for variant in contender.variant(model=model).backends(backends)
        ])
    return groups


def tables(results):
    made = []
    for family in dict.fromkeys(server.split()[0] for server in results.servers()):
        servers = [s for s in results.servers() if s.split()[0] == family]
        points = [p for p in results.points() if results.find(servers[0], **p)]
        for title, metric, digits in (("server CPU us a request", "cpu_us", 2),
                                      ("system calls a request", "calls", 3),
                                      ("p99 us", "p99_us", 0)):
            title = f"{family}: {title}"
            made.append(table.matrix(results, title, metric, points, servers, digits))
    return [one for one in made if one.rows]


def plots(results):
    return []
