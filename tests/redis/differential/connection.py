"""A client's connection to one server, as differential.py and its neighbours need it."""
import socket


class Closed(Exception):
    pass


class Connection:
    """One client of one server. read() gives (type byte, value); an aggregate's value is a list."""

    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.input = self.socket.makefile("rb")

    def send(self, commands):
        self.socket.sendall(b"".join(encode(words) for words in commands))

    def read(self):
        try:
            line = self.input.readline()
        except ConnectionError as error:
            raise Closed from error
        if not line.endswith(b"\r\n"):
            raise Closed
        kind, text = line[:1], line[1:-2]
        if kind in b"$=" and text != b"-1":
            payload = self.input.read(int(text) + 2)
            return kind, payload[:-2]
        if kind in b"*~%>" and text != b"-1":
            count = int(text) * (2 if kind == b"%" else 1)
            return kind, [self.read() for _ in range(count)]
        return kind, text

    def close(self):
        self.input.close()
        self.socket.close()


def encode(words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)
