"""HyperLogLogs, and strings that look like one."""
from values import VALUES as COMMON

COMMANDS = """
    PFADD key {element}
    PFADD key {element element element element element element element element}
    PFADD key {element element element element element element element element}
    PFADD key
    PFCOUNT key
    PFCOUNT {key}
    PFMERGE key {key}
    PFMERGE key
    PFDEBUG (GETREG|DECODE|ENCODING|TODENSE|junk) key
    PFDEBUG DECODE key
    GET key
    GET key
    STRLEN key
    SET key sketch
    SET key sketch
    DEL {key}
    DEL {key}
    SETRANGE key sketchoffset byte
    (APPEND key byte|SET key value|RENAME key key)
    OBJECT ENCODING key
    EXPIRE key seconds
    TTL key
    CONFIG SET hll-sparse-max-bytes (0|30|60|300|3000|3000|3000|setting)
"""

def element(r):
    if r.random() < 0.1:
        return COMMON["value"](r)
    return str(r.randrange(r.choice([10, 1000, 10**9])))


def sketch(r):
    """A HyperLogLog: sparse, with runs that mostly are those of all registers, or dense."""
    head = "HYLL" + r.choice("\1\1\1\1\0\2") + "\0" * 3
    head += r.choice(["\0" * 8, "\0" * 7 + "\x80", "1234567\0"])
    if r.random() < 0.1:
        size = r.choice([12288] * 5 + [9])
        return head[:4] + "\0" + head[5:] + "".join(chr(r.randrange(256)) for _ in range(size))
    runs, left = "", 16384
    while left > 0 and len(runs) < 200:
        kind = r.random()
        count = min(left, r.randint(1, 4 if kind < 0.5 else 64 if kind < 0.7 else 2000))
        left -= count
        if kind < 0.5:
            runs += chr(0x80 | r.choice([0, 0, 1, 1, 2, 31]) << 2 | count - 1)
        elif kind < 0.7:
            runs += chr(count - 1)
        else:
            runs += chr(0x40 | count - 1 >> 8) + chr(count - 1 & 255)
    if left > 0:
        runs += chr(0x40 | left - 1 >> 8) + chr(left - 1 & 255)
    if r.random() < 0.2:
        at = r.randrange(len(runs))
        runs = runs[:at] + r.choice(["", chr(r.randrange(256))]) + runs[at + 1:]
    return head + runs


VALUES = {
    "byte": lambda r: chr(r.randrange(256)),
    "element": element,
    "sketch": sketch,
    "sketchoffset": lambda r: str(
        r.choice([r.randrange(18), *(r.randrange(8, end) for end in (60, 300, 12304))])),
}
