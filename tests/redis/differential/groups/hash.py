"""Hashes."""

COMMANDS = """
    HSET key {field value}
    HMSET key {field value}
    HSETNX key field value
    HGET key field
    HMGET key {field}
    HDEL key {field}
    HLEN key
    HSTRLEN key field
    HEXISTS key field
    HKEYS key
    HVALS key
    HGETALL key
    HINCRBY key field integer
    HINCRBYFLOAT key field float
    HRANDFIELD key [picks [WITHVALUES]]
    HSCAN key 0 COUNT 100000 [MATCH pattern]
    DEBUG DIGEST-VALUE {key}
"""
