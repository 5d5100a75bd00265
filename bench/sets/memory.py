"""Resident memory a key, more than the empty server's, while a server fills: keys of 16 bytes,
values of 3 and of 64 bytes, without and with a time to live, from 10 k to 10 M keys (with --quick
of 64 and to 1 M). It is read once it no longer changes."""
import functools
import time

import table
from plot import Plot
from server import ServerError
from trial import Point, Visit, wait_for_rest

TITLE = "Memory against keys"
REPS = 2
TOGETHER = False
COUNTS = (10_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000)
QUICK = (10_000, 100_000, 1_000_000)
SIZES = (3, 64)
BATCH = 500
REST_SECONDS = 1  # Unchanged for so long, resident memory counts as at rest.
REST_TIMEOUT_SECONDS = 30


def at_rest(server):
    """Resident memory once it no longer changes: a table may still be growing at first."""
    wait_for_rest(server)
    rss, since, start = server.rss_bytes(), time.monotonic(), time.monotonic()
    while time.monotonic() - since < REST_SECONDS:
        if time.monotonic() - start > REST_TIMEOUT_SECONDS:
            raise ServerError("its memory does not come to rest")
        time.sleep(0.05)
        if server.rss_bytes() != rss:
            rss, since = server.rss_bytes(), time.monotonic()
    return rss


def request(protocol, size, ttl):
    """One that stores key %d, and its reply."""
    value = b"x" * size
    if protocol == "memcached":
        expiry = 1_000_000 if ttl else 0
        return b"set key:%%012d 0 %d %d\r\n%s\r\n" % (expiry, size, value), b"STORED\r\n"
    tail = b"$2\r\nEX\r\n$7\r\n1000000\r\n" if ttl else b""
    head = b"*%d\r\n$3\r\nSET\r\n$16\r\nkey:%%012d\r\n" % (5 if ttl else 3)
    return head + b"$%d\r\n%s\r\n" % (size, value) + tail, b"+OK\r\n"


class Filling:
    """A server on its way from empty to full."""

    def __init__(self, size, ttl):
        self._size, self._ttl = size, ttl
        self._keys = self._empty_bytes = 0

    def begin(self, server):
        self._keys, self._empty_bytes = 0, at_rest(server)

    def fill(self, server, keys):
        asked, answer = request(server.protocol, self._size, self._ttl)
        with server.connect() as connection:
            replies = connection.makefile("rb")
            for start in range(self._keys, keys, BATCH):
                numbers = range(start, min(keys, start + BATCH))
                connection.sendall(b"".join([asked % i for i in numbers]))
                expected = answer * len(numbers)
                if replies.read(len(expected)) != expected:
                    raise ServerError("a key was not stored")
        self._keys = keys

    def measure(self, keys, server):
        self.fill(server, keys)
        rss = at_rest(server)
        return {"bytes_per_key": (rss - self._empty_bytes) / keys, "rss_mib": rss / (1 << 20)}


def groups(bench):
    counts = QUICK if bench.quick else COUNTS
    groups = []
    for size in SIZES[-1:] if bench.quick else SIZES:
        for ttl in (False, True):
            visits = []
            for contender in bench.of("memory"):
                filling = Filling(size, ttl)
                value = f"{size} bytes" + (", expiring" if ttl else "")
                points = [Point({"value": value, "keys": n}, functools.partial(filling.measure, n))
                          for n in counts]
                visits.append(Visit(contender, points, filling.begin))
            groups.append(visits)
    return groups


def tables(results):
    return [table.side_by_side(results, "Bytes a key", "bytes_per_key", digits=1)]


def plots(results):
    series = {}
    for server in results.servers():
        for p in results.points():
            if p["value"].startswith("64") and results.find(server, **p):
                name = server + (", expiring" if "expiring" in p["value"] else "")
                series.setdefault(name, []).append(
                    (p["keys"], results.median(server, "bytes_per_key", p)))
    return [Plot("memory-by-keys", "Keys of 16 bytes, values of 64", "keys", "resident bytes a key",
                 series)]
