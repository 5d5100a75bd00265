"""A server under measurement: a process on a free port of 127.0.0.1, on CPUs of its own."""
import os
import shlex
import socket
import subprocess
import tempfile
import time

START_SECONDS = 30
STOP_SECONDS = 30


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class ServerError(Exception):
    """The server didn't start, died or answered with an error."""


class Server:
    """Runs `command`, a command line with {port} in it, while the `with` block lasts."""

    def __init__(self, command, cpus):
        self.port = free_port()
        self.command = command.replace("{port}", str(self.port))
        self.cpus = cpus

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
                self.run([["PING"]])
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

    def cpu_ns(self):
        """CPU time of all its threads and its children's, user and system, in nanoseconds."""
        return sum(task_cpu_ns(task) for task in tasks(self._process.pid))

    def rss_bytes(self):
        """Resident memory."""
        with open(f"/proc/{self._process.pid}/status") as status:
            rows = dict(row.split(":", 1) for row in status)
        return int(rows["VmRSS"].split()[0]) * 1024

    def run(self, commands, batch=256):
        """Sends `commands`, lists of arguments, pipelined. Each must answer with one line."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=120) as connection:
            replies = connection.makefile("rb")
            for start in range(0, len(commands), batch):
                part = commands[start : start + batch]
                connection.sendall(b"".join(map(encode, part)))
                for command in part:
                    reply = replies.readline()
                    if reply[:1] not in (b"+", b":"):
                        raise ServerError(f"{command[0]} answered {reply!r}")


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


def encode(command):
    """A request of the Redis protocol: an array of bulk strings."""
    parts = [b"*%d\r\n" % len(command)]
    for argument in command:
        text = argument.encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(text), text))
    return b"".join(parts)
