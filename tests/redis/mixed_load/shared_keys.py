"""Keys that all clients use, and what must hold of them whatever the clients do."""
import collections

ACCOUNTS = [f"account:{i}" for i in range(12)]
FUNDS = 1000
QUEUES = ["queue:0", "queue:1"]
PRIORITY_QUEUE = "queue:priority"


class Bank:
    """Accounts between which transactions move money: the sum stays."""

    HASH = "accounts"

    async def open(self, connection):
        for account in ACCOUNTS:
            await connection.call("SET", account, FUNDS)
            await connection.call("HSET", self.HASH, account, FUNDS)

    async def transfer(self, connection, rng):
        source, target = rng.sample(ACCOUNTS, 2)
        amount = rng.randrange(1, 50)
        if rng.random() < 0.5:
            replies = await connection.exchange([
                ["MULTI"], ["DECRBY", source, amount], ["INCRBY", target, amount],
                ["HINCRBY", self.HASH, source, amount], ["HINCRBY", self.HASH, target, -amount],
                ["EXEC"]])
            assert len(replies[-1]) == 4, replies
            return
        _, (of_source, of_target) = await connection.exchange([
            ["WATCH", source, target], ["MGET", source, target]])
        await connection.exchange([
            ["MULTI"], ["SET", source, int(of_source) - amount],
            ["SET", target, int(of_target) + amount], ["EXEC"]])

    async def audit(self, connection):
        """Between other clients' transactions, never in the midst of one."""
        replies = await connection.exchange([
            ["MGET", *ACCOUNTS], ["HVALS", self.HASH],
            ["MULTI"], *(["GET", account] for account in ACCOUNTS), ["EXEC"]])
        for balances in (replies[0], replies[1], replies[-1]):
            assert sum(map(int, balances)) == FUNDS * len(ACCOUNTS), balances


class Jobs:
    """Jobs in lists and a sorted set: each is taken at most once, and none is lost but those that
    were on their way to a client when its connection ended."""

    def __init__(self):
        self.pushed, self.taken = set(), set()
        self.doubtful = set()  # whose push was not answered
        self.on_their_way = 0

    async def push(self, connection, rng, client):
        jobs = [b"%d:%d" % (client, rng.getrandbits(60)) for _ in range(rng.randint(1, 4))]
        self.doubtful.update(jobs)
        if rng.random() < 0.3:
            words = ["ZADD", PRIORITY_QUEUE]
            for job in jobs:
                words += [rng.randrange(3), job]
            await connection.call(*words)
        else:
            await connection.call(rng.choice(["RPUSH", "LPUSH"]), rng.choice(QUEUES), *jobs)
        self.doubtful.difference_update(jobs)
        self.pushed.update(jobs)

    async def take(self, connection, rng, client):
        queues, wait = rng.sample(QUEUES, 2), rng.choice(["0.01", "0.1", "0.5"])
        words = rng.choice([
            ["BLPOP", *queues, wait], ["BRPOP", *queues, wait], ["BLMPOP", wait, 2, *queues, "LEFT"],
            ["BZPOPMIN", PRIORITY_QUEUE, wait], ["BZMPOP", wait, 1, PRIORITY_QUEUE, "MAX"],
            ["LPOP", queues[0]], ["BLMOVE", *queues, "LEFT", "RIGHT", wait],
            ["BLMOVE", queues[0], f"work:{client}", "RIGHT", "LEFT", wait],
            ["BRPOPLPUSH", queues[0], f"work:{client}", wait], ["LPOP", f"work:{client}"]])
        keeps = words[0] in ("BLMOVE", "BRPOPLPUSH")
        self.on_their_way += not keeps
        reply = await connection.call(*words)
        self.on_their_way -= not keeps
        if reply is not None and not keeps:
            self.note(reply)

    def note(self, reply):
        words = reply if isinstance(reply, list) else [reply]
        while words and isinstance(words[-1], list):
            words = words[-1]
        job = next(word for word in words if b":" in word and not word.startswith(b"queue"))
        assert job in self.pushed or job in self.doubtful, f"{job} was never pushed"
        assert job not in self.taken, f"{job} came twice"
        self.taken.add(job)

    async def audit(self, connection, clients):
        """At the end, when nobody takes any more."""
        lists = [*QUEUES, *(f"work:{client}" for client in range(clients))]
        left = [job for key in lists for job in await connection.call("LRANGE", key, 0, -1)]
        left += await connection.call("ZRANGE", PRIORITY_QUEUE, 0, -1)
        for job, times in collections.Counter(left).items():
            assert times == 1, f"{job} is there {times} times"
            self.note(job)
        lost = self.pushed - self.taken
        assert len(lost) <= self.on_their_way, f"{len(lost)} jobs lost: {list(lost)[:10]}"
        await connection.call("DEL", PRIORITY_QUEUE, *lists)
        return f"{len(self.taken)} jobs taken, {len(lost)} of at most {self.on_their_way} lost"


class Channels:
    """What one client publishes arrives in its order, without gaps, once at each subscriber."""

    NAMES = [b"channel:%d" % i for i in range(4)]

    def __init__(self):
        self.sent = collections.Counter()
        self.received = 0

    async def publish(self, connection, rng, client):
        channel = rng.choice(self.NAMES)
        # A new line of messages after each that may not have been sent.
        line = (client, connection.number, channel)
        self.sent[line] += 1
        await connection.call("PUBLISH", channel, b"%d.%d:%d" % (*line[:2], self.sent[line]))

    def receive(self, last, reply):
        """A subscriber's push; `last` holds what it has received so far."""
        kind, *words = reply
        if kind not in (b"message", b"pmessage"):
            assert kind.endswith(b"subscribe"), reply
            if kind.endswith(b"unsubscribe"):
                for line in [line for line in last if line[:2] == (kind[:1], words[0])]:
                    del last[line]
            return
        channel, message = words[-2:]
        sender, number = message.split(b":")
        line = (b"p" if kind == b"pmessage" else b"u", words[0], channel, sender)
        assert int(number) == last.get(line, int(number) - 1) + 1, (line, last[line], number)
        last[line] = int(number)
        self.received += 1


class Deadlines:
    """One client's keys that expire: each is there before its time and not after it."""

    SLACK_SECONDS = 0.5
    KEYS = 5

    def __init__(self, client, clock):
        self.prefix, self.clock = f"expiring:{client}:", clock
        self.keys = {}  # key: (earliest, latest) end

    async def set(self, connection, rng):
        key, spell = f"{self.prefix}{rng.randrange(self.KEYS)}", rng.choice([5, 50, 500, 3000])
        self.keys[key] = (0, float("inf"))
        began = self.clock()
        await connection.exchange(rng.choice([
            [["SET", key, "x", "PX", spell]],
            [["DEL", key], ["RPUSH", key, "x"], ["PEXPIRE", key, spell]],
            [["MULTI"], ["DEL", key], ["HSET", key, "f", "x"], ["PEXPIRE", key, spell], ["EXEC"]],
            [["SET", key, "x", "EX", 100], ["PEXPIRE", key, spell]]]))
        self.keys[key] = (began + spell / 1000, self.clock() + spell / 1000)

    async def check(self, connection):
        for key, (earliest, latest) in list(self.keys.items()):
            began = self.clock()
            found, left = await connection.exchange([["EXISTS", key], ["PTTL", key]])
            if began > latest + self.SLACK_SECONDS:
                assert not found and left == -2, f"{key} should have expired: {left} ms are left"
                del self.keys[key]
            elif self.clock() < earliest - self.SLACK_SECONDS:
                assert found and left > 0, f"{key} expired too early"
