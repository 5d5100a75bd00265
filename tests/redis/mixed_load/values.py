"""Values of each type in Python, and random commands with the replies that must come.

A command is a method of Values: it puts a new value in the old one's place, as the server must, and
gives the words and the reply expected. Replies are compared without their nesting, as RESP2 and RESP3 differ in that.
"""
import dataclasses

WORDS = [b"a", b"b", b"c", b"dd", b"7", b"-12", b"\0\xff\r\n", b"x" * 70, b""]
BIG = 1 << 18
LONGEST = 1 << 19
MOST = 300


@dataclasses.dataclass
class Unordered:
    """Elements that come in any order, `size` words each."""

    words: list
    size: int = 1


def flat(reply):
    if not isinstance(reply, list):
        return [reply]
    return [word for item in reply for word in flat(item)]


def agree(expected, reply):
    if isinstance(expected, Unordered):
        got, size = flat(reply), expected.size
        return sorted(zip(*[iter(got)] * size)) == sorted(zip(*[iter(expected.words)] * size))
    return flat(expected) == flat(reply) and isinstance(expected, list) == isinstance(reply, list)


def integer(number):
    return b"%d" % number


def part(items, first, last):
    """What Redis takes for first to last, both of which may count from the end."""
    size = len(items)
    first = max(first + size if first < 0 else first, 0)
    last = last + size if last < 0 else last
    return items[first:last + 1]


def score_order(scores):
    return sorted(scores.items(), key=lambda item: (item[1], item[0]))


class Values:
    """The keys of one client. No other client touches them."""

    def __init__(self, rng, prefix):
        self.rng = rng
        self.values = {}
        self.prefix = prefix
        self.last_id = 0
        self.commands = {
            kind: [getattr(self, name) for name in dir(self) if name.startswith(kind + "_")]
            for kind in ("string", "counter", "list", "hash", "set", "zset", "stream", "any")
        }

    def command(self):
        """Words and the expected reply of a random command."""
        kind = self.rng.choice(list(self.commands))
        if kind == "any":
            return self.rng.choice(self.commands[kind])(self.key(self.kind()))
        return self.rng.choice(self.commands[kind])(self.key(kind))

    def kind(self):
        return self.rng.choice(["string", "list", "hash", "set", "zset"])

    def key(self, kind):
        return f"{self.prefix}{kind}:{self.rng.randrange(3)}"

    def word(self):
        return self.rng.choice(WORDS) if self.rng.random() < 0.5 else integer(
            self.rng.randrange(200))

    def words(self):
        return [self.word() for _ in range(self.rng.choice([1, 1, 2, 3, 20]))]

    def text(self):
        if self.rng.random() < 0.02:
            return self.rng.randbytes(1000) * self.rng.randrange(BIG // 1000)
        return self.word() * self.rng.randrange(5)

    def bounds(self):
        return self.rng.choice([(0, -1), (0, 3), (-3, -1), (1, 1), (5, 2), (-100, 100)])

    def store(self, key, value):
        """An aggregate without elements is no key."""
        if value:
            self.values[key] = value
        else:
            self.values.pop(key, None)

    # Of any type.

    def any_del(self, key):
        return ["DEL", key], int(self.values.pop(key, None) is not None)

    def any_unlink(self, key):
        return ["UNLINK", key], int(self.values.pop(key, None) is not None)

    def any_exists(self, key):
        other = self.key(self.kind())
        return ["EXISTS", key, other], (key in self.values) + (other in self.values)

    def any_rename(self, key):
        other = key[:-1] + str(self.rng.randrange(3))
        if key not in self.values:
            return ["RENAME", key, other], "ERR no such key"
        self.values[other] = self.values.pop(key)
        return ["RENAME", key, other], "OK"

    def any_copy(self, key):
        other = key[:-1] + str((int(key[-1]) + 1) % 3)
        if key in self.values:
            self.values[other] = self.values[key]
        return ["COPY", key, other, "REPLACE"], int(key in self.values)

    def any_wrong_type(self, key):
        words = ["XLEN", key]
        if key not in self.values:
            return words, 0
        return words, "WRONGTYPE Operation against a key holding the wrong kind of value"

    # Strings.

    def string_set(self, key):
        self.values[key] = self.text()
        return ["SET", key, self.values[key]], "OK"

    def string_get(self, key):
        return ["GET", key], self.values.get(key)

    def string_append(self, key):
        text = self.text()
        value = self.values.get(key, b"")
        if len(value) + len(text) > LONGEST:
            return self.any_del(key)
        self.values[key] = value + text
        return ["APPEND", key, text], len(self.values[key])

    def string_setrange(self, key):
        at, text = self.rng.choice([0, 1, 50, 5000]), self.text() or b"-"
        value = self.values.get(key, b"").ljust(at, b"\0")
        self.values[key] = value[:at] + text + value[at + len(text):]
        return ["SETRANGE", key, at, text], len(self.values[key])

    def string_getrange(self, key):
        first, last = self.bounds()
        return ["GETRANGE", key, first, last], part(self.values.get(key, b""), first, last)

    def string_getdel(self, key):
        return ["GETDEL", key], self.values.pop(key, None)

    def string_setnx(self, key):
        text, is_new = self.text(), key not in self.values
        self.values.setdefault(key, text)
        return ["SETNX", key, text], int(is_new)

    def string_setbit(self, key):
        at = self.rng.randrange(1000)
        value = bytearray(self.values.get(key, b"").ljust(at // 8 + 1, b"\0"))
        before = value[at // 8] >> 7 - at % 8 & 1
        value[at // 8] |= 1 << 7 - at % 8
        self.values[key] = bytes(value)
        return ["SETBIT", key, at, 1], before

    def string_bitcount(self, key):
        return ["BITCOUNT", key], int.from_bytes(self.values.get(key, b""), "big").bit_count()

    def counter_incrby(self, key):
        step = self.rng.randrange(-1000, 1000)
        number = int(self.values.get(key, b"0")) + step
        self.values[key] = integer(number)
        return ["INCRBY", key, step], number

    def counter_get(self, key):
        return ["GET", key], self.values.get(key)

    # Lists.

    def list_rpush(self, key):
        words = self.words()
        self.values[key] = self.values.get(key, []) + words
        return ["RPUSH", key, *words], len(self.values[key])

    def list_lpush(self, key):
        words = self.words()
        self.values[key] = words[::-1] + self.values.get(key, [])
        return ["LPUSH", key, *words], len(self.values[key])

    def list_lpop(self, key):
        value, count = self.values.get(key, []), self.rng.randrange(1, 30)
        self.store(key, value[count:])
        return ["LPOP", key, count], value[:count] or None

    def list_rpop(self, key):
        value = self.values.get(key, [])
        self.store(key, value[:-1])
        return ["RPOP", key], value[-1] if value else None

    def list_lrange(self, key):
        first, last = self.bounds()
        return ["LRANGE", key, first, last], part(self.values.get(key, []), first, last)

    def list_ltrim(self, key):
        first, last = self.rng.choice([(0, 100), (1, -2), (-50, -1), (0, -1), (2, 1)])
        self.store(key, part(self.values.get(key, []), first, last))
        return ["LTRIM", key, first, last], "OK"

    def list_lrem(self, key):
        value, word = self.values.get(key, []), self.word()
        self.store(key, [item for item in value if item != word])
        return ["LREM", key, 0, word], value.count(word)

    def list_lset(self, key):
        word, value = self.word(), self.values.get(key)
        if value is None:
            return ["LSET", key, -1, word], "ERR no such key"
        self.values[key] = value[:-1] + [word]
        return ["LSET", key, -1, word], "OK"

    def list_lmove(self, key):
        other = self.key("list")
        if key not in self.values:
            return ["LMOVE", key, other, "LEFT", "RIGHT"], None
        word = self.values[key][0]
        self.store(key, self.values[key][1:])
        self.values[other] = self.values.get(other, []) + [word]
        return ["LMOVE", key, other, "LEFT", "RIGHT"], word

    # Hashes.

    def hash_hset(self, key):
        pairs = {word: self.text() for word in self.words()}
        value = self.values.get(key, {})
        added = len(pairs.keys() - value.keys())
        self.values[key] = {**value, **pairs}
        return ["HSET", key, *(word for pair in pairs.items() for word in pair)], added

    def hash_hdel(self, key):
        words, value = self.words(), self.values.get(key, {})
        left = {field: text for field, text in value.items() if field not in words}
        self.store(key, left)
        return ["HDEL", key, *words], len(value) - len(left)

    def hash_hmget(self, key):
        words = self.words()
        return ["HMGET", key, *words], [self.values.get(key, {}).get(word) for word in words]

    def hash_hgetall(self, key):
        pairs = self.values.get(key, {}).items()
        return ["HGETALL", key], Unordered([word for pair in pairs for word in pair], 2)

    def hash_hlen(self, key):
        return ["HLEN", key], len(self.values.get(key, {}))

    # Sets.

    def set_sadd(self, key):
        words, value = self.words(), self.values.get(key, set())
        self.values[key] = value | set(words)
        return ["SADD", key, *words], len(self.values[key]) - len(value)

    def set_srem(self, key):
        words, value = self.words(), self.values.get(key, set())
        self.store(key, value - set(words))
        return ["SREM", key, *words], len(value & set(words))

    def set_sismember(self, key):
        word = self.word()
        return ["SISMEMBER", key, word], int(word in self.values.get(key, ()))

    def set_smembers(self, key):
        return ["SMEMBERS", key], Unordered(list(self.values.get(key, ())))

    def set_store(self, key):
        sources = [self.key("set"), self.key("set")]
        one, other = (self.values.get(source, set()) for source in sources)
        name, value = self.rng.choice([
            ("SINTERSTORE", one & other), ("SUNIONSTORE", one | other), ("SDIFFSTORE", one - other)])
        self.store(key, value)
        return [name, key, *sources], len(value)

    # Sorted sets.

    def zset_zadd(self, key):
        pairs = {word: self.rng.randrange(-50, 50) for word in self.words()}
        value = self.values.get(key, {})
        self.values[key] = {**value, **pairs}
        words = [word for member, score in pairs.items() for word in (score, member)]
        return ["ZADD", key, *words], len(pairs.keys() - value.keys())

    def zset_zrem(self, key):
        words, value = self.words(), self.values.get(key, {})
        left = {member: score for member, score in value.items() if member not in words}
        self.store(key, left)
        return ["ZREM", key, *words], len(value) - len(left)

    def zset_zincrby(self, key):
        word, step = self.word(), self.rng.randrange(-9, 9)
        value = self.values.get(key, {})
        self.values[key] = {**value, word: value.get(word, 0) + step}
        return ["ZINCRBY", key, step, word], integer(self.values[key][word])

    def zset_zrange(self, key):
        first, last = self.bounds()
        pairs = part(score_order(self.values.get(key, {})), first, last)
        reply = [word for member, score in pairs for word in (member, integer(score))]
        return ["ZRANGE", key, first, last, "WITHSCORES"], reply

    def zset_zrangebyscore(self, key):
        pairs = score_order(self.values.get(key, {}))
        return ["ZRANGEBYSCORE", key, -10, "(10"], [word for word, score in pairs
                                                    if -10 <= score < 10]

    def zset_zrank(self, key):
        word = self.word()
        members = [member for member, _ in score_order(self.values.get(key, {}))]
        return ["ZRANK", key, word], members.index(word) if word in members else None

    def zset_zremrangebyrank(self, key):
        pairs = score_order(self.values.get(key, {}))
        self.store(key, dict(pairs[5:]))
        return ["ZREMRANGEBYRANK", key, 0, 4], len(pairs[:5])

    # Streams, as lists of (id, word).

    def stream_xadd(self, key):
        self.last_id += 1
        word = self.word()
        self.values[key] = [*self.values.get(key, []), (b"%d-1" % self.last_id, word)][-MOST:]
        words = ["XADD", key, "MAXLEN", MOST, f"{self.last_id}-1", "word", word]
        return words, b"%d-1" % self.last_id

    def stream_xrange(self, key):
        entries = self.values.get(key, [])[:5]
        return ["XRANGE", key, "-", "+", "COUNT", 5], [
            [number, [b"word", word]] for number, word in entries]

    def stream_xdel(self, key):
        entries = self.values.get(key)
        if not entries:
            return self.stream_xlen(key)
        number = self.rng.choice(entries)[0]
        self.values[key] = [entry for entry in entries if entry[0] != number]
        return ["XDEL", key, number], 1

    def stream_xlen(self, key):
        return ["XLEN", key], len(self.values.get(key, []))

    # What is to be read of a key.

    def whole(self, key):
        value = self.values[key]
        kind = key.removeprefix(self.prefix).partition(":")[0]
        if kind in ("string", "counter"):
            return ["GET", key], value
        if kind == "list":
            return ["LRANGE", key, 0, -1], value
        if kind == "hash":
            return self.hash_hgetall(key)
        if kind == "set":
            return self.set_smembers(key)
        if kind == "zset":
            reply = [w for member, score in score_order(value) for w in (member, integer(score))]
            return ["ZRANGE", key, 0, -1, "WITHSCORES"], reply
        return ["XRANGE", key, "-", "+"], [[number, [b"word", word]] for number, word in value]
