"""The times at which keys expire."""

COMMANDS = """
    EXPIRE key seconds [(NX|XX|GT|LT)]
    EXPIRE key seconds {(NX|XX|GT|LT|junk)}
    PEXPIRE key millis [(NX|XX|GT|LT)]
    EXPIREAT key at [(NX|XX|GT|LT)]
    PEXPIREAT key atms [(NX|XX|GT|LT)]
    TTL key
    PTTL key
    EXPIRETIME key
    PEXPIRETIME key
    PERSIST key
"""
