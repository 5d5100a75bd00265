"""The Redis server under test, and Debian's tools for it."""
from reference_server import ReferenceServer
from server_process import ServerProcess, expect, run  # noqa: F401


class RedisTools:
    """What a server's `port` is enough for."""

    def tool(self, name, *arguments, stdin=b""):
        """What redis-cli or redis-benchmark prints."""
        return run([name, "-p", self.port, *arguments], stdin)

    def cli(self, *arguments, stdin=b""):
        """What redis-cli prints, without the end of the last line."""
        return self.tool("redis-cli", *arguments, stdin=stdin).removesuffix("\n")


class RedisServer(RedisTools, ServerProcess):
    pass


class Reference(RedisTools, ReferenceServer):
    """The installed redis-server, for the same checks."""
