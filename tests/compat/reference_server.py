"""The installed redis-server, which says what is right."""
import socket
import subprocess
import tempfile


class ReferenceServer:
    """Runs redis-server as Redis' CI starts it for its external tests, while the `with` block lasts."""

    def __enter__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = str(probe.getsockname()[1])
        command = ["redis-server", "--port", self.port, "--save", ""]
        for what in ("protected-configs", "debug-command", "module-command"):
            command += [f"--enable-{what}", "yes"]
        self._folder = tempfile.TemporaryDirectory()  # for the files of its persistence
        self._process = subprocess.Popen(
            command, cwd=self._folder.name, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        )
        log = b""
        while b"Ready to accept connections" not in log:
            line = self._process.stdout.readline()
            assert line, f"redis-server did not start: {log.decode(errors='replace')}"
            log += line
        # So that the server never waits for a reader of its log.
        self._drain = subprocess.Popen(
            ["cat"], stdin=self._process.stdout, stdout=subprocess.DEVNULL
        )
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._drain.wait()
        self._folder.cleanup()
