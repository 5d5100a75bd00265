"""One of the clients of a mixed load: what it does, and how it finds out what it has done."""
import random
import time

from connection import Connection, Error, Lost, encode, gone
from shared_keys import Deadlines
from values import Values, agree

SUBSCRIPTIONS = 100  # messages between two changes


class Client:
    """Has keys of its own, of which it knows all, and uses those of all."""

    def __init__(self, load, number):
        self.load, self.number = load, number
        self.rng = random.Random(f"{load.seed}/{number}")
        self.values = Values(self.rng, f"own:{number}:")
        self.deadlines = Deadlines(number, time.monotonic)
        self.connection = None
        self.steps = [
            (30, self.batch), (10, self.transaction), (3, self.watch), (2, self.check), (2, self.scan),
            (2, self.dump), (2, self.break_off), (5, self.transfer), (2, self.audit),
            (8, self.push), (10, self.take), (8, self.publish), (5, self.expire), (3, self.look),
            (0.3, self.kill), (1, self.reconnect),
        ]

    async def run(self):
        weights = [weight for weight, _ in self.steps]
        await self.recover([self.values.values])
        while self.load.is_running():
            (_, step), = self.rng.choices(self.steps, weights)
            before = self.values.values
            self.outcomes = [before]
            try:
                await step()
            except Lost as lost:
                self.load.losses += 1
                await self.recover(self.outcomes[len(lost.replies):] or self.outcomes[-1:])
        await self.check_at_end()

    async def recover(self, outcomes):
        """Connects again, and finds out which of `outcomes` the own keys are now."""
        while True:
            try:
                if self.connection:
                    await gone(self.load.port, self.connection.number)
                self.connection = await Connection.open(self.load.port, self.rng.choice([2, 3]))
                self.load.numbers[self.number] = self.connection.number
                for values in outcomes:
                    self.values.values = values
                    wrong = await self.differences()
                    if not wrong:
                        return
                raise AssertionError(f"client {self.number}: none of {len(outcomes)} outcomes: {wrong}")
            except Lost:
                self.load.losses += 1

    async def differences(self):
        """The own keys whose values are not what they should be."""
        keys = [f"{self.values.prefix}{kind}:{i}" for kind in self.values.commands for i in range(3)]
        expected = [self.values.whole(key) if key in self.values.values else (["EXISTS", key], 0)
                    for key in keys]
        replies = await self.connection.exchange([words for words, _ in expected])
        self.load.commands += len(replies)
        return [(words, str(wanted)[:300], str(reply)[:300])
                for (words, wanted), reply in zip(expected, replies) if not agree(wanted, reply)]

    # What it does with its own keys.

    def some(self, most):
        """Commands with their replies; the own values are now those after them."""
        chosen = []
        for _ in range(self.rng.randint(1, most)):
            self.values.values = dict(self.values.values)
            chosen.append(self.values.command())
            self.outcomes.append(self.values.values)
        return chosen

    def compare(self, chosen, replies):
        self.load.commands += len(replies)
        assert len(chosen) == len(replies), (chosen, replies)
        for (words, wanted), reply in zip(chosen, replies):
            assert agree(wanted, reply), (
                f"client {self.number}: {str(words)[:300]} gave {str(reply)[:300]}, "
                f"not {str(wanted)[:300]}")

    async def batch(self):
        chosen = self.some(12)
        self.compare(chosen, await self.connection.exchange([words for words, _ in chosen]))

    async def transaction(self):
        before = self.values.values
        chosen = self.some(6)
        ends = self.rng.choice(["EXEC", "EXEC", "DISCARD"])
        if ends == "DISCARD":
            self.values.values = before
        self.outcomes = [before, self.values.values]
        try:
            replies = await self.connection.exchange(
                [["MULTI"], *(words for words, _ in chosen), [ends]])
        except Lost:
            raise Lost([]) from None  # all of it or nothing
        assert replies[:-1] == ["OK"] + ["QUEUED"] * len(chosen), replies
        if ends == "EXEC":
            self.compare(chosen, replies[-1])

    async def watch(self):
        """A watched key that another connection changes: the transaction must not run."""
        key = f"{self.values.prefix}counter:0"
        await self.connection.exchange([["WATCH", key], ["GET", key]])
        other = await Connection.open(self.load.port)
        self.values.values = {**self.values.values, key: b"77"}
        self.outcomes.append(self.values.values)
        try:
            await other.call("SET", key, "77")
        except Lost:
            await gone(self.load.port, other.number)
            raise Lost([]) from None
        other.close()
        self.outcomes = [self.values.values]
        replies = await self.connection.exchange([["MULTI"], ["INCR", key], ["EXEC"]])
        assert replies[-1] is None, replies

    async def check(self):
        wrong = await self.differences()
        assert not wrong, f"client {self.number}: {wrong}"

    async def scan(self):
        """Finds each key that was there all the time, whatever the others do."""
        found, cursor = set(), b"0"
        while True:
            cursor, keys = await self.connection.call(
                "SCAN", cursor, "MATCH", self.values.prefix + "*", "COUNT",
                self.rng.choice([10, 100, 1000]))
            found.update(key.decode() for key in keys)
            self.load.commands += 1
            if cursor == b"0":
                break
        assert found == set(self.values.values), (self.number, found ^ set(self.values.values))

    async def dump(self):
        """Carries a key's value to another by DUMP and RESTORE."""
        source, target = self.values.key("hash"), self.values.key("hash")
        payload = await self.connection.call("DUMP", source)
        if payload is None:
            return
        self.values.values = {**self.values.values, target: self.values.values[source]}
        self.outcomes.append(self.values.values)
        reply = await self.connection.call("RESTORE", target, 0, payload, "REPLACE")
        assert reply == "OK", reply

    async def break_off(self):
        """Goes away in the midst of a pipeline: a part of it may have been done, in order."""
        commands = [words for words, _ in self.some(12)]
        size = sum(len(encode(words)) for words in commands)
        self.connection.break_off(commands, self.rng.randrange(size + 1))
        raise Lost([])

    async def reconnect(self):
        self.connection.close()
        raise Lost([])

    # What it does with the others.

    async def transfer(self):
        await self.load.bank.transfer(self.connection, self.rng)

    async def audit(self):
        await self.load.bank.audit(self.connection)

    async def push(self):
        await self.load.jobs.push(self.connection, self.rng, self.number)

    async def take(self):
        await self.load.jobs.take(self.connection, self.rng, self.number)

    async def publish(self):
        await self.load.channels.publish(self.connection, self.rng, self.number)

    async def expire(self):
        await self.deadlines.set(self.connection, self.rng)
        await self.deadlines.check(self.connection)

    async def kill(self):
        victim = self.rng.choice(list(self.load.numbers.values()))
        if victim != self.connection.number:
            await self.connection.call("CLIENT", "KILL", "ID", victim)

    async def look(self):
        """What is of no consequence, or must have none."""
        key = self.values.key(self.values.kind())
        reply = await self.connection.call(*self.rng.choice([
            ["INFO", "all"], ["CLIENT", "LIST"], ["DBSIZE"], ["RANDOMKEY"], ["SLOWLOG", "GET", 3],
            ["MEMORY", "USAGE", key], ["OBJECT", "ENCODING", key], ["TOUCH", key], ["PTTL", key],
            ["COMMAND", "COUNT"], ["PUBSUB", "CHANNELS"],
            ["CONFIG", "SET", "hash-max-listpack-entries", self.rng.choice([4, 512])],
            ["CONFIG", "SET", "list-max-listpack-size", self.rng.choice([4, -2])],
            ["CONFIG", "SET", "zset-max-listpack-entries", self.rng.choice([4, 128])],
            ["CONFIG", "SET", "set-max-intset-entries", self.rng.choice([4, 512])]]))
        assert not isinstance(reply, Error), reply

    async def check_at_end(self):
        while True:
            try:
                return await self.check()
            except Lost:
                await self.recover([self.values.values])


class Subscriber:
    """Listens, and now and then to other channels."""

    def __init__(self, load, number):
        self.load, self.number = load, number
        self.rng = random.Random(f"{load.seed}/{number}")

    async def run(self):
        while self.load.is_running():
            try:
                connection = await Connection.open(self.load.port, self.rng.choice([2, 3]))
                self.load.numbers[self.number] = connection.number
                await self.listen(connection)
                connection.close()
            except Lost:
                self.load.losses += 1

    async def listen(self, connection):
        last, channels = {}, self.load.channels
        connection.send(["SUBSCRIBE", *channels.NAMES[:2]], ["PSUBSCRIBE", "channel:*"])
        while self.load.is_running() and self.rng.random() > 0.0003:
            (reply,) = await connection.replies(1)
            channels.receive(last, reply)
            if self.rng.random() < 1 / SUBSCRIPTIONS:
                channel = self.rng.choice(channels.NAMES)
                connection.send([self.rng.choice(["SUBSCRIBE", "UNSUBSCRIBE"]), channel])
