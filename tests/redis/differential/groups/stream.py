"""Streams."""
from values import choose

COMMANDS = """
    XADD key [NOMKSTREAM] [MAXLEN [=] count] streamid {field value}
    XLEN key
    XDEL key {streamid}
    XRANGE key streambound streambound [COUNT count]
    XREVRANGE key streambound streambound [COUNT count]
    XTRIM key (MAXLEN|MINID|junk) [=] count
"""

VALUES = {
    "streambound": choose("-", "+", "1-1", "(1-1", "2", "(2", "3-1", "x", "("),
    "streamid": choose("1-1", "2-1", "2-2", "3-*", "5", "0-0", "x", "1-x", "9-9"),
}
