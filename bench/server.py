"""A server under measurement: a process on a free port of 127.0.0.1, on CPUs of its own."""
import os
import shlex
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

START_SECONDS = 30
CLIENT_SECONDS = 900
STOP_SECONDS = 30


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class ServerError(Exception):
    """The server didn't start, died or answered with an error."""


class Server:
    """Runs `command`, a command line with {port} in it, while the `with` block lasts."""

    def __init__(self, command, cpus, protocol="redis", port=None):
        self.port = port or free_port()
        self.command = command.replace("{port}", str(self.port))
        self.cpus = cpus
        self.protocol = protocol

    def __enter__(self):
        self._output = tempfile.TemporaryFile("w+", errors="replace")
        # taskset becomes the server: its process id is the server's.
        arguments = ["taskset", "-c", self.cpus, *shlex.split(self.command)]
        self._process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=self._output, stderr=self._output
        )
        try:
            self._wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._output.close()

    def _wait_until_ready(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                PROBES[self.protocol](self)
                return
            except ConnectionRefusedError:
                time.sleep(0.01)
        raise ServerError(f"did not start: {self.command}\n{self.output()}")

    def output(self):
        """What the server printed so far."""
        self._output.seek(0)
        return self._output.read()

    def pid(self):
        return self._process.pid

    def pids(self):
        """Its own and its children's."""
        return sorted({int(task.split("/")[2]) for task in tasks(self.pid())})

    def check(self):
        """Raises where the server has ended."""
        status = self._process.poll()
        if status is not None:
            why = f"signal {-status}" if status < 0 else f"status {status}"
            raise ServerError(f"ended by itself ({why}): {self.command}\n{self.output()}")

    def cpu_ns(self):
        """CPU time of all its threads and its children's, user and system, in nanoseconds."""
        self.check()
        return sum(task_cpu_ns(task) for task in tasks(self._process.pid))

    def rss_bytes(self):
        """Resident memory, with its children's."""
        self.check()
        return sum(map(process_rss_bytes, self.pids()))

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=120)

    def client(self, cpus, *command):
        """What a client prints that runs on `cpus`; it must succeed without complaint."""
        line = ["taskset", "-c", cpus, *map(str, command)]
        try:
            done = subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=CLIENT_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise ServerError(f"{command[0]} takes more than {CLIENT_SECONDS} s") from error
        if done.returncode != 0 or done.stderr:
            self.check()
            what = f"{os.path.basename(command[0])} ended with {done.returncode}"
            raise ServerError(f"{what}: {done.stderr}{done.stdout}\n{shlex.join(line)}")
        return done.stdout

    def run(self, commands, batch=256):
        """Sends `commands`, lists of arguments, pipelined. Each must answer with one line."""
        with self.connect() as connection:
            replies = connection.makefile("rb")
            for start in range(0, len(commands), batch):
                part = commands[start : start + batch]
                connection.sendall(b"".join(map(encode, part)))
                for command in part:
                    reply = replies.readline()
                    if reply[:1] not in (b"+", b":"):
                        raise ServerError(f"{command[0]} answered {reply!r}")

    def get(self, path):
        """What an HTTP server has there."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            return answer.read()


def probe_echo(server):
    with server.connect() as connection:
        connection.sendall(b"ready?")
        if connection.recv(6, socket.MSG_WAITALL) != b"ready?":
            raise ServerError("no echo")


def probe_http(server):
    try:
        server.get("/plaintext")
    except urllib.error.URLError as error:
        raise ConnectionRefusedError from error


def probe_memcached(server):
    with server.connect() as connection:
        connection.sendall(b"version\r\n")
        if not connection.recv(7, socket.MSG_WAITALL).startswith(b"VERSION"):
            raise ServerError("no memcached")


# How to see, by protocol, that a server serves.
PROBES = {
    "redis": lambda server: server.run([["PING"]]),
    "memcached": probe_memcached,
    "http": probe_http,
    "echo": probe_echo,
}


def tasks(pid):
    """The folders of a process' threads and of its children's."""
    for task in os.listdir(f"/proc/{pid}/task"):
        yield f"/proc/{pid}/task/{task}"
        with open(f"/proc/{pid}/task/{task}/children") as children:
            for child in children.read().split():
                yield from tasks(child)


def task_cpu_ns(task):
    try:
        with open(f"{task}/schedstat") as stat:
            return int(stat.read().split()[0])
    except FileNotFoundError:  # A thread that just ended.
        return 0


def process_rss_bytes(pid):
    with open(f"/proc/{pid}/status") as status:
        rows = dict(row.split(":", 1) for row in status)
    return int(rows["VmRSS"].split()[0]) * 1024


def encode(command):
    """A request of the Redis protocol: an array of bulk strings."""
    parts = [b"*%d\r\n" % len(command)]
    for argument in command:
        text = argument.encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(text), text))
    return b"".join(parts)
