"""How the servers are asked, by tools/load: what a request is called under each protocol, and what
a closed or an open loop of them costs the server and the client."""
import functools
import json
import time

from trial import Point

VALUE_BYTES = 64
FILL_KEYS = 100_000
SOURCES = [f"127.0.0.{i}" for i in range(2, 10)]  # One address has ports for 28000 connections.
MANY_CONNECTIONS = 500  # From here on opening and closing them shows.
REST_SECONDS = 0.3  # In which a server closes what its clients have left.

# What an operation is called by the generator, by protocol.
REQUESTS = {
    ("redis", "GET"): ["--command", "GET key:{key}"],
    ("redis", "SET"): ["--command", "SET key:{key} {value}"],
    ("redis", "PING"): ["--command", "PING"],
    ("memcached", "GET"): ["--command", "get key:{key}"],
    ("memcached", "SET"): ["--command", "set key:{key} {value}"],
    ("http", "/plaintext"): ["--path", "/plaintext"],
    ("echo", "64 bytes"): ["--size", "64"],
}


def points(protocol, wanted, measure):
    """A point for each of `wanted`, what and how many at a time, that the protocol has; `measure`
    gets both, and the server."""
    return [
        Point({"request": what, "depth": f"-P {depth}"}, functools.partial(measure, what, depth))
        for what, depth in wanted
        if (protocol, what) in REQUESTS
    ]


def ask(bench, server, request, **flags):
    """Runs the generator with `request`, its flags; what it has measured."""
    command = [bench.binaries["load"], "--format", "json", "--quiet", *request]
    command += ["--protocol", server.protocol, "--port", server.port]
    for name, value in flags.items():
        values = value if isinstance(value, list) else [value]
        command += [f"--{name.replace('_', '-')}", *values]
    return json.loads(server.client(bench.client_cpus, *command))


def fill(bench, server, keys=FILL_KEYS):
    """Sets key:0 to `keys` - 1, where the protocol has keys."""
    if server.protocol in ("redis", "memcached"):
        request = REQUESTS[server.protocol, "GET"]
        ask(bench, server, [*request, "--fill"], keys=keys, requests=1, value_size=VALUE_BYTES)


def latencies(measured):
    names = {"p50": "p50_us", "p99": "p99_us", "p99.9": "p999_us", "max": "max_us"}
    return {metric: measured[name] for name, metric in names.items()}


def closed_loop(bench, server, request, requests, connections=50, depth=1, keys=FILL_KEYS):
    """A sample: rates, latencies, memory, and the server's CPU time a request.

    With many connections it is that of all requests less that of a run of a tenth of them, by the
    difference: what opening and closing the connections costs is in both.
    """
    flags = {"connections": connections, "depth": depth, "keys": keys}
    if connections > 1000:
        flags["source"] = SOURCES
    warm_up = max(requests // 10, connections)
    is_many = connections >= MANY_CONNECTIONS

    def run(count):
        before = server.cpu_ns()
        measured = ask(bench, server, request, requests=count, **flags)
        if is_many:
            time.sleep(REST_SECONDS)
        return server.cpu_ns() - before, measured

    ask(bench, server, request, requests=warm_up, **flags)
    base_ns = run(warm_up)[0] if is_many else 0
    cpu_ns, measured = run(requests)
    counted = requests - (warm_up if is_many else 0)
    return {
        "cpu_us": (cpu_ns - base_ns) / 1000 / counted,
        "rps": measured["rps"],
        **latencies(measured),
        "rss_mib": server.rss_bytes() / (1 << 20),
    }


def open_loop(bench, server, request, rate, seconds, connections=50, keys=FILL_KEYS):
    """A sample: each request is due at its time."""
    before = server.cpu_ns()
    requests = max(1, int(rate * seconds))
    measured = ask(bench, server, request, rate=rate, requests=requests, connections=connections,
                   keys=keys)
    cpu_us = (server.cpu_ns() - before) / 1000 / requests
    return {"cpu_us": cpu_us, "rps": measured["rps"], **latencies(measured)}
