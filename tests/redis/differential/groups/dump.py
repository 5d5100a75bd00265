"""DUMP and RESTORE. See dump_differential.py for what is in the payloads."""
from rdb_value import with_end

COMMANDS = """
    DUMP key
    DUMP key
    RESTORE key (0|0|millis) payload [REPLACE] [IDLETIME integer]
    RESTORE key atms payload ABSTTL [REPLACE] [FREQ integer]
    RESTORE key millis payload {(REPLACE|ABSTTL|IDLETIME integer|FREQ integer|junk)}
    RESTORE key 0 value [REPLACE]
    OBJECT ENCODING key
    PTTL key
    TYPE key
"""

# Every type, and two that are none.
BODIES = [
    b"\0\x05hello", b"\0\xc0\x07", b"\0\xc3\x09\x1e\x01aa\xe0\x11\0\x01aa", b"\x02\x02\x01a\x01b",
    b"\x12\x01\x02\x0b\x0b\0\0\0\x02\0\x01\x01\x02\x01\xff", b"\x01\x02\x01a\x01b",
    b"\x0b\x0e\x02\0\0\0\x03\0\0\0\x01\0\x02\0\x03\0", b"\x05\x01\x01a\0\0\0\0\0\0\xf0?",
    b"\x10\x0b\x0b\0\0\0\x02\0\x01\x01\x02\x01\xff",
    b"\x11\x0b\x0b\0\0\0\x02\0\x01\x01\x02\x01\xff",
    b"\x04\x01\x01a\x01b", b"\x13\0\0\x01\x01\0\0\x01\x01\x01\0", b"\x02\0", b"\x0d\x05hello",
]

VALUES = {
    "payload": lambda r: with_end(r.choice(BODIES)).decode("latin-1"),
}
