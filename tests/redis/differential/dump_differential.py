#!/usr/bin/env python3
"""Carries random values from one Redis server to another and back by DUMP and RESTORE.

    dump_differential.py --seed 1 --values 100000 --server bazel-bin/servers/redis/redis

Both servers make the same values, of every type and encoding and around the limits between them.
What either DUMPs the other must RESTORE, with the same encoding, and then DUMP as it was, byte for
byte but for the order of hash tables and for LZF, whose bytes depend in Redis on what it compressed
before, and COPY it so. Also both must DUMP what they made alike, though long lists may be cut into
other nodes, and the times in consumer groups are those of two clocks.

With --mutate payloads are changed on their way, their checksums made right: ours must take none
that Redis refuses with sanitize-dump-payload yes, and what both take must be the same. How many
ours refuses that Redis takes is told by their forms. The exit status is 1 if there was a
difference.
"""
import argparse
import random
import sys
import time

from connection import Connection
from random_values import Values
from rdb_value import alike, with_end
from servers import add_servers, both_servers

BATCH = 40


class Run:
    def __init__(self, options, ours, theirs):
        self.options = options
        self.rng = random.Random(options.seed)
        self.values = Values(self.rng)
        self.ours, self.theirs = Connection(ours), Connection(theirs)
        self.differences = self.cut_elsewhere = self.done = self.taken = 0
        self.stricter = {}
        for server in (self.ours, self.theirs):
            self.ask(server, [[b"FLUSHALL"], [b"CONFIG", b"SET", b"sanitize-dump-payload", b"yes"]])

    @staticmethod
    def ask(server, commands):
        server.send(commands)
        return [server.read() for _ in commands]

    def both(self, commands):
        self.ours.send(commands)
        self.theirs.send(commands)
        return [[server.read() for _ in commands] for server in (self.ours, self.theirs)]

    def differ(self, what, *details):
        self.differences += 1
        if self.differences <= self.options.show:
            print(f"--- {what}", *(f"\n  {str(detail)[:600]}" for detail in details))

    def make(self):
        """The dumps of a batch of new values, with their encodings: by ours and by theirs."""
        keys = [b"v%d" % i for i in range(BATCH)]
        commands = [[b"FLUSHALL"]]
        for key in keys:
            commands += self.values.commands(key)
        self.both(commands)
        asked = [words for key in keys for words in ([b"DUMP", key], [b"OBJECT", b"ENCODING", key])]
        ours, theirs = self.both(asked)
        return [[(replies[i][1], replies[i + 1][1]) for i in range(0, len(replies), 2)]
                for replies in (ours, theirs)]

    def carry(self, dumps):
        """RESTOREs payloads of one server on both."""
        commands = []
        for payload, _ in dumps:
            commands += [[b"RESTORE", b"r", b"0", payload, b"REPLACE"],
                         [b"OBJECT", b"ENCODING", b"r"], [b"XINFO", b"GROUPS", b"r"],
                         [b"COPY", b"r", b"c", b"REPLACE"],
                         [b"DUMP", b"r"], [b"DUMP", b"c"]]
        ours, theirs = self.both(commands)
        for i, (payload, _) in enumerate(dumps):
            of_ours, of_theirs = ours[6 * i:6 * i + 6], theirs[6 * i:6 * i + 6]
            if of_ours[:4] != of_theirs[:4]:
                self.differ("restored", payload, of_ours[:4], of_theirs[:4])
                continue
            our_dump, our_copy, their_dump = of_ours[4][1], of_ours[5][1], of_theirs[4][1]
            if not alike(our_dump, our_copy):
                self.differ("copied", payload, our_dump, our_copy)
            # A table of few short elements is a listpack again.
            before = payload if their_dump[0] == payload[0] else their_dump
            if not alike(before, our_dump) or not alike(before, their_dump):
                self.differ("dumped again", payload, our_dump, their_dump)

    def step(self):
        ours, theirs = self.make()
        for (our_dump, our_encoding), (their_dump, their_encoding) in zip(ours, theirs):
            self.done += 1
            if our_encoding != their_encoding:
                self.differ("encodings", our_encoding, their_encoding, their_dump)
            elif not alike(our_dump, their_dump, False, False):
                self.differ("dumps", our_dump, their_dump)
            elif not alike(our_dump, their_dump, True, False):
                self.cut_elsewhere += 1
        self.carry(theirs)
        self.carry(ours)

    def mutate(self, body):
        body = bytearray(body)
        for _ in range(self.rng.choice([1, 1, 1, 2, 4])):
            at = self.rng.randrange(min(len(body), self.rng.choice([8, 60, 1000])))
            kind = self.rng.random()
            if kind < 0.5:
                body[at] = self.rng.choice([self.rng.randrange(256),
                                            body[at] ^ 1 << self.rng.randrange(8),
                                            (body[at] + 1) % 256, (body[at] - 1) % 256])
            elif kind < 0.7:
                del body[at:at + self.rng.randint(1, 4)]
            elif kind < 0.9:
                body[at:at] = self.rng.randbytes(self.rng.randint(1, 4))
            else:
                end = at + self.rng.randint(1, 30)
                body[at:at] = body[at:end]
            body = body or bytearray(b"\0")
        return bytes(body)

    def step_mutated(self):
        _, theirs = self.make()
        payloads = [with_end(self.mutate(payload[:-10])) for payload, _ in theirs for _ in range(3)]
        commands = [words for payload in payloads for words in
                    ([b"DEL", b"r"], [b"RESTORE", b"r", b"0", payload], [b"DUMP", b"r"])]
        ours, theirs = self.both(commands)
        for i, payload in enumerate(payloads):
            self.done += 1
            our_reply, their_reply = ours[3 * i + 1], theirs[3 * i + 1]
            if our_reply == their_reply:
                if our_reply[0] == b"+":
                    self.taken += 1
                    if not alike(ours[3 * i + 2][1], theirs[3 * i + 2][1], False):
                        self.differ("both take", payload, ours[3 * i + 2], theirs[3 * i + 2])
            elif their_reply[0] == b"+":
                self.stricter[payload[0]] = self.stricter.get(payload[0], 0) + 1
                if self.options.stricter:
                    print("--- stricter", payload, theirs[3 * i + 2])
            else:
                self.differ("ours takes", payload, our_reply, their_reply, ours[3 * i + 2])

    def run(self):
        start = time.monotonic()
        while self.done < self.options.values:
            self.step_mutated() if self.options.mutate else self.step()
        print(f"{self.done} values in {time.monotonic() - start:.0f} s, {self.differences} "
              f"differences, seed {self.options.seed}")
        if self.options.mutate:
            print(f"  {self.taken} taken by both; ours refuses alone, by form: {self.stricter}")
        else:
            print(f"  {self.cut_elsewhere} lists were cut into nodes elsewhere")
        return 1 if self.differences else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    add_servers(parser)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--values", type=int, default=100000)
    parser.add_argument("--mutate", action="store_true", help="change payloads on their way")
    parser.add_argument("--stricter", action="store_true", help="print what ours alone refuses")
    parser.add_argument("--show", type=int, default=10, help="differences to print")
    options = parser.parse_args()
    with both_servers(options) as (ours, theirs):
        status = Run(options, ours, theirs).run()
    sys.exit(status)


if __name__ == "__main__":
    main()
