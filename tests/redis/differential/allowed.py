"""What may differ between the replies of two servers to the same commands, and why.

A rule takes from a reply of the commands that it is for what may differ. Replies that are the same
after that are the same. Whatever no rule is for is compared exactly, error texts included.
"""
import re

from rdb_value import content

TIME_SLACK_MS = 5000
ANY = b""
RULES = {}  # by the command's name: [(why, rule)]
WHY = []


def allow(names, why):
    """Registers a rule: a function of a command's words and a reply."""
    def register(rule):
        WHY.append(why)
        for name in names.encode().split() or [ANY]:
            RULES.setdefault(name, []).append((why, rule))
        return rule
    return register


class Near:
    """A time, which equals those near to it. Its unit is a second or a part of one."""

    def __init__(self, value, units_a_second):
        self.value, self.slack = value, max(TIME_SLACK_MS * units_a_second // 1000, 1)

    def __eq__(self, other):
        return isinstance(other, Near) and abs(self.value - other.value) <= self.slack


def sort_pairs(kind, items):
    return kind, sorted(zip(items[::2], items[1::2]), key=repr)


@allow("", "an argument that Redis quotes in an error ends there at its first NUL")
def quoted(words, reply):
    kind, value = reply
    return (kind, re.sub(rb"\0[^']*", b"", value)) if kind == b"-" else reply


@allow("KEYS SMEMBERS SINTER SUNION SDIFF HKEYS HVALS SPOP",
       "the order of a hash table follows from a hash function of the server's own")
def unordered(words, reply):
    kind, value = reply
    return (kind, sorted(value, key=repr)) if isinstance(value, list) else reply


@allow("HGETALL CONFIG",
       "the order of a hash table follows from a hash function of the server's own")
def unordered_pairs(words, reply):
    kind, value = reply
    return sort_pairs(kind, value) if isinstance(value, list) else reply


@allow("SCAN SSCAN HSCAN ZSCAN", "a scan may stop anywhere, and its order is a hash table's")
def scanned(words, reply):
    kind, value = reply
    if not isinstance(value, list) or len(value) != 2:
        return reply
    if b"100000" not in words or value[0][1] != b"0":
        return kind
    items = value[1][1]
    if words[0].upper() in (b"HSCAN", b"ZSCAN"):
        return kind, sort_pairs(b"*", items)
    return kind, sorted(items, key=repr)


def has_no_order(words):
    """Whether a SORT shows the order in which a server keeps the elements of a set."""
    if words[1][:1] == b"l":
        return False
    options = [word.upper() for word in words[2:]]
    unsorted = any(option == b"BY" and b"*" not in pattern.split(b"\0")[0]
                   for option, pattern in zip(options, options[1:]))
    return b"ALPHA" in options or unsorted and words[1][:1] != b"z"


@allow("SORT SORT_RO", "elements that weigh the same stay in the order of the set's hash table")
def sorted_elements(words, reply):
    kind, value = reply
    if not isinstance(value, list) or not has_no_order(words):
        return reply
    limited = b"LIMIT" in map(bytes.upper, words)
    return kind, len(value) if limited else sorted(value, key=repr)


@allow("ZUNION ZINTER ZDIFF", "a small result is gathered in a listpack, which has no -0")
def without_negative_zero(words, reply):
    kind, value = reply
    if isinstance(value, list):
        return kind, [without_negative_zero(words, item) for item in value]
    return kind, b"0" if value == b"-0" else value


@allow("RANDOMKEY SRANDMEMBER HRANDFIELD ZRANDMEMBER", "it is chosen at random")
def random_choice(words, reply):
    kind, value = reply
    return kind if not isinstance(value, list) else (kind, bool(value))


@allow("TIME INFO", "it is of the process, the machine and the time")
def of_the_process(words, reply):
    return random_choice(words, reply)


@allow("CLIENT", "ids, addresses, sizes of buffers and times are a connection's own")
def of_the_connection(words, reply):
    reports = len(words) > 1 and words[1].upper() in (b"ID", b"INFO", b"LIST")
    return reply[0] if reports else reply


@allow("CLIENT", "one that has closed its end may still be there for KILL to count, where another "
       "reactor than the caller's has it")
def killed(words, reply):
    counts = len(words) > 1 and words[1].upper() == b"KILL" and reply[0] == b":"
    return (reply[0], b"some") if counts and reply[1] != b"0" else reply


@allow("CLIENT COMMAND CONFIG LATENCY MEMORY OBJECT PUBSUB SLOWLOG",
       "HELP tells what there is here, in words of our own")
def helped(words, reply):
    return reply[0] if len(words) == 2 and words[1].upper() == b"HELP" else reply


@allow("HELLO", "the connection's id; the protocol is compared")
def greeting(words, reply):
    kind, value = reply
    if not isinstance(value, list):
        return reply
    return kind, [item for item in value if item[0] != b":" or item[1] in (b"2", b"3")]


@allow("DUMP", "hash tables have an order of their own; what LZF gives depends in Redis on what it "
       "compressed before; consumers were seen at another time")
def dumped(words, reply):
    kind, value = reply
    full = kind == b"$" and isinstance(value, bytes) and len(value) > 10
    return (kind, content(value, cut_alike=False, times_alike=False)) if full else reply


@allow("OBJECT", "numbers of references and idle times are a server's own; INCRBYFLOAT leaves "
       "strings that look like integers; what is int here may be embstr there")
def of_the_object(words, reply):
    kind, value = reply
    if kind == b":":
        return kind
    return (kind, b"embstr") if value == b"int" else reply


@allow("COMMAND", "the commands are fewer, the order of the list is a hash table's; for GETKEYS "
       "alone Redis reads a number of keys once more, up to what is no digit")
def of_the_commands(words, reply):
    kind, value = reply
    part = words[1].upper() if len(words) > 1 else b""
    if part in (b"INFO", b"DOCS") and len(words) > 2:
        return kind, len(value)
    if part in (b"", b"INFO", b"DOCS", b"LIST", b"COUNT"):
        return kind
    if part.startswith(b"GETKEYS") and any(
            re.match(rb"\s*\+?0*[1-9]\d*", word) and not re.fullmatch(rb"[1-9]\d*", word)
            for word in words):
        return None
    return reply


@allow("TTL EXPIRETIME", "the commands before came at another time")
def seconds(words, reply, units_a_second=1):
    kind, value = reply
    return (kind, Near(int(value), units_a_second)) if kind == b":" and value[:1] != b"-" else reply


@allow("PTTL PEXPIRETIME", "the commands before came at another time")
def milliseconds(words, reply):
    return seconds(words, reply, 1000)


STREAM_ID = re.compile(r"b'\d+-\d+'")
RADIX_TREE = [(b"$", b"radix-tree-keys"), (b"$", b"radix-tree-nodes")]
XINFO_TIMES = [(b"$", b"idle"), (b"$", b"seen-time")]


@allow("XPENDING XINFO", "deliveries came at another time; there is no radix tree")
def of_the_group(words, reply):
    kind, value = reply
    if not isinstance(value, list):
        return reply
    value = [of_the_group(words, item) for item in value]
    at = {4: 2, 3: 1}.get(len(value)) if value and STREAM_ID.fullmatch(str(value[0][1])) else None
    is_info = words[0].upper() == b"XINFO"
    for i, before in enumerate([None, *value[:-1]]):
        if i == at or is_info and before in XINFO_TIMES:
            value[i] = Near(int(value[i][1]), 1000)
        elif is_info and before in RADIX_TREE:
            value[i] = b"radix tree"
    return kind, value


def difference(words, ours, theirs):
    """None if replies to `words` are the same, why they may differ if they may, otherwise ""."""
    if ours == theirs:
        return None
    for why, rule in RULES.get(words[0].upper(), []) + RULES[ANY]:
        if rule(words, ours) == rule(words, theirs):
            return why
    return ""
