"""Random values of every type and encoding, and around the limits between them."""


class Values:
    """Makes the commands that make random values."""

    def __init__(self, rng):
        self.rng = rng
        self.makers = [self.string, self.list, self.set, self.sorted_set, self.hash, self.stream]

    def commands(self, key):
        return self.rng.choice(self.makers)(key)

    def integer(self):
        bits = self.rng.choice([1, 3, 7, 8, 12, 13, 15, 16, 23, 24, 31, 32, 63])
        value = (1 << bits) + self.rng.randint(-2, 2) if self.rng.random() < 0.5 else (
            self.rng.getrandbits(bits))
        value = self.rng.choice([value, -value])
        return b"%d" % max(min(value, (1 << 63) - 1), -(1 << 63))

    def text(self, longest=True):
        kind = self.rng.random()
        if kind < 0.35:
            return self.integer()
        if kind < 0.4:
            return self.rng.choice(
                [b"", b"-", b"-0", b"007", b"+1", b"1.5", b"9223372036854775808"])
        sizes = [self.rng.randint(0, 30), self.rng.choice([20, 21, 44, 63, 64, 65, 66])]
        if longest and self.rng.random() < 0.1:
            sizes += [self.rng.randint(0, 500), self.rng.choice([253, 254, 4095, 4096, 8180, 9000])]
        size = self.rng.choice(sizes)
        if kind < 0.6:
            return self.rng.randbytes(size)
        if kind < 0.8:
            return bytes(self.rng.choice(b"ab") for _ in range(size))
        unit = self.rng.randbytes(self.rng.randint(1, 40))
        return (unit * (size // len(unit) + 1))[:size]

    def number(self, edges):
        kind = self.rng.random()
        if kind < 0.9:
            return self.rng.randint(1, 12)
        return self.rng.choice(edges) if kind < 0.97 else self.rng.randint(1, 1500)

    def string(self, key):
        value = self.text()
        if self.rng.random() < 0.01:
            value = value * self.rng.randint(1, 3000)
        if self.rng.random() < 0.1:
            return [[b"SET", key, value], [b"APPEND", key, self.text(False)]]
        return [[b"SET", key, value]]

    def list(self, key):
        texts = [self.text() for _ in range(self.number([100, 600]))]
        return [[self.rng.choice([b"RPUSH", b"LPUSH"]), key, *texts]]

    def set(self, key):
        size = self.number([511, 512, 513])
        make = self.integer if self.rng.random() < 0.5 else lambda: self.text(False)
        return [[b"SADD", key, *(make() for _ in range(size))]]

    def score(self):
        return self.rng.choice([
            self.integer(), b"%d" % self.rng.randint(-3, 3), repr(self.rng.random()).encode(),
            repr(self.rng.uniform(-1e300, 1e300)).encode(), b"inf", b"-inf", b"5e-324", b"1e-7"])

    def sorted_set(self, key):
        words = [b"ZADD", key]
        for _ in range(self.number([127, 128, 129])):
            words += [self.score(), self.text(self.rng.random() < 0.1)]
        return [words]

    def hash(self, key):
        words = [b"HSET", key]
        for _ in range(self.number([511, 512, 513])):
            words += [self.text(self.rng.random() < 0.1), self.text(self.rng.random() < 0.1)]
        return [words]

    def stream(self, key):
        commands, ids = [], []
        ms, seq = self.rng.getrandbits(self.rng.choice([3, 41, 63])), self.rng.randint(1, 5)
        names = [self.text(False) for _ in range(4)]
        for _ in range(self.number([99, 100, 101, 250])):
            if self.rng.random() < 0.5:
                ms, seq = ms + self.rng.choice([1, 1000]), self.rng.randint(0, 9)
            else:
                seq += self.rng.choice([1, 1, 300])
            ids.append(b"%d-%d" % (ms, seq))
            words = [b"XADD", key, ids[-1]]
            for name in names[:self.rng.choice([2, 2, 2, 1, 3, 4])]:
                words += [name, self.text(self.rng.random() < 0.1)]
            commands.append(words)
        if self.rng.random() < 0.6:
            for name in {self.text(self.rng.random() < 0.1) for _ in range(self.rng.randint(1, 3))}:
                commands += self.group(key, name, ids)
        kind = self.rng.random()
        if kind < 0.3:
            commands.append([b"XDEL", key, *self.rng.sample(ids, self.rng.randint(1, len(ids)))])
        elif kind < 0.4:
            commands.append([b"XTRIM", key, b"MAXLEN", b"%d" % self.rng.randint(0, len(ids))])
        elif kind < 0.5:
            commands.append([b"XTRIM", key, b"MINID", self.rng.choice(ids)])
        return commands

    def group(self, key, name, ids):
        """A consumer group of a stream that has entries of these ids, then what it has read."""
        start = self.rng.choice([b"0", b"$", b"0-1", *ids, b"%d" % self.rng.getrandbits(64)])
        commands = [[b"XGROUP", b"CREATE", key, name, start]]
        if self.rng.random() < 0.3:
            read = self.rng.choice([-1, 0, self.rng.randint(0, 300), self.rng.getrandbits(63)])
            commands[0] += [b"ENTRIESREAD", b"%d" % read]
        consumers = [self.text(self.rng.random() < 0.1) for _ in range(self.rng.randint(1, 4))]
        for _ in range(self.rng.choice([0, 1, 4, 8])):
            consumer = self.rng.choice(consumers)
            some = self.rng.sample(ids, self.rng.randint(1, min(len(ids), 100)))
            kind = self.rng.random()
            if kind < 0.1:
                commands.append([b"XGROUP", b"CREATECONSUMER", key, name, consumer])
            elif kind < 0.5:
                count = b"%d" % self.rng.choice([1, 2, len(ids)])
                commands.append([b"XREADGROUP", b"GROUP", name, consumer, b"COUNT", count,
                                 b"STREAMS", key, b">"])
            elif kind < 0.8:
                time_ms = self.rng.getrandbits(40)
                count = self.rng.getrandbits(self.rng.choice([3, 14, 63]))
                commands.append([b"XCLAIM", key, name, consumer, b"0", *some,
                                 b"TIME", b"%d" % time_ms,
                                 b"RETRYCOUNT", b"%d" % count, b"FORCE", b"JUSTID"])
            elif kind < 0.9:
                commands.append([b"XACK", key, name, *some])
            elif kind < 0.95:
                commands.append([b"XGROUP", b"SETID", key, name, self.rng.choice(ids)])
            else:
                commands.append([b"XGROUP", b"DELCONSUMER", key, name, consumer])
        return commands
