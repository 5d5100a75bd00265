"""Sorted sets."""
from values import VALUES as COMMON, choose

COMMANDS = """
    ZADD key {score field}
    ZADD key {(NX|XX|GT|LT|CH|INCR)} {score field}
    ZREM key {field}
    ZCARD key
    ZSCORE key field
    ZMSCORE key {field}
    ZINCRBY key score field
    ZRANK key field
    ZREVRANK key field
    ZCOUNT key bound bound
    ZLEXCOUNT lexkey lexbound lexbound
    ZRANGE key index index [REV] [WITHSCORES]
    ZRANGE key bound bound BYSCORE [REV] [LIMIT index index] [WITHSCORES]
    ZRANGE lexkey lexbound lexbound BYLEX [REV] [LIMIT index index]
    ZRANGESTORE key key index index [REV]
    ZRANGESTORE key key bound bound BYSCORE [REV] [LIMIT index index]
    ZRANGESTORE lexkey lexkey lexbound lexbound BYLEX [REV] [LIMIT index index]
    ZRANGESTORE key key index index {(REV|WITHSCORES|LIMIT index index|BYSCORE|junk)}
    ZREVRANGE key index index [WITHSCORES]
    ZRANGEBYSCORE key bound bound [WITHSCORES] [LIMIT index index]
    ZREVRANGEBYSCORE key bound bound [WITHSCORES] [LIMIT index index]
    ZRANGEBYLEX lexkey lexbound lexbound [LIMIT index index]
    ZREVRANGEBYLEX lexkey lexbound lexbound [LIMIT index index]
    ZREMRANGEBYRANK key index index
    ZREMRANGEBYSCORE key bound bound
    ZREMRANGEBYLEX lexkey lexbound lexbound
    ZADD lexkey {0 lexfield}
    ZADD lexkey 0 lexfield 0 lexfield 0 lexfield 0 lexfield
    (SET|LPUSH) lexkey value
    DEL {lexkey}
    ZPOPMIN key [count]
    ZPOPMAX key [count]
    ZRANDMEMBER key [picks [WITHSCORES]]
    ZSCAN key 0 COUNT 100000 [MATCH pattern]
    ZUNION numkeys {key} [WITHSCORES]
    ZUNION 2 key key WEIGHTS float float [AGGREGATE (SUM|MIN|MAX|junk)] [WITHSCORES]
    ZINTER 2 key key [AGGREGATE (SUM|MIN|MAX)] [WITHSCORES]
    ZINTER numkeys {key} {(WITHSCORES|junk|WEIGHTS float|AGGREGATE SUM)}
    ZDIFF numkeys {key} [WITHSCORES]
    ZUNIONSTORE key 2 key key [WEIGHTS float float] [AGGREGATE (SUM|MIN|MAX)]
    ZINTERSTORE key 3 key key key [WEIGHTS float float float] [AGGREGATE (SUM|MIN|MAX)]
    ZUNIONSTORE key numkeys {key} {(WITHSCORES|junk|WEIGHTS float|AGGREGATE SUM)}
    ZDIFFSTORE key numkeys {key}
    ZINTERCARD numkeys {key} [LIMIT count]
    ZINTERCARD 2 key key {(LIMIT count|junk)}
    ZMPOP numkeys {key} (MIN|MAX) [COUNT count]
    ZMPOP 2 key key (MIN|MAX|junk) {(COUNT count|junk)}
    DEBUG DIGEST-VALUE {key}
"""

VALUES = {
    "bound": choose("-inf", "+inf", "0", "(1", "1", "(5", "10", "abc", "(", "nan", "3.0"),
    # Of members with different scores Redis says nothing, and finds what its random levels lead to.
    "lexfield": choose("a", "b", "c", "d", "", "x" * 65, "\0"),
    "lexkey": choose("lex1", "lex2"),
    "lexbound": choose("-", "+", "[a", "(a", "[c", "(c", "a", "", "[", "("),
    "score": COMMON["float"],
}
