"""A server under test, as a process of its own, and Debian's tools run against it."""
import re
import signal
import subprocess
import sys
import tempfile

LISTENING = re.compile(r"listening on .*?tcp://\S+:(\d+)")
STOP_SECONDS = 60


class ServerProcess:
    """Runs `command` on a port that the kernel chooses, while the `with` block lasts.

    Leaving the block sends SIGTERM, which must end the server with exit status 0.
    """

    def __init__(self, command, **flags):
        self.command = [*command, "--port", "0"]
        for name, value in flags.items():
            self.command += [f"--{name}", str(value)]

    def __enter__(self):
        self._log = tempfile.NamedTemporaryFile("w+", errors="replace")
        self._process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        started = ""
        while not (match := LISTENING.search(started)):
            line = self._process.stdout.readline().decode(errors="replace")
            if not line:
                raise AssertionError(f"{self.command} did not start: {started}")
            started += line
        self.port = match.group(1)
        # So that the server never waits for a reader of its log.
        self._drain = subprocess.Popen(["cat"], stdin=self._process.stdout, stdout=self._log)
        return self

    def __exit__(self, kind, *_):
        self._process.send_signal(signal.SIGTERM)
        try:
            status = self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            status = f"none {STOP_SECONDS} s after SIGTERM"
        self._drain.wait()
        self._log.seek(0)
        log = self._log.read()
        if kind or status != 0:
            print(f"{self.command}\n{log}exit status: {status}", file=sys.stderr)
        if not kind:
            assert status == 0, f"exit status {status}"


def run(command, stdin=b""):
    """What `command` prints; it must succeed and write no error."""
    result = subprocess.run(command, input=stdin, capture_output=True)
    error = result.stderr.decode(errors="replace")
    output = result.stdout.decode(errors="replace")
    context = f"{command}: {output[-2000:]} {error}"
    assert result.returncode == 0, f"exit status {result.returncode}: {context}"
    assert not error, context
    return output


def expect(got, wanted, what):
    assert got == wanted, f"{what}: got {got!r}, wanted {wanted!r}"
