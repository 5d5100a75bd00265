"""SORT: by themselves, by other keys, with what other keys hold."""
from values import TEXTS, choose, usually

COMMANDS = """
    RPUSH lkey {element}
    RPUSH lkey element element element element element element element element element
    LPUSH lkey {number}
    LPOP lkey count
    SADD skey {element}
    SADD skey {number}
    SREM skey {element}
    ZADD zkey {number element}
    ZADD zkey {number number}
    SET wkey weight
    SET wkey weight
    HSET hkey {hfield weight}
    DEL (lkey|skey|zkey|wkey|hkey)
    SORT lkey
    SORT lkey {(ASC|DESC|ALPHA|LIMIT index index|BY pattern|BY weights|GET get|STORE lkey|junk)}
    SORT lkey ALPHA [DESC] [LIMIT index index]
    SORT lkey BY weights [DESC] [LIMIT index index] [GET get [GET get]]
    SORT lkey BY weights ALPHA [DESC] [LIMIT index index] [GET get]
    SORT lkey BY nosort [DESC] [LIMIT index index] [GET get] [STORE lkey]
    SORT lkey BY weights ALPHA [LIMIT index index] GET get STORE lkey
    SORT skey
    SORT skey {(ASC|DESC|ALPHA|LIMIT index index|BY weights|GET get)}
    SORT skey BY nosort [GET get] STORE lkey
    SORT zkey ALPHA [DESC] [LIMIT index index] [GET get] [STORE lkey]
    SORT zkey BY nosort [DESC] [LIMIT index index] [GET get] [STORE lkey]
    SORT zkey [BY weights] [DESC] [LIMIT index index] [GET get]
    SORT_RO (lkey|skey|zkey) {(ASC|DESC|ALPHA|LIMIT index index|BY weights|GET get)}
    SORT_RO lkey {(ASC|DESC|ALPHA|LIMIT index index|BY weights|GET get|STORE lkey|junk)}
    SORT (wkey|hkey|key) [ALPHA] [BY weights]
    LRANGE lkey 0 -1
    OBJECT ENCODING (lkey|skey|zkey)
"""

element = usually(
    0.95, choose(*map(str, range(1, 11)), "a", "b", "ab", "1.0", "x" * 70),
    choose("", " 1", "0x3", "-inf", "nan", "1\0x", "a\0b", "\xff"))
weights = usually(0.95, choose("w:*", "v:*", "h:*->f", "h:*->g"),
                  choose("*", "w:*->", "h:*->", "h:*->->f", "#", "", "->*", "w:", "w\0:*"))

VALUES = {
    "element": element,
    "get": usually(0.3, choose("#", "#", "nosort"), weights),
    "hfield": choose("f", "g", "->f"),
    "hkey": lambda r: "h:" + element(r),
    "lkey": choose("l1", "l2", "l3"),
    "skey": choose("s1", "s2"),
    "weight": usually(0.85, choose("1", "2", "3", "10", "-1", "2.5", "0"), choose(*TEXTS[:14])),
    "weights": weights,
    "wkey": lambda r: r.choice(["w:", "v:"]) + element(r),
    "zkey": choose("z1", "z2"),
}
