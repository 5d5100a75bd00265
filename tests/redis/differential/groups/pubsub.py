"""What can be asked and said where nobody listens: messages come at no moment of their own."""
from values import choose

COMMANDS = """
    PUBLISH channel value
    SPUBLISH channel value
    PUBSUB CHANNELS [pattern]
    PUBSUB NUMSUB {channel}
    PUBSUB NUMSUB
    PUBSUB NUMPAT
    PUBSUB SHARDCHANNELS [pattern]
    PUBSUB SHARDNUMSUB {channel}
    PUBSUB (HELP|junk) {value}
    (UNSUBSCRIBE|PUNSUBSCRIBE|SUNSUBSCRIBE) [channel]
    MULTI
    EXEC
"""

VALUES = {
    "channel": choose("a", "b", "", "k1", "x" * 300, "\0\r\n"),
}
