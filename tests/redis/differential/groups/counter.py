"""Numbers in strings, and what two strings have in common."""

COMMANDS = """
    SET key number
    INCR key
    DECR key
    INCRBY key integer
    DECRBY key integer
    INCRBYFLOAT key float
    LCS key key
    LCS key key {(LEN|IDX|MINMATCHLEN integer|WITHMATCHLEN|junk)}
"""
