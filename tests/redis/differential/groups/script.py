"""Scripts: commands that they call, what comes back from Lua, and what they must not do."""
from values import TEXTS, choose, usually

COMMANDS = """
    EVAL calls 0 SET key value
    EVAL calls 0 GET key
    EVAL calls 0 INCR key
    EVAL calls 0 INCRBYFLOAT key float
    EVAL calls 0 APPEND key text
    EVAL calls 0 LPUSH key {element}
    EVAL calls 0 LRANGE key index index
    EVAL calls 0 LPOP key [count]
    EVAL calls 0 HSET key {field value}
    EVAL calls 0 HGET key field
    EVAL calls 0 HINCRBY key field integer
    EVAL calls 0 ZADD key {float member}
    EVAL calls 0 ZSCORE key member
    EVAL calls 0 ZRANGE key 0 -1 [WITHSCORES]
    EVAL calls 0 SADD key {member}
    EVAL calls 0 SISMEMBER key member
    EVAL calls 0 DEL {key}
    EVAL calls 0 EXISTS {key}
    EVAL calls 0 TYPE key
    EVAL calls 0 XADD key 1-1 field value
    EVAL calls 0 XRANGE key - +
    EVAL calls 0 refused
    EVAL calls 0 [text] [text]
    EVAL_RO calls 0 SET key value
    EVAL_RO calls 0 GET key
    EVAL words count [text] [text] [text]
    EVAL words 2 key key [text]
    EVAL writes 1 key text
    EVAL writes 1 key number
    EVAL values 0
    EVAL values 0
    EVAL packs 0 text
    EVAL unpacks 0 packed
    EVAL broken 0
    EVALSHA digest 0
    EVALSHA_RO digest 0
    SCRIPT LOAD (loaded|broken)
    SCRIPT EXISTS {digest}
    SCRIPT FLUSH [(SYNC|ASYNC|junk)]
    SCRIPT KILL
    LRANGE key 0 -1
    GET key
"""

LOADED = ["return 1", "return {1, 'two', {3}}", "return KEYS"]
DIGESTS = ["e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "E0E1F9FABFC9D4800C877A703B823AC0578FF8DB",
           "short", "0" * 40, "0" * 41, ""]
VALUE_TEXTS = [
    "nil", "true", "false", "1", "-1.5", "1e100", "0/0", "1/0", "'text'", "''", "{}", "{1,nil,3}",
    "{1,{2,{3}}}", "{ok='x'}", "{err='x'}", "{err='CODE x y'}", "{ok='a\\r\\nb'}", "{double=0.1}",
    "{double='x'}", "{map={k='v'}}", "{set={m=true}}", "{big_number='12'}", "{big_number='1\\n2'}",
    "{verbatim_string={format='txt',string='x'}}", "{verbatim_string={}}", "function() end",
    "redis.status_reply('x')", "redis.error_reply('x')", "redis.error_reply('')", "cjson.null",
    "cjson.encode({1,2})", "cjson.encode('\\0')", "{1,ok='x'}", "{err=1}", "_G", "redis", "KEYS",
    "tostring(nil)", "('x'):rep(40)", "table.concat({1,'a'},',')", "select('#', nil, nil)",
    "coroutine.create(function() end)",
]

VALUES = {
    "broken": choose("return", "x", "x = 1", "return x", "return nil .. 1", "error()", "error('x')",
                     "error({err='E x'})", "error(nil)", "error(5)", "return redis.x()", "}{", "\0",
                     "return '\0'", "#!lua", "#!lua\n", "#!lua flags=no-writes\nreturn 1",
                     "#!lua flags=x\n", "#!lua x=1\nreturn 1", "#!x\n", "\x1bLua", "redis.call()",
                     "return redis.pcall()", "return redis.pcall({})", "redis.setresp(4)",
                     "redis.log(9, 'x')", "rawset(_G, 'a', 1)", "redis.call = 1", "_G.a = 1",
                     "return unpack({}, 1, 1e7)", "return ('x'):rep(-1)", "return string.format('%d')",
                     "local function f() return f() end return 1", "return redis.sha1hex()",
                     "return {redis.sha1hex('x'), redis.sha1hex(1)}"),
    "calls": usually(0.5, choose("return redis.call(unpack(ARGV))"),
                     choose("return redis.pcall(unpack(ARGV))",
                            "redis.setresp(3) return redis.call(unpack(ARGV))",
                            "local r = redis.pcall(unpack(ARGV)) return {type(r), r}",
                            "return {pcall(redis.call, unpack(ARGV))}",
                            "#!lua flags=no-writes\nreturn redis.call(unpack(ARGV))")),
    "digest": choose(*DIGESTS),
    "loaded": choose(*LOADED),
    "packed": choose("\x01", "\xff\x93\x01\x02", "\x93\x01\x02\x03", "\x81\xa1a\x01", "\xc0", "\xc3",
                     "\xcb\x3f\xf0\0\0\0\0\0\0", "\xd9\x05abc", "\xdc\xff\xff", "\xdf\xff\xff\xff\xff",
                     "\xc1", "", "\x91" * 40, "\xd3\xff\xff\xff\0\0\0\0\0", "\xcf" + "\xff" * 8),
    "packs": choose("return cmsgpack.pack(ARGV[1])", "return cmsgpack.pack({ARGV[1], #ARGV[1]})",
                    "return cmsgpack.pack(tonumber(ARGV[1]))", "return cmsgpack.pack({x=ARGV[1]})",
                    "return cmsgpack.pack(1.5, 2^33, -2^33, -129, 65536)"),
    "refused": choose("MULTI", "EXEC", "WATCH", "SUBSCRIBE", "EVAL", "AUTH", "CLIENT", "MONITOR",
                      "SELECT", "BLPOP"),
    "unpacks": choose("return {cmsgpack.unpack(ARGV[1])}", "return {cmsgpack.unpack_one(ARGV[1])}",
                      "return {cmsgpack.unpack_limit(ARGV[1], 2, 0)}",
                      "return {cmsgpack.unpack_limit(ARGV[1], 1, 1)}"),
    "values": lambda r: ("redis.setresp(3) " if r.random() < 0.3 else "") + "return " +
                        r.choice(VALUE_TEXTS),
    "words": choose("return {KEYS, ARGV}", "return #KEYS + #ARGV", "return ARGV[1]", "return KEYS[3]"),
    "writes": choose("redis.call('set', KEYS[1], ARGV[1]) return redis.call('get', KEYS[1])",
                     "redis.call('set', KEYS[1], tonumber(ARGV[1]) or 7) "
                     "return redis.call('get', KEYS[1])",
                     "redis.call('rpush', KEYS[1], ARGV[1], #ARGV[1]) return redis.call('llen', "
                     "KEYS[1])"),
}
