"""The Redis server under test."""
from server_process import ServerProcess, expect  # noqa: F401


class RedisServer(ServerProcess):
    def tool(self, name, *arguments, stdin=b""):
        """What redis-cli or redis-benchmark prints."""
        return self.run([name, "-p", self.port, *arguments], stdin)

    def cli(self, *arguments, stdin=b""):
        """What redis-cli prints, without the end of the last line."""
        return self.tool("redis-cli", *arguments, stdin=stdin).removesuffix("\n")
