#!/usr/bin/env python3
"""redis-benchmark runs its default rows without an error or a warning.

    redis_benchmark_test.py MODEL THREADS SERVER...

SERVER... is the server's command line. Each back end is tried, pipelined and not.
"""
import re
import sys

from redis_server import RedisServer, expect

ROWS = [
    "PING_INLINE",
    "PING_MBULK",
    "SET",
    "GET",
    "INCR",
    "LPUSH",
    "RPUSH",
    "LPOP",
    "RPOP",
    "SADD",
    "HSET",
    "SPOP",
    "ZADD",
    "ZPOPMIN",
    "LPUSH (needed to benchmark LRANGE)",
    "LRANGE_100 (first 100 elements)",
    "LRANGE_300 (first 300 elements)",
    "LRANGE_500 (first 500 elements)",
    "LRANGE_600 (first 600 elements)",
    "MSET (10 keys)",
]
RESULT = re.compile(r"^(.+): ([0-9.]+) requests per second")


def check(server, pipeline):
    arguments = ["-q", "-n", "2000", "-r", "1000", "-P", str(pipeline)]
    output = server.tool("redis-benchmark", *arguments)
    for word in ("WARNING", "Error"):
        assert word not in output, output
    # Progress is written over with carriage returns.
    results = filter(None, map(RESULT.match, re.split(r"[\r\n]+", output)))
    rates = {result.group(1): float(result.group(2)) for result in results}
    expect(list(rates), ROWS, f"rows with -P {pipeline}")
    assert min(rates.values()) > 0, rates


def main():
    model, threads, *command = sys.argv[1:]
    for backend in ("epoll", "epoll-et"):
        with RedisServer(command, model=model, threads=threads, backend=backend) as server:
            for pipeline in (1, 16):
                check(server, pipeline)
                print(f"{model}, {threads} threads, {backend}, -P {pipeline}: ok")


main()
