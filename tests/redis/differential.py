#!/usr/bin/env python3
"""Sends the same random commands to two Redis servers and compares their replies byte for byte.

    differential.py --ours 127.0.0.1:7000 --theirs 127.0.0.1:6379 --seed 1 --commands 100000

Both servers are emptied first. Several clients take turns; each sends short pipelines of commands
on few keys, so that types, expiries, transactions and watched keys meet each other; a part of the
clients speaks RESP3. Some arguments are wrong on purpose, in value, in number or in order.

Replies are compared exactly, error texts included, but for what may differ:
  - the order of what has none (KEYS, SMEMBERS, HGETALL, ...) is ignored;
  - of what is random (RANDOMKEY, SRANDMEMBER, ...), of ids and of addresses the type is compared;
  - remaining times may differ by TIME_SLACK_MS;
  - a string's encoding "int" counts as "embstr".

A difference is printed with the commands before it that used the same keys, once for each kind of
difference; then both servers are emptied and the run goes on. The exit status is 1 if there was
one. --groups chooses groups of commands; --show N prints up to N differences.
"""
import argparse
import random
import re
import socket
import sys
import time

TIME_SLACK_MS = 5000
BATCH = 12
HISTORY = 400

# The commands of each group. A word in capitals, and any other word not listed in VALUES, stands
# for itself. [a] is optional, (a|b) a choice, {a} repeated one to four times.
GROUPS = {
    "string": """
        SET key value
        SET key value [(NX|XX)] [GET] [(EX seconds|PX millis|EXAT future|PXAT futurems|KEEPTTL)]
        SET key value {(NX|XX|GET|EX seconds|PX millis|EXAT future|PXAT futurems|KEEPTTL|junk)}
        SETNX key value
        SETEX key seconds value
        PSETEX key millis value
        GET key
        GETSET key value
        GETDEL key
        GETEX key [(EX seconds|PX millis|EXAT at|PXAT atms|PERSIST)]
        GETEX key {(EX seconds|PX millis|EXAT at|PXAT atms|PERSIST|junk)}
        MGET {key}
        MSET {key value}
        MSETNX {key value}
        STRLEN key
        APPEND key value
        SETRANGE key offset value
        GETRANGE key index index
        SUBSTR key index index
    """,
    "counter": """
        SET key number
        INCR key
        DECR key
        INCRBY key integer
        DECRBY key integer
        INCRBYFLOAT key float
        LCS key key
        LCS key key {(LEN|IDX|MINMATCHLEN integer|WITHMATCHLEN|junk)}
    """,
    "keys": """
        DEL {key}
        UNLINK {key}
        EXISTS {key}
        TOUCH {key}
        TYPE key
        RENAME key key
        RENAMENX key key
        OBJECT ENCODING key
        RANDOMKEY
        DBSIZE
        KEYS pattern
        SCAN 0 COUNT 100000 [MATCH pattern] [TYPE type]
        SCAN cursor {(COUNT integer|MATCH pattern|TYPE type|junk)}
        FLUSHDB [(ASYNC|SYNC|junk)]
    """,
    "expire": """
        EXPIRE key seconds [(NX|XX|GT|LT)]
        EXPIRE key seconds {(NX|XX|GT|LT|junk)}
        PEXPIRE key millis [(NX|XX|GT|LT)]
        EXPIREAT key at [(NX|XX|GT|LT)]
        PEXPIREAT key atms [(NX|XX|GT|LT)]
        TTL key
        PTTL key
        EXPIRETIME key
        PEXPIRETIME key
        PERSIST key
    """,
    "transaction": """
        MULTI
        MULTI
        EXEC
        EXEC
        EXEC
        DISCARD
        WATCH {key}
        UNWATCH
    """,
    "connection": """
        PING [value]
        ECHO value
        SELECT database
        AUTH word
        AUTH word word
        HELLO
        HELLO protocol [AUTH word word] [SETNAME word]
        HELLO {(integer|AUTH word word|SETNAME word|junk)}
        RESET
        QUIT
        CLIENT ID
        CLIENT GETNAME
        CLIENT SETNAME word
        CLIENT INFO
        CLIENT LIST [(TYPE clienttype|ID {integer}|junk)]
        CLIENT KILL word
        CLIENT KILL {(ID 99999999999|ADDR word|LADDR word|USER word|SKIPME (yes|junk)|TYPE master)}
        CLIENT REPLY junk
        CLIENT NO-EVICT (ON|OFF|junk)
        CLIENT
        CLIENT junk
    """,
    "server": """
        CONFIG GET parameter
        CONFIG GET {parameter}
        CONFIG SET {settable setting}
        CONFIG
        CONFIG junk
        COMMAND INFO {command}
        COMMAND junk
        INFO section
        TIME
        OBJECT junk
        OBJECT
        junk {value}
    """,
    "list": """
        LPUSH key {value}
        RPUSH key {value}
        LPUSHX key {value}
        RPUSHX key {value}
        LPOP key [count]
        RPOP key [count]
        LLEN key
        LRANGE key index index
        LINDEX key index
        LSET key index value
        LINSERT key (BEFORE|AFTER|junk) value value
        LREM key index value
        LTRIM key index index
        LPOS key value {(RANK index|COUNT count|MAXLEN count|junk)}
        LMOVE key key (LEFT|RIGHT|junk) (LEFT|RIGHT)
        RPOPLPUSH key key
    """,
    "hash": """
        HSET key {field value}
        HMSET key {field value}
        HSETNX key field value
        HGET key field
        HMGET key {field}
        HDEL key {field}
        HLEN key
        HSTRLEN key field
        HEXISTS key field
        HKEYS key
        HVALS key
        HGETALL key
        HINCRBY key field integer
        HINCRBYFLOAT key field float
        HRANDFIELD key [picks [WITHVALUES]]
        HSCAN key 0 COUNT 100000 [MATCH pattern]
    """,
    "set": """
        SADD key {field}
        SREM key {field}
        SCARD key
        SISMEMBER key field
        SMISMEMBER key {field}
        SMEMBERS key
        SMOVE key key field
        SPOP key 100000
        SRANDMEMBER key [picks]
        SINTER {key}
        SUNION {key}
        SDIFF {key}
        SINTERSTORE key {key}
        SUNIONSTORE key {key}
        SDIFFSTORE key {key}
        SINTERCARD numkeys {key} [LIMIT count]
        SSCAN key 0 COUNT 100000 [MATCH pattern]
    """,
    "sorted_set": """
        ZADD key {score field}
        ZADD key {(NX|XX|GT|LT|CH|INCR)} {score field}
        ZREM key {field}
        ZCARD key
        ZSCORE key field
        ZMSCORE key {field}
        ZINCRBY key score field
        ZRANK key field
        ZREVRANK key field
        ZCOUNT key bound bound
        ZLEXCOUNT key lexbound lexbound
        ZRANGE key index index [REV] [WITHSCORES]
        ZRANGE key bound bound BYSCORE [REV] [LIMIT index index] [WITHSCORES]
        ZRANGE key lexbound lexbound BYLEX [REV] [LIMIT index index]
        ZREVRANGE key index index [WITHSCORES]
        ZRANGEBYSCORE key bound bound [WITHSCORES] [LIMIT index index]
        ZREVRANGEBYSCORE key bound bound [WITHSCORES] [LIMIT index index]
        ZRANGEBYLEX key lexbound lexbound [LIMIT index index]
        ZREVRANGEBYLEX key lexbound lexbound [LIMIT index index]
        ZREMRANGEBYRANK key index index
        ZREMRANGEBYSCORE key bound bound
        ZREMRANGEBYLEX key lexbound lexbound
        ZPOPMIN key [count]
        ZPOPMAX key [count]
        ZRANDMEMBER key [picks [WITHSCORES]]
        ZSCAN key 0 COUNT 100000 [MATCH pattern]
    """,
    "stream": """
        XADD key [NOMKSTREAM] [MAXLEN [=] count] streamid {field value}
        XLEN key
        XDEL key {streamid}
        XRANGE key streambound streambound [COUNT count]
        XREVRANGE key streambound streambound [COUNT count]
        XTRIM key (MAXLEN|MINID|junk) [=] count
    """,
}

NUMBERS = ["0", "1", "-1", "2", "3", "7", "10", "100", "-10"]
EXTREMES = [
    "9223372036854775807", "-9223372036854775808", "9223372036854775808", "4294967296", "-2147483649",
    "9223372036854775000", "92233720368547758", "-9223372036854775807", "1000000000000",
]
# Either no time for Redis or one that an entry can hold: later ones become the last such here.
TIME_EXTREMES = ["9223372036854775807000", "-9223372036854775808", "-2147483649"]
NO_INTEGERS = ["abc", "", "1.5", "+1", "01", "-0", " 1", "1 ", "1e3", "0x10", "--1"]
FLOATS = ["0.1", "-1.5", "3.0e3", "1e-7", "0.30000000000000004", "5.0", "1234567.891", "1e17", "-0.0"]
BAD_FLOATS = ["nan", "inf", "-inf", "1e5000", "abc", "", " 1", "1 ", "0x1p3", "1e", ".5", "5."]
TEXTS = [
    "", "a", "b", "abc", "hello world", "ohmytext", "mynewtext", "\r\n", "\0\0", "\xff\xfe", "x" * 20,
    "y" * 44, "z" * 45, "v" * 63, "v" * 64, "v" * 65, "w" * 255, "w" * 256, "u" * 300, "t" * 5000,
]
# Never spoiled: without their counts they change things at random, or do not end.
RANDOM_COMMANDS = {"SPOP", "SRANDMEMBER", "HRANDFIELD", "ZRANDMEMBER"}
PARAMETERS = [
    "hash-max-listpack-entries", "hash-max-ziplist-entries", "list-max-listpack-size",
    "set-max-intset-entries", "zset-max-listpack-value", "maxclients", "HASH-max-listpack-VALUE",
    "proto-max-bulk-len", "appendonly", "databases", "hash-max-l*-entries", "nosuch", "no*such",
    "maxmemory", "protected-mode", "stream-node-max-entries",
]
# Here other values are refused than in Redis, or they would end the run.
NOT_SET = ("maxclients", "maxmemory", "appendonly", "protected-mode")
CONTAINERS = (b"CLIENT", b"CONFIG", b"COMMAND", b"OBJECT")
VALUES = {}


def value_kind(function):
    VALUES[function.__name__] = function
    return function


@value_kind
def key(r):
    return r.choice(["k1", "k2", "k3", "k4", "k5", "k6", "n1", "n2"]) if r.random() < 0.97 else r.choice(
        ["", "K" * 254, "K" * 255, "K" * 300, "k\0k", "k k", "k1\n"])


@value_kind
def integer(r):
    x = r.random()
    return r.choice(NUMBERS if x < 0.8 else EXTREMES if x < 0.92 else NO_INTEGERS)


offset = value_kind(lambda r: r.choice(["0", "1", "5", "44", "255", "300"]) if r.random() < 0.8 else
                    r.choice(["536870911", "536870912", "-1", "9223372036854775807", "x"]))
VALUES["offset"] = offset
for alias in ("index", "count", "numkeys", "protocol", "database", "cursor"):
    VALUES[alias] = integer
# Redis really picks as often as a negative number says.
VALUES["picks"] = lambda r: r.choice(NUMBERS + NO_INTEGERS + ["9223372036854775807", "-9223372036854775808"])
VALUES["number"] = lambda r: r.choice(NUMBERS + EXTREMES + FLOATS)
VALUES["float"] = lambda r: r.choice(
    FLOATS + NUMBERS if r.random() < 0.85 else BAD_FLOATS + EXTREMES)
VALUES["score"] = VALUES["float"]
VALUES["value"] = lambda r: r.choice(
    TEXTS + NUMBERS if r.random() < 0.7 else FLOATS + EXTREMES + NO_INTEGERS)
VALUES["field"] = lambda r: r.choice(["a", "b", "c", "d", "1", "2", "3", "x" * 65, "-5", "1.0", ""])
VALUES["word"] = lambda r: r.choice(["default", "secret", "yes", "no", "name", "", "a b", "127.0.0.1:1"])
VALUES["junk"] = lambda r: r.choice(["junk", "", "EX", "COUNT", "help2", "x" * 200, "a\r\nb", "MATCH"])
VALUES["type"] = lambda r: r.choice(["string", "list", "hash", "set", "zset", "stream", "STRING", "foo"])
VALUES["clienttype"] = lambda r: r.choice(["normal", "master", "replica", "pubsub", "junk"])
VALUES["pattern"] = lambda r: r.choice(
    ["*", "k*", "?1", "k[1-3]", "[^k]*", "k\\1", "n[", "[", "k[3-1]", "", "**1", "k[^", "\\", "k?*",
     "K*K", "[k-"])
VALUES["section"] = lambda r: r.choice(["server", "nosuch", "keyspace", "default"])
VALUES["parameter"] = lambda r: r.choice(PARAMETERS)
VALUES["settable"] = lambda r: r.choice([p for p in PARAMETERS if p not in NOT_SET])
VALUES["setting"] = lambda r: r.choice(
    ["0", "1", "64", "128", "512", "yes", "no", "abc", "-1", "-3", "1kb", "2mb"])
VALUES["command"] = lambda r: r.choice(
    ["get", "SET", "nosuch", "mset", "client|id", "client|nosuch", "object|encoding"])
VALUES["bound"] = lambda r: r.choice(["-inf", "+inf", "0", "(1", "1", "(5", "10", "abc", "(", "nan", "3.0"])
VALUES["lexbound"] = lambda r: r.choice(["-", "+", "[a", "(a", "[c", "(c", "a", "", "[", "("])
VALUES["streamid"] = lambda r: r.choice(["1-1", "2-1", "2-2", "3-*", "5", "0-0", "x", "1-x", "9-9"])
VALUES["streambound"] = lambda r: r.choice(["-", "+", "1-1", "(1-1", "2", "(2", "3-1", "x", "("])


def relative(r, scale):
    if r.random() < 0.75:
        return str(r.randint(100, 100000) * scale)
    return r.choice(["0", "-1", "-100", *TIME_EXTREMES, *NO_INTEGERS])


def absolute(r, scale, past=("0", "1", "-1", "1000000000")):
    if r.random() < 0.7:
        return str((1_900_000_000 + r.randint(0, 100000)) * scale + r.randrange(scale))
    return r.choice([*past, *TIME_EXTREMES, *NO_INTEGERS])


VALUES["seconds"] = lambda r: relative(r, 1)
VALUES["millis"] = lambda r: relative(r, 1000)
VALUES["at"] = lambda r: absolute(r, 1)
VALUES["atms"] = lambda r: absolute(r, 1000)
# A key that is set with an expiry in the past stays in Redis until it is looked at.
VALUES["future"] = lambda r: absolute(r, 1, ["0", "-1"])
VALUES["futurems"] = lambda r: absolute(r, 1000, ["0", "-1"])


class Grammar:
    """Makes commands from the lines of GROUPS."""

    TOKEN = re.compile(r"[\[\](){}|]|[^\s\[\](){}|]+")

    def __init__(self, rng, groups):
        self.rng = rng
        self.rules = {
            name: [self.TOKEN.findall(line) for line in GROUPS[name].strip().splitlines()]
            for name in groups
        }

    def command(self):
        rules = self.rules[self.rng.choice(list(self.rules))]
        words, _ = self.expand(self.rng.choice(rules), 0, "")
        if self.rng.random() < 0.03:
            self.spoil(words)
        if self.rng.random() < 0.2:
            words[0] = self.rng.choice([words[0].lower(), words[0].capitalize()])
        return [word.encode("latin-1") for word in words]

    def spoil(self, words):
        if words[0] in RANDOM_COMMANDS:
            return
        kind = self.rng.random()
        if kind < 0.4 and len(words) > 1:
            del words[self.rng.randrange(1, len(words))]
        elif kind < 0.8:
            # Without NUL: Redis takes options as C strings.
            extra = VALUES["value"](self.rng).replace("\0", "")
            words.insert(self.rng.randrange(1, len(words) + 1), extra)
        elif len(words) > 2:
            i, j = self.rng.sample(range(1, len(words)), 2)
            words[i], words[j] = words[j], words[i]

    def expand(self, tokens, at, closer):
        """The words of one alternative of the tokens up to `closer`, and the place behind it."""
        alternatives, words = [], []
        while at < len(tokens) and tokens[at] != closer:
            token = tokens[at]
            at += 1
            if token == "|":
                alternatives.append(words)
                words = []
            elif token == "[":
                inner, at = self.expand(tokens, at, "]")
                words += inner if self.rng.random() < 0.5 else []
            elif token == "(":
                inner, at = self.expand(tokens, at, ")")
                words += inner
            elif token == "{":
                start = at
                inner, at = self.expand(tokens, start, "}")
                words += inner
                for _ in range(self.rng.choice([0, 0, 1, 1, 2, 3])):
                    words += self.expand(tokens, start, "}")[0]
            else:
                words.append(VALUES[token](self.rng) if token in VALUES else token)
        alternatives.append(words)
        return self.rng.choice(alternatives), at + 1


class Closed(Exception):
    pass


class Connection:
    """One client of one server. read() gives (type byte, value); an aggregate's value is a list."""

    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=15)
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


UNORDERED = {
    b"KEYS", b"SMEMBERS", b"SINTER", b"SUNION", b"SDIFF", b"HKEYS", b"HVALS", b"SPOP", b"CONFIG",
}
UNORDERED_PAIRS = {b"HGETALL"}
SCANS = {b"SCAN", b"SSCAN"}
PAIR_SCANS = {b"HSCAN", b"ZSCAN"}
SHAPELESS = {b"RANDOMKEY", b"SRANDMEMBER", b"HRANDFIELD", b"ZRANDMEMBER", b"TIME", b"INFO"}
TIMES = {b"TTL": 1, b"PTTL": 1000, b"EXPIRETIME": 1, b"PEXPIRETIME": 1000}


def sort_pairs(kind, items):
    return kind, sorted(zip(items[::2], items[1::2]), key=repr)


def normalise(words, reply):
    """`reply` without what may differ between two servers."""
    name = words[0].upper()
    kind, value = reply
    if kind == b"-":  # Redis ends a quoted argument at a NUL
        return kind, re.sub(rb"\0[^']*", b"", value)
    if name in UNORDERED_PAIRS or name == b"CONFIG" and isinstance(value, list):
        return sort_pairs(kind, value)
    if name in UNORDERED and isinstance(value, list):
        return kind, sorted(value, key=repr)
    if name in SCANS | PAIR_SCANS and isinstance(value, list) and len(value) == 2:
        if b"100000" not in words or value[0][1] != b"0":
            return kind
        items = value[1][1]
        return kind, sort_pairs(b"*", items) if name in PAIR_SCANS else sorted(items, key=repr)
    if name in SHAPELESS:
        return kind if not isinstance(value, list) else (kind, bool(value))
    if name == b"CLIENT" and len(words) > 1 and words[1].upper() in (b"ID", b"INFO", b"LIST"):
        return kind
    if name == b"HELLO" and isinstance(value, list):
        return kind, [v for v in value if v[0] != b":" or v[1] in (b"2", b"3")]
    if name == b"OBJECT" and value == b"int":
        return kind, b"embstr"
    if name == b"COMMAND":
        return kind, len(words) < 3 or len(value)
    return reply


def same(words, queued, ours, theirs):
    if ours == theirs:
        return True
    if words[0].upper() == b"EXEC" and ours[0] == theirs[0] == b"*":
        return len(queued) == len(ours[1]) == len(theirs[1]) and all(
            same(*item) for item in zip(queued, [[]] * len(queued), ours[1], theirs[1]))
    scale = TIMES.get(words[0].upper())
    if scale and ours[0] == theirs[0] == b":":
        a, b = int(ours[1]), int(theirs[1])
        return min(a, b) >= 0 and abs(a - b) <= max(TIME_SLACK_MS * scale // 1000, 1)
    return normalise(words, ours) == normalise(words, theirs)


def kind_of(words, ours, theirs):
    """What makes two differences the same kind: reported once."""
    def shape(reply):
        if reply == "closed":
            return reply
        return re.sub(rb"'.*'|\d+", b"_", reply[1]) if reply[0] == b"-" else reply[0]
    sub = words[1].upper() if words[0].upper() in CONTAINERS and len(words) > 1 else b""
    return words[0].upper(), sub, shape(ours), shape(theirs)


class Peer:
    """The same client of both servers, what it has queued, whether it speaks RESP3."""

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
        """The pairs of replies; "closed" stands for one that did not come."""
        for connection in self.both:
            try:
                connection.send(commands)
            except ConnectionError:
                pass
        pairs = []
        for _ in commands:
            pair = []
            for connection in self.both:
                try:
                    pair.append(connection.read())
                except Closed:
                    pair.append("closed")
            pairs.append(pair)
            if "closed" in pair:
                break
        return pairs


class Run:
    def __init__(self, options):
        self.options = options
        self.rng = random.Random(options.seed)
        self.grammar = Grammar(self.rng, options.groups)
        self.addresses = [options.ours, options.theirs]
        self.control = Peer(self.addresses, 2)
        self.peers = [Peer(self.addresses, 3 if i % 2 else 2) for i in range(options.clients)]
        self.history = []
        self.kinds = {}
        self.reset()

    def reset(self):
        self.control.reconnect()  # it may have been killed like any client
        self.control.exchange([[b"FLUSHALL"]])
        for parameter, value in (("hash-max-listpack-entries", 512), ("list-max-listpack-size", -2),
                                 ("set-max-intset-entries", 512), ("zset-max-listpack-value", 64),
                                 ("hash-max-listpack-value", 64), ("maxclients", 4000),
                                 ("proto-max-bulk-len", 512 << 20), ("stream-node-max-entries", 100)):
            self.control.exchange([[b"CONFIG", b"SET", parameter.encode(), str(value).encode()]])
        for peer in self.peers:
            peer.reconnect()
        self.history = []

    def report(self, peer, words, ours, theirs):
        kind = kind_of(words, ours, theirs)
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        if self.kinds[kind] > 1 or len(self.kinds) > self.options.show:
            return
        print(f"--- {b' '.join(words)[:300]}  (client {self.peers.index(peer)}, RESP{peer.protocol})")
        print(f"  ours:   {str(ours)[:600]}\n  theirs: {str(theirs)[:600]}")
        keys = set(words[1:])
        for who, before in [h for h in self.history if who_matters(h, keys)][-self.options.context:]:
            print(f"    before, client {who}:", b" ".join(before)[:200])
        sys.stdout.flush()

    def step(self, peer):
        commands = [self.grammar.command() for _ in range(self.rng.randint(1, BATCH))]
        if self.rng.random() < 0.2:  # a deadline on an endless MULTI
            commands.append([b"EXEC"])
        for words, (ours, theirs) in zip(commands, peer.exchange(commands)):
            if ours == theirs == "closed":
                break
            if "closed" in (ours, theirs) or not same(words, peer.queued, ours, theirs):
                self.report(peer, words, ours, theirs)
                self.reset()
                break
            self.history.append((self.peers.index(peer), words))
            self.follow(peer, words, ours)
        del self.history[:-HISTORY]
        if words[0].upper() == b"QUIT" or ours == "closed":
            peer.reconnect()
        return len(commands)

    @staticmethod
    def follow(peer, words, reply):
        """What this client's transaction holds after a command."""
        if reply == (b"+", b"QUEUED"):
            peer.queued.append(words)
        elif words[0].upper() in (b"EXEC", b"DISCARD", b"RESET", b"MULTI") and reply[0] != b"-":
            peer.queued = []
        elif words[0].upper() == b"EXEC":
            peer.queued = []

    def run(self):
        sent = 0
        start = time.monotonic()
        while sent < self.options.commands:
            sent += self.step(self.rng.choice(self.peers))
        spent = time.monotonic() - start
        print(f"{sent} commands in {spent:.0f} s, {sum(self.kinds.values())} differences of "
              f"{len(self.kinds)} kinds, seed {self.options.seed}")
        for kind, times in sorted(self.kinds.items(), key=lambda item: -item[1]):
            print(f"  {times:6} {kind}")
        return 1 if self.kinds else 0


def who_matters(entry, keys):
    _, words = entry
    return words[0].upper() in (b"MULTI", b"EXEC", b"SELECT", b"FLUSHDB", b"HELLO") or keys & set(words[1:])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--ours", required=True, metavar="HOST:PORT")
    parser.add_argument("--theirs", required=True, metavar="HOST:PORT")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--commands", type=int, default=100000)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--groups", type=lambda text: text.split(","), default=list(GROUPS),
                        help="of " + ",".join(GROUPS))
    parser.add_argument("--show", type=int, default=20, help="differences to print in full")
    parser.add_argument("--context", type=int, default=8, help="earlier commands to print with each")
    sys.exit(Run(parser.parse_args()).run())


if __name__ == "__main__":
    main()
