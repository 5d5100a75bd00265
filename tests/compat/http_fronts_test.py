#!/usr/bin/env python3
"""nginx and HAProxy in front of the HTTP server: whatever a client sends to them, the next client gets
its own answer.

    http_fronts_test.py CORPUS SERVER...

CORPUS is a folder of requests that servers have disagreed on, three bytes in front of each; SERVER...
is the server's command line. Both fronts keep their connections to the server and share them among
clients: if one request in two were seen as two, answers would go astray.
"""
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time

from server_process import ServerProcess, expect

NGINX = """
user root; worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/log;
events {{ worker_connections 256; }}
http {{
  access_log off; client_header_timeout 2s; client_body_timeout 2s;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  upstream weir {{ server 127.0.0.1:{server}; keepalive 1; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://weir; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_request_buffering off; proxy_buffering off; proxy_read_timeout 5s;
    }}
  }}
}}
"""

HAPROXY = """
defaults
  mode http
  timeout connect 5s
  timeout client 2s
  timeout server 5s
  timeout http-request 2s
  http-reuse always
  option http-keep-alive
frontend front
  bind 127.0.0.1:{port}
  default_backend weir
backend weir
  server weir 127.0.0.1:{server} pool-max-conn 1
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def front(name, template, command, server_port):
    """A front that runs; its port."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        config = os.path.join(folder, "config")
        with open(config, "w") as file:
            file.write(template.format(folder=folder, server=server_port, port=port))
        os.chmod(folder, 0o777)
        process = subprocess.Popen([part.format(config=config, folder=folder) for part in command])
        try:
            deadline = time.monotonic() + 30
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except ConnectionRefusedError:
                    assert process.poll() is None and time.monotonic() < deadline, name
            yield port
        finally:
            process.terminate()
            process.wait()


def start(port, request):
    """A client that has sent its request, or what the front wanted of it."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
        connection.sendall(request)
    return connection


def exchange(port, request):
    """All that comes back, until the front closes."""
    with start(port, request) as connection:
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
        return answer


def check(name, port, corpus):
    hostile = []
    files = sorted(os.listdir(corpus))
    for number, file in enumerate(files):
        with open(os.path.join(corpus, file), "rb") as vector:
            request = vector.read()[3:]
        request += b"GET /smuggled HTTP/1.1\r\nHost: x\r\nX-Smuggled: 1\r\n\r\n"
        # Some are kept waiting while others are answered.
        hostile.append(start(port, request))
        if len(hostile) > 8:
            hostile.pop(0).close()
        for i in range(4):
            mark = b"mark-%d-%d" % (number, i)
            request = b"GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Mark: %s\r\n\r\n"
            answer = exchange(port, request % mark)
            context = f"{name} behind {file}: {answer!r}"
            assert answer.startswith(b"HTTP/1.1 200"), context
            expect(answer.lower().count(b"x-mark: "), 1, context)
            assert mark in answer and b"smuggled" not in answer.lower(), context
    for connection in hostile:
        connection.close()
    print(f"{name}: {len(files)} requests, nobody got another's answer")


def main():
    corpus, *command = sys.argv[1:]
    nginx = ["/usr/sbin/nginx", "-e", "{folder}/log", "-c", "{config}"]
    haproxy = ["/usr/sbin/haproxy", "-db", "-f", "{config}"]
    with ServerProcess([*command, "--demo"]) as server:
        for name, template, line in ("nginx", NGINX, nginx), ("haproxy", HAPROXY, haproxy):
            with front(name, template, line, server.port) as port:
                check(name, port, corpus)


main()
