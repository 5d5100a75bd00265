#!/usr/bin/env python3
"""The HTTP server's cost per request beside nginx'.

wrk asks both for the same, alone and in turn, server and client on a CPU each, 64 connections. us/req
is the server's CPU time, user and system, by the number of requests; the ratio is ours by nginx'.
Every body is what it should be, checked once before each run. Medians, with (lowest-highest).
"""
import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import urllib.request

import sides
from server import Server, ServerError

PIPELINE = """
init = function(arguments)
  local requests = {}
  for i = 1, tonumber(arguments[1]) do requests[i] = wrk.format() end
  pipelined = table.concat(requests)
end
request = function() return pipelined end
"""

NGINX = """
worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/log;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; {cache}
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{
    listen 127.0.0.1:{{port}}; root {folder};
    location = /plaintext {{ default_type text/plain; return 200 "Hello, World!"; }}
  }}
}}
"""
CACHE = "open_file_cache max=1000; open_file_cache_valid 60s;"

# What is asked for, how many at a time, and whether nginx keeps files open.
ROWS = [
    ("/plaintext", 1, False),
    ("/plaintext", 16, False),
    ("/4k", 1, False),
    ("/4k", 1, True),
    ("/1m", 1, False),
]


class HttpServer(Server):
    def run(self, commands, batch=0):
        try:
            self.get("/plaintext")
        except urllib.error.URLError as error:
            raise ConnectionRefusedError from error

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            return answer.read()


class Nginx(HttpServer):
    """The port goes into a file."""

    def __init__(self, folder, cached, cpus):
        self.config = os.path.join(folder, "nginx.conf")
        super().__init__(f"nginx -p {folder} -c {self.config}", cpus)
        text = NGINX.format(folder=folder, cache=CACHE if cached else "")
        with open(self.config, "w") as config:
            config.write(text.replace("{port}", str(self.port)))


def measure(server, folder, path, depth, options):
    """CPU microseconds a request."""
    with server:
        expected = b"Hello, World!"
        if path != "/plaintext":
            with open(folder + path, "rb") as file:
                expected = file.read()
        if server.get(path) != expected:
            raise ServerError(f"{path} is not what it should be\n{server.output()}")
        before = server.cpu_ns()
        command = ["taskset", "-c", options.client_cpus, "wrk", "-t1", "-c64"]
        command += [f"-d{options.seconds}", "-H", "Connection: keep-alive"]
        command += ["-s", f"{folder}/pipeline.lua", f"http://127.0.0.1:{server.port}{path}"]
        output = subprocess.run(command + ["--", str(depth)], capture_output=True, text=True).stdout
        if "Socket errors" in output or "Non-2xx" in output:
            raise ServerError(output)
        requests = int(re.search(r"(\d+) requests in", output).group(1))
        return (server.cpu_ns() - before) / 1000 / requests


def spread(values):
    return f"{statistics.median(values):.2f} ({min(values):.2f}-{max(values):.2f})"


def parse_flags():
    text, _, notes = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=text, epilog=notes, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reps", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--seconds", type=int, default=4, help="of a run; default: %(default)s")
    parser.add_argument("--flags", default="", help="more of our server's")
    parser.add_argument("--server-cpus", metavar="LIST", default="0", help="default: %(default)s")
    parser.add_argument("--client-cpus", metavar="LIST", default="1", help="default: %(default)s")
    return parser.parse_args()


def build():
    target = ["--config=release", "//servers/http:http"]
    sides.progress("building " + " ".join(target))
    command = [f"{sides.ROOT}/bazelw", "build", *target]
    subprocess.run(command, cwd=sides.ROOT, check=True, stdout=sys.stderr)
    return os.path.realpath(f"{sides.ROOT}/bazel-bin/servers/http/http")


def compare(binary, folder, options):
    with open(f"{folder}/pipeline.lua", "w") as script:
        script.write(PIPELINE)
    for name, size in ("4k", 4096), ("1m", 1024 * 1024):
        with open(f"{folder}/{name}", "wb") as file:
            file.write(os.urandom(size))
    table = []
    for path, depth, cached in ROWS:
        name = f"{path} x {depth}" + (", files kept open" if cached else "")
        ours, theirs = [], []
        for repetition in range(options.reps):
            line = f"{binary} --port {{port}} --demo --root {folder} {options.flags}"
            server = HttpServer(line, options.server_cpus)
            ours.append(measure(server, folder, path, depth, options))
            nginx = Nginx(folder, cached, options.server_cpus)
            theirs.append(measure(nginx, folder, path, depth, options))
            sides.progress(f"{repetition + 1}/{options.reps} {name}: {ours[-1]:.2f} {theirs[-1]:.2f}")
        ratio = statistics.median(ours) / statistics.median(theirs)
        table.append([name, spread(ours), spread(theirs), f"{ratio:.2f}"])
    sides.print_table(["request", "us/req", "nginx", "ratio"], table)


def main():
    options = parse_flags()
    binary = build()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # nginx' worker is another user
        compare(binary, folder, options)


if __name__ == "__main__":
    try:
        main()
    except ServerError as error:
        sys.exit(f"{sys.argv[0]}: {error}")
