#!/usr/bin/env python3
"""How long our Redis server holds a reactor, operation by operation, with many keys and big values.

The longest hold is the most CPU time that a reactor's thread took between two waits: what other
programs do on the machine does not count (tick_meter.c). Beside it stand all CPU time of the
reactors, and the longest wait of a client that pings every 0.2 ms, which is wall time.

What a host takes from a virtual machine counts as the thread's: how long that is tells the first
line, from a loop that does nothing.
"""
import argparse
import ctypes
import mmap
import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
import time

import sides
from server import Server, ServerError, encode

SLOTS, WORDS = 64, 8  # as in tick_meter.c
PING_SECONDS = 0.0002
SETTLE_SECONDS = 0.2
LIMIT_MS = 1.0
PIECE = 64  # elements a command
BATCH = 200  # small commands in a row


class Ticks:
    """What tick_meter.so writes while the server runs."""

    def __init__(self, folder):
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tick_meter.c")
        library, path = f"{folder}/tick_meter.so", f"{folder}/ticks"
        subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", library, source], check=True)
        with open(path, "w+b") as file:
            file.truncate(SLOTS * WORDS * 8)
            self._map = mmap.mmap(file.fileno(), 0)
        self._words = (ctypes.c_uint64 * (SLOTS * WORDS)).from_buffer(self._map)
        self.environment = f"LD_PRELOAD={library} TICK_METER={path}"

    def clear(self):
        for i in range(SLOTS):
            self._words[i * WORDS] = self._words[i * WORDS + 1] = 0

    def longest(self):
        """In ms, and the page faults in it: on a virtual machine one may cost 20 us."""
        slot = max(range(SLOTS), key=lambda i: self._words[i * WORDS])
        return self._words[slot * WORDS] / 1e6, self._words[slot * WORDS + 3]

    def total_ms(self):
        return sum(self._words[i * WORDS + 1] for i in range(SLOTS)) / 1e6


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=600)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.replies = self.socket.makefile("rb")

    def send(self, bytes_):
        self.socket.sendall(bytes_)

    def run(self, *command):
        self.send(encode([str(word) for word in command]))
        return self.read()

    def read(self):
        line = self.replies.readline()
        if line[:1] == b"-":
            raise ServerError(line.decode())
        if line[:1] == b"$" and int(line[1:]) >= 0:
            return self.replies.read(int(line[1:]) + 2)[:-2]
        if line[:1] == b"*":
            return [self.read() for _ in range(int(line[1:]))]
        return line[1:-2]

    def pipeline(self, commands, batch):
        """Sends encoded commands, `batch` at a time."""
        for start in range(0, len(commands), batch):
            part = commands[start : start + batch]
            self.send(b"".join(part))
            for _ in part:
                self.read()

    def field(self, section, name):
        for line in self.run("INFO", section).decode().split("\r\n"):
            if line.startswith(name + ":"):
                return int(line.partition(":")[2])
        return 0


def ping(port, longest_us, ends):
    client = Client(port)
    while not ends.is_set():
        begin = time.monotonic()
        client.run("PING")
        longest_us.value = max(longest_us.value, int((time.monotonic() - begin) * 1e6))
        time.sleep(PING_SECONDS)


class Table:
    def __init__(self, server, ticks, client):
        self.server, self.ticks, self.client = server, ticks, client
        self.rows = []
        self.longest_us = multiprocessing.Value("q", 0)

    def measure(self, name, operation):
        """Runs it, waits until the server has come to rest."""
        ends = multiprocessing.Event()
        prober = multiprocessing.Process(
            target=ping, args=(self.server.port, self.longest_us, ends), daemon=True
        )
        prober.start()
        time.sleep(SETTLE_SECONDS)
        self.longest_us.value = 0
        self.ticks.clear()
        begin = time.monotonic()
        operation()
        seconds = time.monotonic() - begin
        while self.client.field("memory", "lazyfree_pending_objects") > 0:
            time.sleep(0.001)
        time.sleep(SETTLE_SECONDS)
        (longest, faults), total = self.ticks.longest(), self.ticks.total_ms()
        ends.set()
        prober.join()
        ping_ms = self.longest_us.value / 1e3
        mark = "" if longest <= LIMIT_MS else "*"
        cells = f"{longest:.2f}{mark}", f"{faults}", f"{total:.0f}", f"{ping_ms:.1f}"
        rss_mib = str(self.server.rss_bytes() >> 20)
        self.rows.append([name, *cells, f"{seconds:.2f}", rss_mib])
        sides.progress(" ".join(self.rows[-1]))

    def print(self):
        head = ["operation", "longest hold ms", "page faults in it", "CPU ms", "longest ping ms",
                "took s", "RSS MiB"]
        sides.print_table(head, self.rows)


def print_gaps(seconds):
    """How long a thread that only looks at its CPU time is kept from looking."""
    gaps = []
    last = time.thread_time_ns()
    end = last + seconds * 10**9
    while last < end:
        now = time.thread_time_ns()
        if now - last > LIMIT_MS * 1e6:
            gaps.append((now - last) / 1e6)
        last = now
    print(f"a loop that does nothing: in {seconds} s of CPU {len(gaps)} gaps of more than "
          f"{LIMIT_MS:.0f} ms, the longest of {max(gaps, default=0):.1f}", flush=True)


def populate(client, count, prefix="key"):
    client.run("DEBUG", "POPULATE", count, prefix)


def load_expiring(client, count, at_ms):
    """Keys that all expire at `at_ms`."""
    at = str(at_ms).encode()
    tail = b"$1\r\nv\r\n$4\r\nPXAT\r\n$%d\r\n%s\r\n" % (len(at), at)
    head = b"*5\r\n$3\r\nSET\r\n$14\r\n"
    for start in range(0, count, BATCH):
        names = range(start, min(count, start + BATCH))
        client.send(b"".join(b"%sttl:%010d\r\n%s" % (head, i, tail) for i in names))
        for _ in names:
            client.replies.readline()


def add_elements(client, kind, key, first, count):
    """One command for every PIECE elements, each waited for."""
    for start in range(first, first + count, PIECE):
        numbers = range(start, min(first + count, start + PIECE))
        names = [f"element:{i}" for i in numbers]
        if kind == "hash":
            words = ["HSET", key, *(word for name in names for word in (name, "value"))]
        elif kind == "set":
            words = ["SADD", key, *names]
        elif kind == "sorted set":
            # Scattered, so that the tree grows everywhere.
            scores = [str(i * 2654435761 % 1000003) for i in numbers]
            words = ["ZADD", key, *(word for pair in zip(scores, names) for word in pair)]
        elif kind == "list":
            words = ["RPUSH", key, *names]
        else:
            client.pipeline([encode(["XADD", key, "*", "field", name]) for name in names], PIECE)
            continue
        client.run(*words)


def measure_small(table, client, options):
    count = options.keys
    keys = [encode(["SET", f"more:{i}", "value"]) for i in range(count // 10)]
    populate(client, count)
    table.measure("growth: SET of a tenth more, -P 16", lambda: client.pipeline(keys, 16))
    for words in ["DBSIZE"], ["INFO"], ["RANDOMKEY"], ["SCAN", "0"], ["SWAPDB", "0", "1"]:
        table.measure(" ".join(words), lambda: [client.run(*words) for _ in range(20)])


def measure_flushes(table, client, options):
    for words in ["FLUSHALL", "ASYNC"], ["FLUSHALL"], ["FLUSHDB", "SYNC"]:
        populate(client, options.keys)
        table.measure(" ".join(words), lambda: client.run(*words))
    populate(client, options.keys)
    keys = [encode(["UNLINK", f"key:{i}"]) for i in range(options.keys // 10)]
    table.measure("UNLINK of a tenth of the keys, -P 16", lambda: client.pipeline(keys, 16))
    client.run("FLUSHALL")


def expire_all(client, at_ms):
    time.sleep(max(0, at_ms / 1000 - time.time()))
    while client.run("DBSIZE") != b"0":
        time.sleep(0.01)


def measure_expiry(table, client, options):
    count = options.keys
    # Redis' own pace with 10 M keys decides how early they have to be loaded.
    at_ms = int(time.time() * 1000) + 3000 + count // 50
    table.measure("growth: SET with a TTL", lambda: load_expiring(client, count, at_ms))
    table.measure("expiry of all in one moment", lambda: expire_all(client, at_ms))

    load_expiring(client, count, int(time.time() * 1000) + 10**9)
    names = [encode(["EXPIRE", f"ttl:{i:010d}", str(10**7)]) for i in range(count)]
    table.measure("new TTL for all keys, twice", lambda: (
        client.pipeline(names, 16), client.pipeline([n.replace(b"$8\r\n10000000", b"$8\r\n20000000")
                                                     for n in names], 16)))
    names.clear()
    late_ms = []

    def wait_for_some():
        for i in range(50):
            before = int(client.run("DBSIZE"))
            client.run("SET", "due", "v", "PX", str(20 + i * 7 % 100))
            at = int(client.run("PEXPIRETIME", "due"))
            while int(client.run("DBSIZE")) > before:
                time.sleep(0.0005)
            late_ms.append(time.time() * 1000 - at)

    table.measure("expiry of one among all, 50 times", wait_for_some)
    late_ms.sort()
    print(f"a key is gone behind its time: median {late_ms[25]:.1f} ms, most {late_ms[-1]:.1f} ms")
    client.run("FLUSHALL")


REMOVALS = {
    "UNLINK": lambda client: client.run("UNLINK", "big"),
    "DEL": lambda client: client.run("DEL", "big"),
    "SET over": lambda client: client.run("SET", "big", "v"),
    "RENAME over": lambda client: (client.run("SET", "o", "v"), client.run("RENAME", "o", "big")),
    "expiry": lambda client: (client.run("PEXPIRE", "big", "50"), time.sleep(0.5)),
    "COPY over": lambda client: (client.run("SET", "o", "v"),
                                 client.run("COPY", "o", "big", "REPLACE")),
}


def measure_values(table, client, options):
    for kind in "hash", "set", "sorted set", "list", "stream":
        add_elements(client, kind, "big", 0, 1000)
        table.measure(
            f"growth of a {kind}", lambda: add_elements(client, kind, "big", 1000, options.elements)
        )
        client.run("RENAME", "big", "spare")
        for name, remove in REMOVALS.items():
            if kind != "hash" and name not in ("UNLINK", "DEL"):
                continue
            client.run("COPY", "spare", "big", "REPLACE")
            table.measure(f"{name}: a {kind}", lambda: remove(client))
        client.run("FLUSHALL")
    client.run("SET", "big", "x" * (256 << 20))
    table.measure("DEL: a string of 256 MiB", lambda: client.run("DEL", "big"))


def measure_output(table, client, options):
    client.run("SET", "text", "x" * 1000000)
    reader = Client(table.server.port)
    reader.send(encode(["GET", "text"]) * 300)
    time.sleep(2)  # It fills what the kernel takes, and then the server.

    def end():
        reader.replies.close()
        reader.socket.close()

    table.measure("end of a client with 300 MB of output", end)


PARTS = {
    "small": measure_small,
    "flush": measure_flushes,
    "expiry": measure_expiry,
    "values": measure_values,
    "output": measure_output,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    sides.add_flags(parser)
    parser.add_argument("--keys", type=int, default=1 << 20, help="default: %(default)s")
    parser.add_argument("--elements", type=int, help="of a big value; default: as many as keys")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--side", choices=("ours", "theirs"), default="ours")
    options = parser.parse_args()
    options.elements = options.elements or options.keys

    print_gaps(10)
    line = sides.commands(options)[options.side]
    with tempfile.TemporaryDirectory() as folder:
        ticks = Ticks(folder)
        for part in options.parts:
            with Server(f"env {ticks.environment} {line}", options.server_cpus) as server:
                client = Client(server.port)
                table = Table(server, ticks, client)
                PARTS[part](table, client, options)
                print()
                table.print()


if __name__ == "__main__":
    try:
        main()
    except ServerError as error:
        sys.exit(f"{sys.argv[0]}: {error}")
