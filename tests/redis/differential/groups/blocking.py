"""Commands that wait for keys, a few milliseconds at most."""
from values import choose, usually

COMMANDS = """
    BLPOP {key} wait
    BRPOP {key} wait
    BLMOVE key key (LEFT|RIGHT|junk) (LEFT|RIGHT) wait
    BRPOPLPUSH key key wait
    BLMPOP wait numkeys {key} (LEFT|RIGHT|junk) [COUNT count]
    BLMPOP wait 2 key key (LEFT|RIGHT) {(COUNT count|junk)}
    BZPOPMIN {key} wait
    BZPOPMAX {key} wait
    BZMPOP wait numkeys {key} (MIN|MAX|junk) [COUNT count]
    BZMPOP wait 2 key key (MIN|MAX) {(COUNT count|junk)}
    RPUSH key {value}
    RPUSH key {value}
    ZADD key {float field}
    ZADD key {float field}
    DEL {key}
    OBJECT ENCODING key
"""

VALUES = {
    # Not 0: that waits for ever.
    "wait": usually(0.9, choose("0.001", "0.002", "1e-3"),
                    choose("-1", "x", "", " 1", "nan", "inf", "-inf", "1e300", "1e17",
                           "9223372036854775808", "18446744073709551615")),
}
