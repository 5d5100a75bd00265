"""Random arguments: what the words in lower case stand for in the commands of all groups.

A value is a function of a random.Random that gives a text, whose characters are bytes. The hostile
ones are rare, so that most commands do something.
"""
NUMBERS = ["0", "1", "-1", "2", "3", "7", "10", "100", "-10"]
EXTREMES = [
    "9223372036854775807", "-9223372036854775808", "9223372036854775808", "4294967296",
    "-2147483649", "9223372036854775000", "92233720368547758", "-9223372036854775807",
    "1000000000000",
]
# Either no time for Redis or one that an entry can hold: later ones become the last such here.
TIME_EXTREMES = ["9223372036854775807000", "-9223372036854775808", "-2147483649"]
NO_INTEGERS = ["abc", "", "1.5", "+1", "01", "-0", " 1", "1 ", "1e3", "0x10", "--1"]
FLOATS = [
    "0.1", "-1.5", "3.0e3", "1e-7", "0.30000000000000004", "5.0", "1234567.891", "1e17", "-0.0",
]
BAD_FLOATS = ["nan", "inf", "-inf", "1e5000", "abc", "", " 1", "1 ", "0x1p3", "1e", ".5", "5."]
TEXTS = [
    "", "a", "b", "abc", "hello world", "ohmytext", "mynewtext", "\r\n", "\0\0", "\xff\xfe",
    "x" * 20, "y" * 44, "z" * 45, "v" * 63, "v" * 64, "v" * 65, "w" * 255, "w" * 256, "u" * 300,
    "t" * 5000,
]


def choose(*texts):
    return lambda r: r.choice(texts)


def usually(share, common, rare):
    return lambda r: common(r) if r.random() < share else rare(r)


def relative(r, scale):
    if r.random() < 0.75:
        return str(r.randint(100, 100000) * scale)
    return r.choice(["0", "-1", "-100", *TIME_EXTREMES, *NO_INTEGERS])


def absolute(r, scale, past=("0", "1", "-1", "1000000000")):
    if r.random() < 0.7:
        return str((1_900_000_000 + r.randint(0, 100000)) * scale + r.randrange(scale))
    return r.choice([*past, *TIME_EXTREMES, *NO_INTEGERS])


integer = usually(0.8, choose(*NUMBERS), usually(0.6, choose(*EXTREMES), choose(*NO_INTEGERS)))

VALUES = {
    "at": lambda r: absolute(r, 1),
    "atms": lambda r: absolute(r, 1000),
    "count": integer,
    "cursor": integer,
    "database": integer,
    "field": choose("a", "b", "c", "d", "1", "2", "3", "x" * 65, "-5", "1.0", ""),
    "float": usually(0.85, choose(*FLOATS, *NUMBERS), choose(*BAD_FLOATS, *EXTREMES)),
    "index": integer,
    "integer": integer,
    "junk": choose("junk", "", "EX", "COUNT", "help2", "x" * 200, "a\r\nb", "MATCH"),
    "key": usually(0.97, choose("k1", "k2", "k3", "k4", "k5", "k6", "n1", "n2"),
                   choose("", "K" * 254, "K" * 255, "K" * 300, "k\0k", "k k", "k1\n")),
    "millis": lambda r: relative(r, 1000),
    "number": choose(*NUMBERS, *EXTREMES, *FLOATS),
    "numkeys": integer,
    "pattern": choose("*", "k*", "?1", "k[1-3]", "[^k]*", "k\\1", "n[", "[", "k[3-1]", "", "**1",
                      "k[^", "\\", "k?*", "K*K", "[k-"),
    # Redis really picks as often as a negative number says.
    "picks": choose(*NUMBERS, *NO_INTEGERS, "9223372036854775807", "-9223372036854775808"),
    "protocol": integer,
    "seconds": lambda r: relative(r, 1),
    "setting": choose("0", "1", "64", "128", "512", "yes", "no", "abc", "-1", "-3", "1kb", "2mb"),
    "value": usually(0.7, choose(*TEXTS, *NUMBERS), choose(*FLOATS, *EXTREMES, *NO_INTEGERS)),
    "word": choose("default", "secret", "yes", "no", "name", "", "a b", "127.0.0.1:1"),
}
