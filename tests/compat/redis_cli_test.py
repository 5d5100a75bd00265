#!/usr/bin/env python3
"""redis-cli works as its users know it: batches, RESP3, --scan, INFO and the command docs.

    redis_cli_test.py MODEL THREADS SERVER...
"""
import json
import sys

from redis_server import RedisServer, expect


def check_batch(server):
    """Commands from standard input, as if they were typed."""
    batch = b'PING\nSET greeting "hello world"\nGET greeting\nGET nothing\nDEL greeting\nNOSUCH\n'
    lines = server.cli(stdin=batch).splitlines()
    expect(lines[:5], ["PONG", "OK", "hello world", "", "1"], "batch")
    assert lines[5].startswith("ERR unknown command 'NOSUCH'"), lines


def check_values(server):
    expect(server.cli("-x", "SET", "binary", stdin=b"a\x00b\r\n\xff"), "OK", "SET from stdin")
    expect(server.cli("STRLEN", "binary"), "6", "STRLEN")
    expect(server.cli("--no-raw", "GET", "binary"), r'"a\x00b\r\n\xff"', "GET")
    expect(server.cli("-r", "3", "INCR", "count").splitlines(), ["1", "2", "3"], "INCR, repeated")


def check_resp3(server):
    hello = json.loads(server.cli("-3", "--json", "HELLO", "3"))
    expect((hello["server"], hello["proto"]), ("redis", 3), "HELLO 3")
    server.cli("HSET", "map", "field", "value")
    expect(json.loads(server.cli("-3", "--json", "HGETALL", "map")), {"field": "value"}, "HGETALL")
    expect(server.cli("HGETALL", "map").splitlines(), ["field", "value"], "HGETALL in RESP2")


def check_command_docs(server):
    """What redis-cli asks for at a prompt, for its hints."""
    docs = json.loads(server.cli("-3", "--json", "COMMAND", "DOCS"))
    expect(str(len(docs)), server.cli("COMMAND", "COUNT"), "documented commands")
    expect(docs["get"]["group"], "string", "COMMAND DOCS of GET")
    assert docs["get"]["summary"], docs["get"]
    expect(list(json.loads(server.cli("-3", "--json", "COMMAND", "DOCS", "set"))), ["set"], "DOCS")


def check_scan(server):
    names = [f"scan:{i}" for i in range(1000)]
    server.cli(stdin="".join(f"SET {name} x\n" for name in names).encode())
    found = server.cli("--scan", "--pattern", "scan:*").splitlines()
    expect(sorted(found), sorted(names), "--scan")


def check_info(server):
    server.cli("FLUSHALL")
    server.cli("SET", "key", "value")
    rows = server.cli("INFO").replace("\r", "").splitlines()
    for section in ("Server", "Clients", "Memory", "Stats", "Keyspace"):
        assert f"# {section}" in rows, f"INFO has no {section}: {rows}"
    fields = dict(row.split(":", 1) for row in rows if ":" in row)
    expect(fields["redis_version"], "7.0.15", "redis_version")
    expect(fields["tcp_port"], server.port, "tcp_port")
    assert fields["db0"].startswith("keys=1,"), fields["db0"]


def main():
    model, threads, *command = sys.argv[1:]
    with RedisServer(command, model=model, threads=threads) as server:
        expect(server.cli("PING"), "PONG", "PING")
        check_batch(server)
        check_values(server)
        check_resp3(server)
        check_command_docs(server)
        check_scan(server)
        check_info(server)


main()
