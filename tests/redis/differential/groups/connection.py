"""What a client says of itself and asks of others."""
from values import choose

COMMANDS = """
    PING [value]
    ECHO value
    SELECT database
    AUTH word
    AUTH word word
    HELLO
    HELLO protocol [AUTH word word] [SETNAME word]
    HELLO {(integer|AUTH word word|SETNAME word|junk)}
    RESET
    QUIT
    CLIENT ID
    CLIENT GETNAME
    CLIENT SETNAME word
    CLIENT INFO
    CLIENT LIST [(TYPE clienttype|ID {integer}|junk)]
    CLIENT KILL word
    CLIENT KILL {(ID 99999999999|ADDR word|LADDR word|USER word|SKIPME (yes|junk)|TYPE master)}
    CLIENT REPLY junk
    CLIENT NO-EVICT (ON|OFF|junk)
    CLIENT TRACKING (ON|OFF|junk) [(OPTIN|OPTOUT|BCAST)] [(NOLOOP|OPTIN|junk)] [REDIRECT (99999999999|junk)]
    CLIENT TRACKING ON BCAST [NOLOOP] [PREFIX word] [PREFIX word]
    CLIENT CACHING (YES|NO|junk)
    CLIENT GETREDIR
    CLIENT TRACKINGINFO
    CLIENT
    CLIENT junk
"""

VALUES = {
    "clienttype": choose("normal", "master", "replica", "pubsub", "junk"),
}
