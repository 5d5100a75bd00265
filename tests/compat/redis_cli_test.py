#!/usr/bin/env python3
"""redis-cli works as its users know it: batches, RESP3, --scan, INFO and the command docs.

    redis_cli_test.py MODEL THREADS SERVER...
    redis_cli_test.py            against the installed redis-server, which must pass as well
"""
import json
import subprocess
import sys

from redis_server import Reference, RedisServer, expect


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


def check_formats(server):
    """Replies as they are shown to people, as CSV and as JSON."""
    server.cli("RPUSH", "list", "a", "b c")
    server.cli("ZADD", "zset", "1.5", "a", "inf", "b")
    expect(server.cli("--no-raw", "LRANGE", "list", "0", "-1"), '1) "a"\n2) "b c"', "a list")
    expect(server.cli("--csv", "LRANGE", "list", "0", "-1"), '"a","b c"', "--csv")
    expect(server.cli("--no-raw", "GET", "nothing"), "(nil)", "nil")
    expect(server.cli("--no-raw", "LLEN", "list"), "(integer) 2", "an integer")
    wanted = '1) 1) "a"\n   2) (double) 1.5\n2) 1) "b"\n   2) (double) inf'
    expect(server.cli("-3", "--no-raw", "ZRANGE", "zset", "0", "-1", "WITHSCORES"), wanted, "RESP3")
    server.cli("XADD", "stream", "1-1", "field", "value")
    entries = json.loads(server.cli("--json", "XRANGE", "stream", "-", "+"))
    expect(entries, [["1-1", ["field", "value"]]], "--json")


def check_transaction(server):
    batch = b"MULTI\nSET k 1\nINCR k\nLPUSH k x\nEXEC\n"
    lines = server.cli(stdin=batch).splitlines()
    expect(lines[:6], ["OK", "QUEUED", "QUEUED", "QUEUED", "OK", "2"], "MULTI")
    assert lines[6].startswith("WRONGTYPE"), lines


def check_databases_and_passwords(server):
    server.cli("-n", "5", "SET", "there", "x")
    expect(server.cli("EXISTS", "there"), "0", "database 0")
    expect(server.cli("-u", f"redis://127.0.0.1:{server.port}/5", "EXISTS", "there"), "1", "-u")
    server.cli("CONFIG", "SET", "requirepass", "secret")
    expect(server.cli("PING").strip(), "NOAUTH Authentication required.", "without a password")
    secret = ["--no-auth-warning", "-a", "secret"]
    expect(server.cli(*secret, "PING"), "PONG", "-a")
    expect(server.cli(*secret, "--user", "default", "PING"), "PONG", "--user")
    server.cli(*secret, "CONFIG", "SET", "requirepass", "")


def check_exit_status(server):
    command = ["redis-cli", "-p", server.port, "-e", "LPUSH"]
    result = subprocess.run(command, capture_output=True, text=True)
    expect(result.returncode, 1, "-e")
    assert "wrong number of arguments for 'lpush' command" in result.stdout + result.stderr, result


def check_sampling(server):
    """--bigkeys and --memkeys walk all keys and ask for the size of each."""
    server.cli("FLUSHALL")
    server.cli(stdin="".join(f"SET k{i} {'x' * i}\n" for i in range(1, 100)).encode())
    server.cli("RPUSH", "list", *"abc")
    server.cli("HSET", "hash", "a", "1")
    output = server.cli("--bigkeys")
    assert 'Biggest string found \'"k99"\' has 99 bytes' in output, output
    assert 'Biggest   list found \'"list"\' has 3 items' in output, output
    assert "Sampled 101 keys in the keyspace!" in output, output
    assert "Sampled 101 keys in the keyspace!" in server.cli("--memkeys")


def start_cli(server, *arguments):
    command = ["redis-cli", "-p", server.port, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def check_waiting(server):
    """A client that waits, served by another, and one that subscribes."""
    with start_cli(server, "BLPOP", "queue", "20") as waiting:
        server.cli("RPUSH", "queue", "x")
        expect(waiting.stdout.read().splitlines(), ["queue", "x"], "BLPOP")
    with start_cli(server, "PSUBSCRIBE", "n*") as subscriber:
        read = [subscriber.stdout.readline() for _ in range(3)]
        expect(read, ["psubscribe\n", "n*\n", "1\n"], "PSUBSCRIBE")
        expect(server.cli("PUBLISH", "news", "hello"), "1", "PUBLISH")
        read = [subscriber.stdout.readline() for _ in range(4)]
        expect(read, ["pmessage\n", "n*\n", "news\n", "hello\n"], "a message")
        subscriber.terminate()


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


def start_server(model=None, threads=None, *command):
    return RedisServer(command, model=model, threads=threads) if model else Reference()


def main():
    with start_server(*sys.argv[1:]) as server:
        expect(server.cli("PING"), "PONG", "PING")
        check_batch(server)
        check_values(server)
        check_resp3(server)
        check_command_docs(server)
        check_scan(server)
        check_formats(server)
        check_transaction(server)
        check_databases_and_passwords(server)
        check_exit_status(server)
        check_sampling(server)
        check_waiting(server)
        check_info(server)


main()
