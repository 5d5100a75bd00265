"""Strings."""
from values import absolute, choose, usually

COMMANDS = """
    SET key value
    SET key value [(NX|XX)] [GET] [(EX seconds|PX millis|EXAT future|PXAT futurems|KEEPTTL)]
    SET key value {(NX|XX|GET|EX seconds|PX millis|EXAT future|PXAT futurems|KEEPTTL|junk)}
    SETNX key value
    SETEX key seconds value
    PSETEX key millis value
    GET key
    GETSET key value
    GETDEL key
    GETEX key [(EX seconds|PX millis|EXAT at|PXAT atms|PERSIST)]
    GETEX key {(EX seconds|PX millis|EXAT at|PXAT atms|PERSIST|junk)}
    MGET {key}
    MSET {key value}
    MSETNX {key value}
    STRLEN key
    APPEND key value
    SETRANGE key offset value
    GETRANGE key index index
    SUBSTR key index index
"""

VALUES = {
    "offset": usually(0.8, choose("0", "1", "5", "44", "255", "300"),
                      choose("1048575", "1048576", "-1", "9223372036854775807", "x")),
    # A key that is set with an expiry in the past stays in Redis until it is looked at.
    "future": lambda r: absolute(r, 1, ["0", "-1"]),
    "futurems": lambda r: absolute(r, 1000, ["0", "-1"]),
}
