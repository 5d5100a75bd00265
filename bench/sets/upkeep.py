"""Latency while the server tidies up: an open loop at 20,000 requests a second over 50 connections,
half of them a GET, half an MSET of 10 keys with values of 64 bytes.

quiet: of 1 M keys that are there. grow: each MSET sets new keys, 100 k a second, until there are 10
M. evict: the same where maxmemory is what is used already (allkeys-lru). flush: FLUSHALL of those
10 M keys a second after the loop has begun. expire: of 10 M more keys that were due before it began
(DEBUG SET-ACTIVE-EXPIRE). With --quick 1 M keys stand for 10 M, and 100 k for 1 M. One server goes
through all five. The bar is twice its own quiet p99.9 and a millisecond.
"""
import functools
import threading

import load
import table
from server import ServerError
from trial import Point, Visit, wait_for_rest

TITLE = "Latency under upkeep"
TOGETHER = False
RATE = 20_000
MSET_KEYS = 10
NAMES = [f"k{i:02d}" for i in range(MSET_KEYS)]
MIX = ["--command", f"GET {NAMES[0]}:{{key}}"]
MIX += ["--command", "MSET " + " ".join(f"{name}:{{key}} {{value}}" for name in NAMES)]
# As many to draw from that hardly one comes twice, or is there from the phase before.
GROWTH_KEYS, EVICTION_KEYS = 4_000_000_000, 3_000_000_000
FLUSH_SECONDS = 1
BATCH = 1000


class Client:
    """One connection for commands whose replies matter."""

    def __init__(self, server):
        self.socket = server.connect()
        self.replies = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.replies.close()
        self.socket.close()

    def run(self, text):
        self.socket.sendall(text.encode() + b"\r\n")
        line = self.replies.readline()
        if line[:1] == b"-":
            raise ServerError(f"{text}: {line.decode()}")
        return self.replies.read(int(line[1:]) + 2).decode() if line[:1] == b"$" else line[1:-2]

    def info(self, field):
        for line in self.run("INFO").splitlines():
            if line.startswith(field + ":"):
                return int(line.partition(":")[2])
        raise ServerError(f"INFO has no {field}")


def few(bench):
    return 100_000 if bench.quick else 1_000_000


def many(bench):
    return 1_000_000 if bench.quick else 10_000_000


def seconds(bench):
    return 2 if bench.quick else 10


def ask(bench, server, keys, for_seconds=None):
    return load.open_loop(bench, server, MIX, RATE, for_seconds or seconds(bench), keys=keys)


def prepare(bench, server):
    """Each name's first keys are there."""
    with Client(server) as client:
        pieces = few(bench) // MSET_KEYS
        for i in range(pieces):
            pairs = " ".join(f"{name}:{i:012d} {'x' * load.VALUE_BYTES}" for name in NAMES)
            client.socket.sendall(f"MSET {pairs}\r\n".encode())
        for i in range(pieces):
            client.replies.readline()
    # As the loop stores what it checks.
    load.ask(bench, server, MIX[2:], keys=pieces, requests=pieces * 10, depth=16)
    wait_for_rest(server)


def quiet(bench, server):
    return ask(bench, server, few(bench) // MSET_KEYS)


def grow(bench, server):
    new = many(bench) - few(bench)
    return ask(bench, server, GROWTH_KEYS, new / (RATE / 2 * MSET_KEYS))


def evict(bench, server):
    with Client(server) as client:
        client.run("CONFIG SET maxmemory-policy allkeys-lru")
        client.run(f"CONFIG SET maxmemory {client.info('used_memory')}")
        evicted = client.info("evicted_keys")
        sample = ask(bench, server, EVICTION_KEYS)
        sample["keys"] = client.info("evicted_keys") - evicted
        client.run("CONFIG SET maxmemory 0")
    wait_for_rest(server)
    if sample["keys"] == 0:
        raise ServerError("evicted nothing")
    return sample


def flush(bench, server):
    with Client(server) as client:
        keys = int(client.run("DBSIZE"))
        flush_it = threading.Timer(FLUSH_SECONDS, client.run, ["FLUSHALL"])
        flush_it.start()
        sample = ask(bench, server, few(bench) // MSET_KEYS, 2 * FLUSH_SECONDS + 1)
        flush_it.join()
    wait_for_rest(server)
    return sample | {"keys": keys}


def load_due(bench, client):
    """Keys that were due a millisecond later."""
    tail = b"$64\r\n" + b"x" * 64 + b"\r\n$2\r\nPX\r\n$1\r\n1\r\n"
    request = b"*5\r\n$3\r\nSET\r\n$16\r\ndue:%012d\r\n" + tail
    for start in range(0, many(bench), BATCH):
        client.socket.sendall(b"".join([request % i for i in range(start, start + BATCH)]))
        if client.replies.read(5 * BATCH) != b"+OK\r\n" * BATCH:
            raise ServerError("SET with PX did not answer OK")


def expire(bench, server):
    with Client(server) as client:
        client.run("DEBUG SET-ACTIVE-EXPIRE 0")
        load_due(bench, client)
        expired = client.info("expired_keys")
        timer = threading.Timer(0.2, client.run, ["DEBUG SET-ACTIVE-EXPIRE 1"])
        timer.start()
        sample = ask(bench, server, few(bench) // MSET_KEYS)
        timer.join()
        return sample | {"keys": client.info("expired_keys") - expired}


PHASES = {"quiet": quiet, "grow": grow, "evict": evict, "flush": flush, "expire": expire}


def groups(bench):
    def in_order(measure):
        def sample(server):
            taken = measure(bench, server)
            return {"p999_us": taken.pop("p999_us")} | taken

        return sample

    points = [Point({"phase": name}, in_order(measure)) for name, measure in PHASES.items()]
    start = functools.partial(prepare, bench)
    return [[Visit(contender, points, start) for contender in bench.of("upkeep", "redis")]]


def tables(results):
    note = f"{RATE} requests a second. keys: evicted, flushed or expired in the meantime."
    head = ["phase", "server", "p50 us", "p99 us", "p99.9 us", "longest us", "CPU us a request"]
    head.append("keys")
    made = table.Table("Latency under upkeep", head + ["at most us", "holds"], note=note)
    metrics = [("p50_us", 0), ("p99_us", 0), ("p999_us", 0), ("max_us", 0), ("cpu_us", 2),
               ("keys", 0)]
    for labels in results.points():
        for server in results.servers():
            cells = [results.text(server, metric, labels, digits) for metric, digits in metrics]
            value = results.median(server, "p999_us", labels)
            calm = results.median(server, "p999_us", {"phase": "quiet"})
            row = [table.name(labels), server, *cells]
            if server == results.ours() and calm is not None:
                bar = None if labels["phase"] == "quiet" else 2 * calm + 1000
                row += made.hold(table.name(labels), value, bar, 0)
            else:
                row += ["", ""]
            made.rows.append(row)
    return [made]


def plots(results):
    return []
