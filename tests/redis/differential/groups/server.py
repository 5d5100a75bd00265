"""The server's configuration, its commands and what it says of itself."""
from groups import bitmap
from values import choose

COMMANDS = """
    CONFIG GET parameter
    CONFIG GET {parameter}
    CONFIG SET {settable setting}
    CONFIG
    CONFIG junk
    COMMAND INFO {command}
    COMMAND DOCS {command}
    COMMAND LIST [FILTERBY (MODULE|ACLCAT|PATTERN|junk) word]
    COMMAND (GETKEYS|GETKEYSANDFLAGS) (SET key value [GET]|MSET {key value}|PFMERGE {key}|LCS \
        key key)
    COMMAND (GETKEYS|GETKEYSANDFLAGS) (ZUNIONSTORE key bit {key}|LMPOP bit {key} LEFT\
        |SINTERCARD bit {key})
    COMMAND (GETKEYS|GETKEYSANDFLAGS) BITFIELD key {(GET width 1|OVERFLOW SAT|SET width 1 1|junk)}
    COMMAND (GETKEYS|GETKEYSANDFLAGS) SORT key [BY pattern] [LIMIT 1 2] [GET pattern] [STORE key]
    COMMAND (GETKEYS|GETKEYSANDFLAGS) (GEORADIUS key 1 2|GEORADIUSBYMEMBER key field) 3 m [STORE key]
    COMMAND (GETKEYS|GETKEYSANDFLAGS) (command|OBJECT (ENCODING|junk)) {key}
    COMMAND junk
    INFO section
    TIME
    OBJECT junk
    OBJECT
    junk {value}
"""

PARAMETERS = [
    "hash-max-listpack-entries", "hash-max-ziplist-entries", "list-max-listpack-size",
    "set-max-intset-entries", "zset-max-listpack-value", "maxclients", "HASH-max-listpack-VALUE",
    "proto-max-bulk-len", "appendonly", "databases", "hash-max-l*-entries", "nosuch", "no*such",
    "maxmemory", "protected-mode", "stream-node-max-entries",
]
# Here other values are refused than in Redis, or they would end the run.
NOT_SET = ("maxclients", "maxmemory", "appendonly", "protected-mode")

VALUES = {
    "bit": bitmap.VALUES["bit"],
    "command": choose("get", "SET", "nosuch", "mset", "client|id", "client|nosuch",
                      "object|encoding"),
    "parameter": choose(*PARAMETERS),
    "section": choose("server", "nosuch", "keyspace", "default"),
    "settable": choose(*(name for name in PARAMETERS if name not in NOT_SET)),
    "width": bitmap.VALUES["width"],
}
