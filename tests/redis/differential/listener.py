"""Hears of two servers what happens to their keys."""
import itertools
import re

from connection import Closed, Connection


class Listener:
    """A subscriber of each server, to every event of every key."""

    CLASSES = "KEAnm"  # of notify-keyspace-events: all there are
    MARK = b"__key-mark"

    def __init__(self, addresses):
        self.addresses = addresses
        self._connect()

    def hear(self, control):
        """What each has told since the last time: [(channel, message), ...] twice."""
        told = control.exchange([[b"PUBLISH", self.MARK, b""]])
        try:
            if "closed" in told[0]:
                raise Closed
            return [self._read_to_mark(connection) for connection in self.both]
        except Closed:  # one of them, by a CLIENT KILL
            control.reconnect()
            self._connect()
            return [], []

    def _connect(self):
        self.both = [Connection(address) for address in self.addresses]
        for connection in self.both:
            connection.send([[b"PSUBSCRIBE", b"__key*"]])
            connection.read()

    def _read_to_mark(self, connection):
        events = []
        while True:
            channel, message = (part[1] for part in connection.read()[1][2:])
            if channel == self.MARK:
                return sorted_misses(events)
            events.append((channel, message))


def is_missed_weight(event):
    """Whether a key is missed by which SORT would have sorted."""
    channel, message = event
    name = channel.split(b":", 1)[1]
    what, key = (message, name) if channel.startswith(b"__keyspace") else (name, message)
    return what == b"keymiss" and re.match(rb"[wvh]:", key) is not None


def sorted_misses(events):
    """The order in which SORT misses the weights of a set's members is a hash table's: sorted."""
    runs = itertools.groupby(events, is_missed_weight)
    return [event for missed, run in runs for event in (sorted(run) if missed else run)]


def first_difference(ours, theirs):
    """From which event on two streams differ."""
    pairs = enumerate(zip(ours, theirs))
    return next((i for i, (a, b) in pairs if a != b), min(len(ours), len(theirs)))


def event_at(events, at):
    """The event without its key: what makes differences the same kind."""
    if at >= len(events):
        return b""
    channel, message = events[at]
    return channel.split(b"@")[0] + b" " + (message if b"space" in channel else
                                            channel.split(b":", 1)[-1])
