"""The same client of two servers."""
from connection import Closed, Connection


class Peer:
    """What both servers say to one client, what it has queued, whether it speaks RESP3."""

    def __init__(self, addresses, protocol):
        self.addresses = addresses
        self.protocol = protocol
        self.queued = []
        self.connect()

    def connect(self):
        self.both = [Connection(address) for address in self.addresses]
        self.queued = []
        if self.protocol == 3:
            self.exchange([[b"HELLO", b"3"]])

    def reconnect(self):
        for connection in self.both:
            connection.close()
        self.connect()

    def exchange(self, commands):
        """The pairs of replies; instead of one that did not come "closed" or "no reply"."""
        for connection in self.both:
            try:
                connection.send(commands)
            except ConnectionError:
                pass
        pairs = []
        for _ in commands:
            pair = [self.read(connection) for connection in self.both]
            pairs.append(pair)
            if any(isinstance(reply, str) for reply in pair):
                break
        return pairs

    @staticmethod
    def read(connection):
        """The next reply. Invalidations are passed over: between which replies they come is open."""
        try:
            reply = connection.read()
            while reply[0] == b">" and reply[1][0][1] == b"invalidate":
                reply = connection.read()
            return reply
        except Closed:
            return "closed"
        except TimeoutError:
            return "no reply"

    def follow(self, words, reply):
        """Learns from the reply what this client's transaction holds now."""
        name = words[0].upper()
        if reply == (b"+", b"QUEUED"):
            self.queued.append(words)
        elif name == b"EXEC" or name in (b"DISCARD", b"RESET", b"MULTI") and reply[0] != b"-":
            self.queued = []
