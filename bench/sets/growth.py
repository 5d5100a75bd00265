"""What a request costs as the data grow: 1 k, 100 k and 10 M keys, and as many fields, members or
elements of one hash, set, sorted set and list (with --quick 1 k and 100 k), at 50 connections, -P
16.

The law of an operation is O(1) or O(log n). From a size to a larger one it may cost what the law
says, 10 % and 0.5 us more, as the data no longer fit the caches; or as much more, in proportion, as
redis-server. The worst size is told by what it may cost.
"""
import functools

import law
import load
from trial import Point, Visit, wait_for_rest

TITLE = "Cost as data grow"
TOGETHER = True
SIZES = (1000, 100_000, 10_000_000)
QUICK = (1000, 100_000)
BATCH = 50  # elements a command that fills
DEPTH = 16
# By what is big: each operation, its law, and the requests, of which several are asked in turn.
OPERATIONS = {
    "strings": [
        ("GET", "O(1)", ["GET key:{key}"]),
        ("SET", "O(1)", ["SET key:{key} {value}"]),
        ("EXPIRE", "O(1)", ["EXPIRE key:{key} 100000"]),
        ("SET and DEL of another", "O(1)", ["SET other:{key} {value}", "DEL other:{key}"]),
    ],
    "hash": [
        ("HGET", "O(1)", ["HGET big element:{key}"]),
        ("HSET", "O(1)", ["HSET big element:{key} new"]),
    ],
    "set": [
        ("SISMEMBER", "O(1)", ["SISMEMBER big element:{key}"]),
        ("SADD and SREM of another", "O(1)", ["SADD big other:{key}", "SREM big other:{key}"]),
    ],
    "sorted set": [
        ("ZSCORE", "O(1)", ["ZSCORE big element:{key}"]),
        ("ZRANK", "O(log n)", ["ZRANK big element:{key}"]),
        ("ZRANGEBYSCORE of 10", "O(log n)", ["ZRANGEBYSCORE big {key} +inf LIMIT 0 10"]),
        ("ZINCRBY", "O(log n)", ["ZINCRBY big 12345 element:{key}"]),
    ],
    "list": [
        ("RPUSH and LPOP", "O(1)", ["RPUSH big element:{key}", "LPOP big"]),
        ("LRANGE of 10", "O(1)", ["LRANGE big 0 9"]),
    ],
}
ELEMENT = b"$20\r\nelement:%012d\r\n"
# How an element of a big value is written: the command, and its words for element number n.
FILLS = {
    "hash": (b"HSET", lambda n: ELEMENT % n + b"$5\r\nvalue\r\n", 2),
    "set": (b"SADD", lambda n: ELEMENT % n, 1),
    "sorted set": (b"ZADD", lambda n: b"$12\r\n%012d\r\n" % n + ELEMENT % n, 2),
    "list": (b"RPUSH", lambda n: ELEMENT % n, 1),
}


def fill(bench, kind, size, server):
    if kind == "strings":
        load.fill(bench, server, size)
        return wait_for_rest(server)
    command, words, count = FILLS[kind]
    with server.connect() as connection:
        replies = connection.makefile("rb")
        for start in range(0, size, BATCH * 20):
            pieces = []
            for first in range(start, min(size, start + BATCH * 20), BATCH):
                elements = range(first, min(size, first + BATCH))
                pieces.append(b"*%d\r\n$%d\r\n%s\r\n$3\r\nbig\r\n"
                              % (2 + count * len(elements), len(command), command))
                pieces += map(words, elements)
            connection.sendall(b"".join(pieces))
            for _ in range(start, min(size, start + BATCH * 20), BATCH):
                replies.readline()
    return wait_for_rest(server)


def measure(bench, texts, size, server):
    request = [word for text in texts for word in ("--command", text)]
    requests = 100_000 if bench.quick else 500_000
    return load.closed_loop(bench, server, request, requests, depth=DEPTH, keys=size)


def groups(bench):
    groups = []
    for kind, operations in OPERATIONS.items():
        for size in QUICK if bench.quick else SIZES:
            points = [
                Point({"of": kind, "operation": name, "size": size},
                      functools.partial(measure, bench, texts, size))
                for name, _, texts in operations
            ]
            prepare = functools.partial(fill, bench, kind, size)
            groups.append([Visit(c, points, prepare) for c in bench.of("growth", "redis")])
    return groups


def tables(results):
    rows = []
    for kind, operations in OPERATIONS.items():
        for name, order, _ in operations:
            points = [p for p in results.points() if (p["of"], p["operation"]) == (kind, name)]
            if points:
                rows.append((name if kind == "strings" else f"{name}, {kind}", order, points))
    return [law.by_size(results, "CPU us a request as data grow", "size", rows)]


def plots(results):
    return []
