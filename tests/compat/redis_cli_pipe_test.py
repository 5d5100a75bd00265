#!/usr/bin/env python3
"""redis-cli --pipe loads 100,000 keys, and each of them arrives.

    redis_cli_pipe_test.py MODEL THREADS SERVER...
"""
import sys

from redis_server import RedisServer, expect

KEYS = 100000


def main():
    model, threads, *command = sys.argv[1:]
    with RedisServer(command, model=model, threads=threads) as server:
        keys = "".join(f"SET key:{i} value:{i}\r\n" for i in range(KEYS))
        last = server.cli("--pipe", stdin=keys.encode()).splitlines()[-1]
        expect(last, f"errors: 0, replies: {KEYS}", "redis-cli --pipe")
        expect(server.cli("DBSIZE"), str(KEYS), "DBSIZE")
        for i in (0, KEYS // 2, KEYS - 1):
            expect(server.cli("GET", f"key:{i}"), f"value:{i}", "GET")


main()
