"""Consumer groups of streams, and reading."""
from groups import stream
from values import choose, usually

COMMANDS = """
    XADD streamkey newid field value
    XADD streamkey newid field value
    XADD streamkey newid field value
    XADD streamkey newid field value
    XADD streamkey newid field value
    XADD streamkey newid field value
    XADD streamkey newid field value
    XADD streamkey newid field value
    XADD streamkey newid field value
    XADD streamkey newid field value
    XADD streamkey [NOMKSTREAM] [(MAXLEN|MINID) [=] length] newid {field value}
    XDEL (k3|k3|streamkey) {entryid}
    XDEL streamkey addedid
    XTRIM (k3|k3|streamkey) (MAXLEN length|MINID entryid)
    XSETID (k3|k3|k3|streamkey) newlast [ENTRIESADDED counter] [MAXDELETEDID entryid]
    XSETID (k3|k3|k3|streamkey) newlast {(ENTRIESADDED counter|MAXDELETEDID entryid|junk)}
    DEL (k3|k3|k3|k3|streamkey)
    SET (k3|k3|k3|k3|k3|k3|k4) value
    XGROUP CREATE streamkey group lastid [MKSTREAM] [ENTRIESREAD counter]
    XGROUP CREATE streamkey group 0 MKSTREAM
    XGROUP CREATE streamkey group lastid {(MKSTREAM|ENTRIESREAD counter|junk)}
    XGROUP SETID streamkey group lastid [ENTRIESREAD counter]
    XGROUP SETID streamkey group lastid {(ENTRIESREAD counter|MKSTREAM|junk)}
    XGROUP DESTROY streamkey (i|i|i|i|i|group)
    XGROUP CREATECONSUMER streamkey group consumer
    XGROUP DELCONSUMER streamkey group consumer
    XGROUP (HELP|junk) [streamkey]
    XREAD [COUNT count] [BLOCK wait] STREAMS streamkey lastid
    XREAD STREAMS streamkey streamkey lastid lastid
    XREAD {(COUNT count|BLOCK wait|junk|NOACK|GROUP group consumer|STREAMS)} STREAMS streamkey \
        lastid
    XREADGROUP GROUP group consumer [COUNT count] STREAMS streamkey >
    XREADGROUP GROUP group consumer [COUNT count] STREAMS streamkey >
    XREADGROUP GROUP group consumer [COUNT count] STREAMS streamkey >
    XREADGROUP GROUP group consumer [COUNT count] [NOACK] STREAMS streamkey >
    XREADGROUP GROUP group consumer [COUNT count] [BLOCK wait] [NOACK] STREAMS streamkey (lastid|>)
    XREADGROUP GROUP group consumer [COUNT count] STREAMS streamkey streamkey (0|>) (0|>)
    XREADGROUP {(GROUP group consumer|COUNT count|BLOCK wait|junk|NOACK|STREAMS)} STREAMS \
        streamkey >
    XACK streamkey group {entryid}
    XACK streamkey group {addedid}
    XPENDING streamkey group
    XPENDING streamkey group [IDLE minidle] streambound streambound count [consumer]
    XPENDING streamkey group - + 100 [consumer]
    XPENDING streamkey group {(IDLE minidle|entryid|count|junk)}
    XCLAIM streamkey group consumer minidle {entryid}
    XCLAIM streamkey group consumer 0 {addedid} [RETRYCOUNT integer] [FORCE] [JUSTID]
    XCLAIM streamkey group consumer 0 {addedid} FORCE [(IDLE idle|TIME claimtime)]
    XCLAIM streamkey group consumer minidle {entryid} {(IDLE idle|TIME claimtime|RETRYCOUNT \
        integer|FORCE|JUSTID|LASTID entryid)}
    XCLAIM streamkey group consumer minidle {(IDLE idle|entryid|TIME claimtime|RETRYCOUNT \
        integer|FORCE|JUSTID|LASTID entryid|junk)}
    XAUTOCLAIM streamkey group consumer minidle streambound [COUNT count] [JUSTID]
    XAUTOCLAIM streamkey group consumer minidle - [COUNT (1|2|3)] [JUSTID]
    XAUTOCLAIM streamkey group consumer minidle entryid {(COUNT count|JUSTID|junk)}
    XINFO STREAM streamkey [FULL [COUNT count]]
    XINFO STREAM streamkey FULL COUNT 0
    XINFO STREAM streamkey {(FULL|COUNT count|junk)}
    XINFO GROUPS streamkey
    XINFO CONSUMERS streamkey group
    XINFO (HELP|junk) [streamkey]
    XRANGE streamkey - +
    XLEN streamkey
"""

MAXIMUM = "9223372036854775807"
TOO_MUCH = "9223372036854775808"
MINIMUM = "-9223372036854775808"

entry_id = usually(
    0.8, lambda r: f"9-{r.randint(0, 25)}",
    usually(0.85, choose("1-1", "2", "3-0", "3-1", "5", "7-7", "9", "12-0", "0", "0-1", "10-5"),
            choose("x", "", "-", "+", "$", ">", "*", "1-*", "+5", " 5", "5--0", "5--07", "5 ",
                   "1-2-3", "(1", "0-0", "18446744073709551615-18446744073709551615",
                   "18446744073709551616", "0" * 126 + "5", "0" * 128)))

VALUES = {
    "addedid": lambda r: f"9-{r.randint(0, 20)}",
    "claimtime": usually(0.9, choose("1000000000000", "0", "-1", "99999999999999"),
                         choose("x", MINIMUM, MAXIMUM, TOO_MUCH)),
    "consumer": choose("alice", "bob", "carol", "Alice", "a\0b", "", "bob2"),
    "counter": usually(0.9, choose("0", "1", "5", "12", "30", "100", "-1"),
                       choose("-2", "x", MAXIMUM, "9223372036854775806", TOO_MUCH)),
    "entryid": entry_id,
    "group": usually(0.97, choose("g", "g", "g", "h", "h", "i"), choose("", "g\0g", "G", "g\r\n")),
    "idle": usually(0.9, choose("0", "1000000000", "1000000000", "-1"),
                    choose("x", MINIMUM, MAXIMUM, TOO_MUCH)),
    "lastid": usually(0.8, choose("0", "$", "0-0", "9-3", "9-20", "5", "3"), entry_id),
    "length": choose("0", "5", "20", "30", "30", "30", "9-2", "-1"),
    # Idle times are either far above or far below what the same commands took on either server.
    "minidle": usually(0.95, choose("0", "0", "0", "0", "500000000", "500000000", "-1"),
                       choose("x", "", MINIMUM, MAXIMUM, TOO_MUCH)),
    "newid": choose(*["9-*"] * 12, "1-1", "1-*", "3-*", "5", "7-7", "x"),
    "newlast": usually(0.97, lambda r: f"9-{r.randint(0, 40)}", entry_id),
    "streambound": stream.VALUES["streambound"],
    "streamkey": usually(0.98, choose("k1", "k1", "k2", "k2", "k3"),
                         choose("k4", "k\0k", "k1\n", "")),
    # Not 0: that waits for ever.
    "wait": choose("1", "1", "-1", "x", "", TOO_MUCH),
}
