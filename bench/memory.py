#!/usr/bin/env python3
"""Memory per key of our Redis server beside Debian's, without and with a time to live.

Each figure comes from a fresh server: its resident memory once the keys are there and it has come
to rest, less that of the empty server, by the number of keys. Keys have 16 bytes.
"""
import argparse
import json
import sys
import time

import sides
from server import Server, ServerError

BATCH = 100000
REST_SECONDS = 3  # Unchanged for so long, resident memory counts as at rest.
REST_TIMEOUT_SECONDS = 30


def at_rest(server):
    """Resident memory once it no longer changes: a table may still be growing at first."""
    rss, since, start = server.rss_bytes(), time.monotonic(), time.monotonic()
    while time.monotonic() - since < REST_SECONDS:
        if time.monotonic() - start > REST_TIMEOUT_SECONDS:
            raise ServerError("its memory does not come to rest")
        time.sleep(0.05)
        if server.rss_bytes() != rss:
            rss, since = server.rss_bytes(), time.monotonic()
    return rss


def load(server, keys, value_size, ttl):
    suffix = ["EX", "1000000"] if ttl else []
    for start in range(0, keys, BATCH):
        numbers = range(start, min(keys, start + BATCH))
        server.run([["SET", f"key:{i:012d}", "x" * value_size, *suffix] for i in numbers])


def measure(line, ttl, options):
    with Server(line, options.server_cpus) as server:
        empty = at_rest(server)
        load(server, options.keys, options.value_size, ttl)
        full = at_rest(server)
    per_key = round((full - empty) / options.keys, 1)
    return {"ttl": ttl, "empty_bytes": empty, "full_bytes": full, "bytes_per_key": per_key}


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    sides.add_flags(parser)
    parser.add_argument("--keys", type=int, default=1 << 20, help="default: %(default)s")
    parser.add_argument("--value-size", type=int, default=3, help="default: %(default)s")
    options = parser.parse_args()

    lines = sides.commands(options)
    head = sides.circumstances(options, lines)
    head |= {"keys": options.keys, "value size": options.value_size}
    for name, value in head.items():
        print(f"{name}: {value}")
    results, table = [], []
    for ttl in (False, True):
        for side, line in lines.items():
            sides.progress(f"{side}, {'with' if ttl else 'without'} a time to live")
            results.append({"side": side, **measure(line, ttl, options)})
        ours, theirs = (r["bytes_per_key"] for r in results[-2:])
        ratio = f"{ours / theirs:.2f}" if theirs else "-"
        table.append(["with" if ttl else "without", str(ours), str(theirs), ratio])
    print()
    sides.print_table(["time to live", "ours bytes/key", "theirs bytes/key", "ratio"], table)
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"circumstances": head, "results": results}, file, indent=1)
            file.write("\n")


try:
    main()
except ServerError as error:
    sys.exit(f"{sys.argv[0]}: {error}")
