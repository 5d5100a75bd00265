"""A client's connection, for asyncio, with what a client may do wrong.

A reply is bytes, an int, None, a str (a status), an Error or a list of replies. Maps are lists of
their fields and values, doubles bytes: what either protocol says is the same.
"""
import asyncio
import socket

ATTEMPT_SECONDS = 60


class Lost(Exception):
    """The connection has ended, after so many replies of an exchange."""

    def __init__(self, replies):
        super().__init__(f"after {len(replies)} replies")
        self.replies = replies


class Error(str):
    pass


def encode(words):
    words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)


class Connection:
    """One client's connection. `number` is what CLIENT ID says."""

    @classmethod
    async def open(cls, port, protocol=2):
        self = cls()
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
        self._writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if protocol == 3:
            await self.call("HELLO", 3)
        self.number = await self.call("CLIENT", "ID")
        return self

    async def call(self, *words):
        return (await self.exchange([words]))[0]

    async def exchange(self, commands):
        self.send(*commands)
        return await self.replies(len(commands))

    def send(self, *commands):
        self._writer.write(b"".join(map(encode, commands)))

    async def replies(self, count):
        replies = []
        try:
            await self._writer.drain()
            for _ in range(count):
                replies.append(await asyncio.wait_for(self.read(), ATTEMPT_SECONDS))
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            self.close()
            raise Lost(replies) from error
        except asyncio.TimeoutError:
            raise AssertionError(f"no reply within {ATTEMPT_SECONDS} s") from None
        return replies

    def break_off(self, commands, size):
        """Sends the first `size` bytes of commands and goes away without a word."""
        self._writer.write(b"".join(map(encode, commands))[:size])
        self.close()

    def close(self):
        self._writer.close()

    async def read(self):
        line = await self._reader.readuntil(b"\r\n")
        kind, text = line[:1], line[1:-2]
        if kind == b"$" or kind == b"=":
            size = int(text)
            return None if size < 0 else (await self._reader.readexactly(size + 2))[:-2]
        if kind == b":":
            return int(text)
        if kind == b"+":
            return text.decode()
        if kind == b"-":
            return Error(text.decode())
        if kind in b"*~%>":
            count = int(text) * (2 if kind == b"%" else 1)
            return None if count < 0 else [await self.read() for _ in range(count)]
        return {b"_": None, b"#": int(text == b"t")}.get(kind, text)


async def gone(port, number):
    """Waits until the server has let go of a client, which then changes nothing any more."""
    connection = await Connection.open(port)
    while await connection.call("CLIENT", "LIST", "ID", number):
        await asyncio.sleep(0)
    connection.close()
