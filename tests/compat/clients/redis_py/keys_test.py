"""What is the same for keys of all types: expiry, iterators, SORT, copies, payloads, databases."""
import datetime

import redis

from case import ClientCase


class Keys(ClientCase):
    def test_names(self):
        r = self.client
        r.mset({"a": 1, "b": 2, "ab": 3})
        r.lpush("l", 1)
        self.assertEqual(sorted(r.keys("a*")), ["a", "ab"])
        self.assertEqual([r.exists("a", "a", "x"), r.touch("a", "x"), r.type("l")], [2, 1, "list"])
        self.assertTrue(r.rename("a", "c"))
        self.assertFalse(r.renamenx("b", "c"))
        self.assertIn(r.randomkey(), {"ab", "b", "c", "l"})
        self.assertEqual(r.dbsize(), 4)
        self.assertEqual(r.object("encoding", "c"), "int")
        with self.assertRaisesRegex(redis.ResponseError, "no such key"):
            r.rename("none", "c")

    def test_expiry(self):
        r = self.client
        r.set("k", "v", ex=100)
        self.assertEqual(r.ttl("k"), 100)
        self.assertTrue(r.expire("k", datetime.timedelta(seconds=50)))
        self.assertFalse(r.expire("k", 60, lt=True))
        self.assertTrue(0 < r.pttl("k") <= 50_000)
        self.assertTrue(r.persist("k"))
        self.assertEqual([r.ttl("k"), r.ttl("none")], [-1, -2])
        later = datetime.datetime(2100, 1, 1)
        self.assertTrue(r.expireat("k", later))
        self.assertEqual(r.execute_command("EXPIRETIME", "k"), int(later.timestamp()))
        self.assertEqual(r.getex("k", persist=True), "v")
        self.assertEqual(r.ttl("k"), -1)
        self.assertTrue(r.pexpire("k", 1))
        while r.get("k") is not None:
            pass
        self.assertEqual(r.exists("k"), 0)

    def test_scan_iterators(self):
        r = self.client
        names = {f"key:{i}" for i in range(2000)}
        r.mset({name: "x" for name in names})
        r.mset({f"other:{i}": "x" for i in range(500)})
        self.assertEqual(set(r.scan_iter("key:*", count=100)), names)
        r.sadd("set", *range(1000))
        self.assertEqual(set(r.sscan_iter("set")), {str(i) for i in range(1000)})
        self.assertEqual(set(r.scan_iter(_type="set")), {"set"})
        pairs = {f"f{i}": str(i) for i in range(1000)}
        r.hset("hash", mapping=pairs)
        self.assertEqual(dict(r.hscan_iter("hash")), pairs)
        r.zadd("zset", {f"m{i}": i for i in range(1000)})
        self.assertEqual(dict(r.zscan_iter("zset", match="m99*")),
                         {f"m{i}": float(i) for i in (99, *range(990, 1000))})

    def test_sort(self):
        r = self.client
        r.rpush("l", 3, 1, 2)
        r.mset({"weight_1": 30, "weight_2": 20, "weight_3": 10, "name_1": "a", "name_2": "b"})
        self.assertEqual(r.sort("l", desc=True, start=0, num=2), ["3", "2"])
        self.assertEqual(r.sort("l", by="weight_*"), ["3", "2", "1"])
        self.assertEqual(r.sort("l", get=["#", "name_*"], groups=True),
                         [("1", "a"), ("2", "b"), ("3", None)])
        self.assertEqual(r.sort("l", alpha=True, store="m"), 3)
        self.assertEqual(r.lrange("m", 0, -1), ["1", "2", "3"])
        self.assertEqual(r.sort_ro("l"), ["1", "2", "3"])

    def test_dump_and_restore(self):
        raw = self.connect(decode_responses=False)
        raw.rpush("list", *range(300), b"\x00\xff" * 100)
        raw.hset("hash", mapping={f"f{i}": i for i in range(1000)})
        raw.zadd("zset", {"a": 1.5, "b": float("inf")})
        raw.xadd("stream", {"a": 1})
        reads = {
            "list": lambda key: raw.lrange(key, 0, -1), "hash": raw.hgetall,
            "zset": lambda key: raw.zrange(key, 0, -1, withscores=True), "stream": raw.xrange,
        }
        for name, read in reads.items():
            payload = raw.dump(name)
            raw.restore("copy", 100_000, payload, replace=True)
            self.assertEqual(read("copy"), read(name))
            self.assertTrue(0 < raw.pttl("copy") <= 100_000)
        with self.assertRaisesRegex(redis.ResponseError, "BUSYKEY"):
            raw.restore("copy", 0, payload)
        with self.assertRaisesRegex(redis.ResponseError, "checksum"):
            raw.restore("bad", 0, payload[:-1] + bytes([payload[-1] ^ 1]))
        self.assertIsNone(raw.dump("none"))

    def test_databases(self):
        r, other = self.client, self.connect(db=5)
        r.set("k", "v")
        self.assertIsNone(other.get("k"))
        self.assertTrue(r.copy("k", "l", destination_db=5))
        self.assertTrue(r.move("k", 5))
        self.assertEqual(sorted(other.keys()), ["k", "l"])
        self.assertEqual(r.info("keyspace")["db5"]["keys"], 2)
        self.assertTrue(r.swapdb(0, 5))
        self.assertEqual(other.dbsize(), 0)
        self.assertTrue(r.flushdb())
        self.assertEqual(r.dbsize(), 0)
