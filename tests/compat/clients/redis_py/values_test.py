"""Values of one type each: strings, bits, HyperLogLogs, lists, hashes and sets."""
import redis

from case import ClientCase


class Strings(ClientCase):
    def test_set_and_get(self):
        r = self.client
        self.assertIs(r.set("k", "v"), True)
        self.assertEqual(r.get("k"), "v")
        self.assertIsNone(r.get("none"))
        self.assertIsNone(r.set("k", "w", nx=True))
        self.assertIsNone(r.set("none", "w", xx=True))
        self.assertEqual(r.set("k", "w", get=True), "v")
        self.assertEqual(r.getset("k", "x"), "w")
        self.assertEqual(r.getdel("k"), "x")
        self.assertEqual(r.exists("k"), 0)
        self.assertTrue(r.setnx("k", 1))
        self.assertFalse(r.setnx("k", 2))

    def test_binary(self):
        raw = self.connect(decode_responses=False)
        every_byte = bytes(range(256))
        raw.set(every_byte, every_byte * 1000)
        self.assertEqual(raw.get(every_byte), every_byte * 1000)
        self.assertEqual(raw.strlen(every_byte), 256_000)
        self.assertEqual(raw.keys(), [every_byte])

    def test_text(self):
        self.client.set("größe", "Ελληνικά 漢字")
        self.assertEqual(self.client.get("größe"), "Ελληνικά 漢字")

    def test_parts(self):
        r = self.client
        self.assertEqual(r.append("k", "Hello"), 5)
        self.assertEqual(r.setrange("k", 7, "World"), 12)
        self.assertEqual(r.get("k"), "Hello\0\0World")
        self.assertEqual(r.getrange("k", -5, -1), "World")
        self.assertEqual(r.substr("k", 0, 4), "Hello")
        r.mset({"a": "ohmytext", "b": "mynewtext"})
        self.assertEqual(r.lcs("a", "b"), "mytext")
        self.assertEqual(r.lcs("a", "b", len=True), 6)

    def test_counters(self):
        r = self.client
        self.assertEqual([r.incr("n"), r.incrby("n", 9), r.decr("n"), r.decrby("n", 4)], [1, 10, 9, 5])
        self.assertEqual(r.incrbyfloat("n", 0.25), 5.25)
        self.assertEqual(r.incrbyfloat("f", -1e-3), -0.001)

    def test_several(self):
        r = self.client
        self.assertTrue(r.mset({"a": 1, "b": 2}))
        self.assertFalse(r.msetnx({"b": 3, "c": 3}))
        self.assertTrue(r.msetnx({"c": 3, "d": 4}))
        self.assertEqual(r.mget("a", "b", "none", "d"), ["1", "2", None, "4"])
        self.assertEqual(r.delete("a", "b", "none"), 2)
        self.assertEqual(r.unlink("c", "d"), 2)


class Bits(ClientCase):
    def test_bitmap(self):
        r = self.client
        self.assertEqual([r.setbit("b", 7, 1), r.setbit("b", 7, 1), r.setbit("b", 100, 1)], [0, 1, 0])
        self.assertEqual([r.getbit("b", i) for i in (6, 7, 100, 10_000)], [0, 1, 1, 0])
        self.assertEqual(r.bitcount("b"), 2)
        self.assertEqual(r.bitcount("b", 1, -1), 1)
        self.assertEqual(r.bitcount("b", 7, 100, "BIT"), 2)
        self.assertEqual(r.bitpos("b", 1), 7)
        self.assertEqual(r.bitpos("b", 1, 1), 100)
        r.set("c", b"\xff\x0f")
        self.assertEqual(r.bitop("AND", "d", "b", "c"), 13)
        self.assertEqual(r.bitcount("d"), 1)
        self.assertEqual(r.bitop("NOT", "d", "c"), 2)
        raw = self.connect(decode_responses=False)
        self.assertEqual(raw.get("d"), b"\x00\xf0")

    def test_bitfield(self):
        field = self.client.bitfield("f", default_overflow="SAT")
        self.assertEqual(field.set("u8", 0, 200).incrby("u8", 0, 100).get("u4", 4).execute(), [0, 255, 15])
        field = self.client.bitfield("f")
        got = field.incrby("u8", "#0", 1, overflow="FAIL").incrby("i5", 100, -20, "WRAP").execute()
        self.assertEqual(got, [None, 12])
        self.assertEqual(self.client.execute_command("BITFIELD_RO", "f", "GET", "u8", 0), [255])


class HyperLogLogs(ClientCase):
    def test_counts(self):
        r = self.client
        self.assertEqual(r.pfadd("h", *range(1000)), 1)
        self.assertEqual(r.pfadd("h", 5), 0)
        self.assertEqual(r.pfadd("i", *range(500, 2000)), 1)
        self.assertAlmostEqual(r.pfcount("h"), 1000, delta=30)
        self.assertAlmostEqual(r.pfcount("h", "i"), 2000, delta=60)
        self.assertTrue(r.pfmerge("j", "h", "i"))
        self.assertEqual(r.pfcount("j"), r.pfcount("h", "i"))
        r.set("k", "text")
        with self.assertRaisesRegex(redis.ResponseError, "WRONGTYPE Key is not a valid HyperLogLog"):
            r.pfadd("k", 1)


class Lists(ClientCase):
    def test_ends(self):
        r = self.client
        self.assertEqual([r.rpush("l", "a", "b", "c"), r.lpush("l", "z"), r.rpushx("m", "x")], [3, 4, 0])
        self.assertEqual(r.lrange("l", 0, -1), ["z", "a", "b", "c"])
        self.assertEqual([r.lpop("l"), r.rpop("l"), r.lpop("m")], ["z", "c", None])
        self.assertEqual(r.lpop("l", 5), ["a", "b"])
        self.assertIsNone(r.lpop("l", 5))
        self.assertEqual(r.exists("l"), 0)

    def test_within(self):
        r = self.client
        r.rpush("l", *"abcabc")
        self.assertEqual([r.llen("l"), r.lindex("l", -2), r.lindex("l", 9)], [6, "b", None])
        self.assertEqual(r.linsert("l", "BEFORE", "c", "x"), 7)
        self.assertTrue(r.lset("l", 0, "A"))
        self.assertEqual(r.lrem("l", -1, "b"), 1)
        self.assertEqual(r.lrange("l", 0, -1), ["A", "b", "x", "c", "a", "c"])
        self.assertEqual(r.lpos("l", "c"), 3)
        self.assertEqual(r.lpos("l", "c", rank=-1, count=0), [5, 3])
        self.assertTrue(r.ltrim("l", 1, -2))
        self.assertEqual(r.lrange("l", 0, -1), ["b", "x", "c", "a"])

    def test_moves(self):
        r = self.client
        r.rpush("l", *"abc")
        self.assertEqual(r.lmove("l", "m", "LEFT", "RIGHT"), "a")
        self.assertEqual(r.rpoplpush("l", "m"), "c")
        self.assertEqual(r.lrange("m", 0, -1), ["c", "a"])
        self.assertEqual(r.lmpop(2, "none", "m", direction="RIGHT", count=2), ["m", ["a", "c"]])
        self.assertIsNone(r.lmpop(1, "m", direction="LEFT"))

    def test_long(self):
        r = self.client
        values = [f"value {i}" * (1 + i % 50) for i in range(5000)]
        self.assertEqual(r.rpush("l", *values), 5000)
        self.assertEqual(r.lrange("l", 0, -1), values)


class Hashes(ClientCase):
    def test_fields(self):
        r = self.client
        self.assertEqual(r.hset("h", "a", 1), 1)
        self.assertEqual(r.hset("h", mapping={"a": 2, "b": "x", "c": ""}), 2)
        self.assertEqual(r.hgetall("h"), {"a": "2", "b": "x", "c": ""})
        self.assertEqual(r.hgetall("none"), {})
        self.assertEqual(r.hmget("h", "a", "none"), ["2", None])
        self.assertFalse(r.hsetnx("h", "a", 3))
        self.assertEqual([r.hincrby("h", "a", 5), r.hincrbyfloat("h", "d", 1.5)], [7, 1.5])
        self.assertEqual([r.hlen("h"), r.hstrlen("h", "d"), r.hexists("h", "b")], [4, 3, True])
        self.assertEqual(r.hdel("h", "b", "none"), 1)
        self.assertEqual(r.hkeys("h"), ["a", "c", "d"])
        self.assertEqual(r.hvals("h"), ["7", "", "1.5"])

    def test_random_fields(self):
        r = self.client
        pairs = {f"f{i}": str(i) for i in range(20)}
        r.hset("h", mapping=pairs)
        self.assertIn(r.hrandfield("h"), pairs)
        drawn = r.hrandfield("h", 5, withvalues=True)
        self.assertEqual(len(dict(zip(drawn[::2], drawn[1::2])).items() & pairs.items()), 5)
        self.assertEqual(len(r.hrandfield("h", -50)), 50)

    def test_wrong_number(self):
        self.client.hset("h", "a", "x")
        with self.assertRaisesRegex(redis.ResponseError, "hash value is not an integer"):
            self.client.hincrby("h", "a")


class Sets(ClientCase):
    def test_members(self):
        r = self.client
        self.assertEqual([r.sadd("s", *"abcd"), r.sadd("s", "a"), r.scard("s")], [4, 0, 4])
        self.assertEqual(r.smembers("s"), set("abcd"))
        self.assertEqual([r.sismember("s", "a"), r.sismember("s", "x")], [True, False])
        self.assertEqual(r.smismember("s", ["a", "x"]), [True, False])
        self.assertEqual([r.srem("s", "a", "x"), r.smove("s", "t", "b")], [1, True])
        self.assertEqual(len(r.srandmember("s", -10)), 10)
        self.assertIn(r.spop("s"), set("cd"))
        self.assertEqual(len(r.spop("s", 10)), 1)
        self.assertEqual(r.smembers("s"), set())

    def test_algebra(self):
        r = self.client
        r.sadd("s", *range(0, 100))
        r.sadd("t", *range(50, 150))
        self.assertEqual(r.sinter("s", "t"), {str(i) for i in range(50, 100)})
        self.assertEqual(r.sdiff("s", "t"), {str(i) for i in range(50)})
        self.assertEqual(len(r.sunion("s", "t", "none")), 150)
        self.assertEqual(r.sintercard(2, ["s", "t"], limit=10), 10)
        self.assertEqual(r.sinterstore("u", "s", "t"), 50)
        self.assertEqual(r.sunionstore("u", "s", "t"), 150)
        self.assertEqual(r.sdiffstore("u", "s", "s"), 0)
        self.assertEqual(r.exists("u"), 0)
