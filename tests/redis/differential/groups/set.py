"""Sets."""

COMMANDS = """
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
    SINTERCARD 2 key key {(LIMIT count|junk)}
    SSCAN key 0 COUNT 100000 [MATCH pattern]
    DEBUG DIGEST-VALUE {key}
"""
