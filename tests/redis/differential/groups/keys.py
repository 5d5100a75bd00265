"""Commands on keys of any type."""
from values import choose

COMMANDS = """
    DEL {key}
    UNLINK {key}
    EXISTS {key}
    TOUCH {key}
    TYPE key
    RENAME key key
    RENAMENX key key
    OBJECT (ENCODING|REFCOUNT|IDLETIME|FREQ) key
    OBJECT {(REFCOUNT|IDLETIME|FREQ|key|junk)}
    OBJECT ENCODING key
    OBJECT REFCOUNT key
    OBJECT FREQ key
    RANDOMKEY
    DBSIZE
    KEYS pattern
    SCAN 0 COUNT 100000 [MATCH pattern] [TYPE type]
    SCAN cursor {(COUNT integer|MATCH pattern|TYPE type|junk)}
    FLUSHDB [(ASYNC|SYNC|junk)]
"""

VALUES = {
    "type": choose("string", "list", "hash", "set", "zset", "stream", "STRING", "foo"),
}
