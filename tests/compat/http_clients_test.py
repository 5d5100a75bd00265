#!/usr/bin/env python3
"""Debian's HTTP clients and load generators get what they ask for, under one threading model.

    http_clients_test.py MODEL THREADS SERVER...

SERVER... is the server's command line.
"""
import os
import re
import sys
import tempfile

from server_process import ServerProcess, expect, run


class HttpServer(ServerProcess):
    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def curl(self, path, *arguments, stdin=b""):
        return run(["curl", "-sS", "--max-time", "30", *arguments, self.url(path)], stdin)


def check_curl(server, directory):
    expect(server.curl("/plaintext"), "Hello, World!", "/plaintext")
    expect(server.curl("/plaintext", "--http1.0"), "Hello, World!", "HTTP/1.0")
    expect(server.curl("/json"), '{"message":"Hello, World!"}', "/json")
    expect(server.curl("/cookie", "-b", "a=b; c=d"), "a=b\nc=d\n", "/cookie")
    assert "X-A: b" in server.curl("/echo", "-H", "X-A: b")
    body = "0123456789" * 10_000
    for more in ([], ["-H", "Transfer-Encoding: chunked"], ["-H", "Expect: 100-continue"]):
        got = server.curl("/echo", "--data-binary", "@-", *more, stdin=body.encode())
        expect(got, body, f"/echo {more}")
    status = ["-o", "/dev/null", "-w", "%{http_code}"]
    expect(server.curl("/echo", *status, "--data-binary", "@-", stdin=b"b" * 2_000_000), "413", "413")
    expect(server.curl("/nowhere", *status), "404", "404")
    with open(os.path.join(directory, "large"), "rb") as large:
        expect(server.curl("/large"), large.read().decode(), "a file")
    expect(server.curl("/large", "-r", "5-9"), "56789", "a range")
    assert re.search(r"^Content-Length: 1000000\r?$", server.curl("/large", "-I"), re.M)
    # One connection for several transfers.
    urls = [server.url("/plaintext")] * 3
    got = server.curl("/plaintext", "-w", "%{num_connects}", *urls)
    expect(re.findall(r"World!(\d)", got), ["1", "0", "0", "0"], "connects")


def check_load(server):
    output = run(["wrk", "-t1", "-c16", "-d1", server.url("/plaintext")])
    assert "Socket errors" not in output and "Non-2xx" not in output, output
    assert int(re.search(r"(\d+) requests in", output).group(1)) > 0, output
    # HTTP/1.0 with keep-alive.
    output = run(["ab", "-q", "-k", "-n", "2000", "-c", "16", server.url("/plaintext")])
    for line in ("Failed requests: +0", "Keep-Alive requests: +2000", "Complete requests: +2000"):
        assert re.search(line, output), output
    output = run(["h2load", "--h1", "-n", "2000", "-c", "16", server.url("/plaintext")])
    assert "2000 succeeded, 0 failed, 0 errored" in output, output


def main():
    model, threads, *command = sys.argv[1:]
    with tempfile.TemporaryDirectory() as directory:
        with open(os.path.join(directory, "large"), "w") as large:
            large.write("0123456789" * 100_000)
        log = os.path.join(directory, "access.log")
        command += ["--demo", "--root", directory, "--access-log", log]
        with HttpServer(command, model=model, threads=threads) as server:
            check_curl(server, directory)
            check_load(server)
        with open(log) as lines:
            lines = list(lines)
    form = re.compile(r'^127\.0\.0\.1 - - \[[^]]+\] "[^"]*" \d{3} \d+ "[^"]*" "[^"]*"$')
    assert all(map(form.match, lines)), next(line for line in lines if not form.match(line))
    assert len(lines) > 4000, len(lines)
    print(f"{model}, {threads} threads: ok, {len(lines)} requests logged")


main()
