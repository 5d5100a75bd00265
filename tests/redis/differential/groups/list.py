"""Lists."""

COMMANDS = """
    LPUSH key {value}
    RPUSH key {value}
    LPUSHX key {value}
    RPUSHX key {value}
    LPOP key [count]
    RPOP key [count]
    LLEN key
    LRANGE key index index
    LINDEX key index
    LSET key index value
    LINSERT key (BEFORE|AFTER|junk) value value
    LREM key index value
    LTRIM key index index
    LPOS key value {(RANK index|COUNT count|MAXLEN count|junk)}
    LMOVE key key (LEFT|RIGHT|junk) (LEFT|RIGHT)
    LMPOP numkeys {key} (LEFT|RIGHT) [COUNT count]
    LMPOP 2 key key (LEFT|RIGHT|junk) {(COUNT count|junk)}
    RPOPLPUSH key key
    DEBUG DIGEST-VALUE {key}
"""
