"""DEBUG, of which few subcommands can be compared."""
from values import choose

COMMANDS = """
    SET key value
    SET key number
    RPUSH key {value}
    DEBUG DIGEST-VALUE {key}
    DEBUG POPULATE small [word [small]]
    DEBUG POPULATE (abc|small)
    DEBUG PROTOCOL (string|integer|double|bignum|null|array|set|map|verbatim|true|false|junk)
    DEBUG ERROR word
    DEBUG SET-ACTIVE-EXPIRE (0|1|junk)
    DEBUG QUICKLIST-PACKED-THRESHOLD (abc|10|4gb|1b)
    DEBUG junk {value}
    MULTI
    EXEC
"""

VALUES = {
    "small": choose("0", "1", "3", "10", "40"),
}
