"""Databases, and keys that go from one to another."""
from values import choose

COMMANDS = """
    COPY key key
    COPY key key {(DB database|DB base|REPLACE|junk)}
    COPY key key DB base [REPLACE]
    MOVE key base
    MOVE key base
    MOVE key database
    SWAPDB base base
    SWAPDB database integer
    SELECT base
    WAIT 0 integer
    WAIT integer junk
    DBSIZE
    RANDOMKEY
"""

VALUES = {
    "base": choose("0", "1", "2"),
}
