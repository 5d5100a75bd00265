"""Values with an order: sorted sets, geo indexes and streams with their consumer groups."""
import redis

from case import ClientCase


class SortedSets(ClientCase):
    def setUp(self):
        super().setUp()
        self.client.zadd("z", {"a": 1, "b": 2, "c": 2.5, "d": "-inf"})

    def test_members(self):
        r = self.client
        self.assertEqual(r.zadd("z", {"a": 5, "e": 6}, ch=True), 2)
        self.assertEqual(r.zadd("z", {"a": 9}, nx=True), 0)
        self.assertEqual(r.zadd("z", {"a": 4}, gt=True, ch=True), 0)
        self.assertEqual(r.zadd("z", {"a": 1.5}, incr=True), 6.5)
        self.assertEqual([r.zscore("z", "d"), r.zscore("z", "x")], [float("-inf"), None])
        self.assertEqual(r.zmscore("z", ["b", "x"]), [2.0, None])
        self.assertEqual([r.zcard("z"), r.zcount("z", "(2", "+inf"), r.zincrby("z", 1, "b")], [5, 3, 3.0])
        self.assertEqual([r.zrank("z", "a"), r.zrevrank("z", "a"), r.zrank("z", "x")], [4, 0, None])
        self.assertEqual(r.zrem("z", "a", "x"), 1)

    def test_ranges(self):
        r = self.client
        self.assertEqual(r.zrange("z", 0, -1), ["d", "a", "b", "c"])
        self.assertEqual(r.zrange("z", 2, 3, withscores=True), [("b", 2.0), ("c", 2.5)])
        self.assertEqual(r.zrevrange("z", 0, 1), ["c", "b"])
        self.assertEqual(r.zrange("z", "+inf", 1, desc=True, byscore=True, offset=1, num=2), ["b", "a"])
        self.assertEqual(r.zrangebyscore("z", "(1", 2.5), ["b", "c"])
        self.assertEqual(r.zrevrangebyscore("z", 2, "-inf", start=0, num=2, withscores=True),
                         [("b", 2.0), ("a", 1.0)])
        self.assertEqual(r.zrangestore("y", "z", 1, 2), 2)
        self.assertEqual(r.zremrangebyrank("z", 0, 0), 1)
        self.assertEqual(r.zremrangebyscore("z", 2, 2), 1)
        self.assertEqual(r.zrange("z", 0, -1), ["a", "c"])

    def test_by_text(self):
        r = self.client
        r.zadd("t", {member: 0 for member in "edcba"})
        self.assertEqual(r.zrangebylex("t", "[b", "(d"), ["b", "c"])
        self.assertEqual(r.zrevrangebylex("t", "+", "-", start=1, num=2), ["d", "c"])
        self.assertEqual(r.zlexcount("t", "(a", "+"), 4)
        self.assertEqual(r.zremrangebylex("t", "-", "[c"), 3)
        self.assertEqual(r.zrange("t", "-", "+", bylex=True), ["d", "e"])

    def test_pops(self):
        r = self.client
        self.assertEqual(r.zpopmin("z"), [("d", float("-inf"))])
        self.assertEqual(r.zpopmax("z", 2), [("c", 2.5), ("b", 2.0)])
        self.assertEqual(r.zmpop(2, ["none", "z"], min=True), ["z", [["a", "1"]]])
        self.assertEqual(r.zpopmin("z"), [])

    def test_algebra(self):
        r = self.client
        r.zadd("y", {"a": 10, "b": 20, "x": 30})
        self.assertEqual(r.zunion(["z", "y"], withscores=True)[-1], ("x", 30.0))
        self.assertEqual(r.zinter({"z": 2, "y": 1}, withscores=True), [("a", 12.0), ("b", 24.0)])
        self.assertEqual(r.zinter(["z", "y"], aggregate="MAX", withscores=True), [("a", 10.0), ("b", 20.0)])
        self.assertEqual(r.zdiff(["y", "z"]), ["x"])
        self.assertEqual(r.zintercard(2, ["z", "y"]), 2)
        self.assertEqual([r.zunionstore("u", ["z", "y"]), r.zinterstore("u", ["z", "y"]),
                          r.zdiffstore("u", ["z", "y"])], [5, 2, 2])

    def test_large(self):
        r = self.client
        members = {f"m{i:05}": i * 0.5 for i in range(5000)}
        r.zadd("large", members)
        self.assertEqual(r.zrange("large", 0, -1, withscores=True), list(members.items()))
        self.assertEqual(r.zrange("large", 4998, -1), ["m04998", "m04999"])

    def test_not_a_number(self):
        with self.assertRaisesRegex(redis.ResponseError, "value is not a valid float"):
            self.client.zadd("z", {"a": "nan"})


class Geo(ClientCase):
    def test_places(self):
        r = self.client
        places = (13.361389, 38.115556, "Palermo", 15.087269, 37.502669, "Catania")
        self.assertEqual(r.geoadd("g", places), 2)
        self.assertEqual(r.geodist("g", "Palermo", "Catania", "km"), 166.2742)
        self.assertEqual(r.geohash("g", "Palermo", "none"), ["sqc8b49rny0", None])
        (east, north), nowhere = r.geopos("g", "Catania", "none")
        self.assertAlmostEqual(east, 15.087269, places=5)
        self.assertAlmostEqual(north, 37.502669, places=5)
        self.assertIsNone(nowhere)

    def test_search(self):
        r = self.client
        r.geoadd("g", (13.361389, 38.115556, "Palermo", 15.087269, 37.502669, "Catania"))
        near = {"longitude": 15, "latitude": 37, "unit": "km"}
        got = r.geosearch("g", **near, radius=200, sort="ASC", withdist=True)
        self.assertEqual(got, [["Catania", 56.4413], ["Palermo", 190.4424]])
        self.assertEqual(r.geosearch("g", **near, width=200, height=200), ["Catania"])
        self.assertEqual(r.georadius("g", 15, 37, 200, unit="km", sort="DESC"), ["Palermo", "Catania"])
        self.assertEqual(r.geosearchstore("h", "g", member="Palermo", radius=200, unit="km",
                                          storedist=True), 2)
        self.assertEqual(r.zscore("h", "Palermo"), 0.0)


class Streams(ClientCase):
    def test_entries(self):
        r = self.client
        self.assertEqual(r.xadd("s", {"a": 1, "b": 2}, id="1-1"), "1-1")
        self.assertEqual(r.xadd("s", {"c": 3}, id="1-*"), "1-2")
        self.assertIsNone(r.xadd("none", {"c": 3}, nomkstream=True))
        last = r.xadd("s", {"d": 4})
        self.assertEqual(r.xlen("s"), 3)
        self.assertEqual(r.xrange("s", max="1-1"), [("1-1", {"a": "1", "b": "2"})])
        self.assertEqual(r.xrevrange("s", count=1), [(last, {"d": "4"})])
        self.assertEqual(r.xread({"s": "1-1", "none": "0"}, count=1), [["s", [("1-2", {"c": "3"})]]])
        self.assertEqual([r.xdel("s", "1-2"), r.xtrim("s", maxlen=1, approximate=False)], [1, 1])
        info = r.xinfo_stream("s")
        self.assertEqual((info["length"], info["last-generated-id"], info["first-entry"]),
                         (1, last, (last, {"d": "4"})))
        with self.assertRaisesRegex(redis.ResponseError, "equal or smaller than the target"):
            r.xadd("s", {"a": 1}, id="1-1")

    def test_group(self):
        r = self.client
        self.assertTrue(r.xgroup_create("s", "g", id="0", mkstream=True))
        with self.assertRaisesRegex(redis.ResponseError, "BUSYGROUP"):
            r.xgroup_create("s", "g")
        for i in range(1, 6):
            r.xadd("s", {"n": i}, id=f"{i}-0")
        got = r.xreadgroup("g", "alice", {"s": ">"}, count=3)
        self.assertEqual(got, [["s", [(f"{i}-0", {"n": str(i)}) for i in (1, 2, 3)]]])
        r.xreadgroup("g", "bob", {"s": ">"})
        self.assertEqual(r.xack("s", "g", "1-0", "9-0"), 1)
        pending = {"pending": 4, "min": "2-0", "max": "5-0",
                   "consumers": [{"name": "alice", "pending": 2}, {"name": "bob", "pending": 2}]}
        self.assertEqual(r.xpending("s", "g"), pending)
        rows = r.xpending_range("s", "g", "-", "+", 10, consumername="bob")
        self.assertEqual([(row["message_id"], row["times_delivered"]) for row in rows],
                         [("4-0", 1), ("5-0", 1)])
        self.assertEqual(r.xclaim("s", "g", "bob", 0, ["2-0"]), [("2-0", {"n": "2"})])
        r.xdel("s", "3-0")
        self.assertEqual(r.xautoclaim("s", "g", "carol", 0, count=2), ["4-0", [("2-0", {"n": "2"})], ["3-0"]])
        self.assertEqual(r.xautoclaim("s", "g", "carol", 0, justid=True), ["2-0", "4-0", "5-0"])

    def test_group_information(self):
        r = self.client
        r.xadd("s", {"n": 1}, id="1-0")
        r.xgroup_create("s", "g", id="0")
        self.assertEqual(r.xgroup_createconsumer("s", "g", "alice"), 1)
        r.xreadgroup("g", "alice", {"s": ">"}, noack=True)
        (group,) = r.xinfo_groups("s")
        self.assertEqual((group["name"], group["consumers"], group["last-delivered-id"], group["lag"]),
                         ("g", 1, "1-0", 0))
        (consumer,) = r.xinfo_consumers("s", "g")
        self.assertEqual((consumer["name"], consumer["pending"]), ("alice", 0))
        self.assertTrue(r.xgroup_setid("s", "g", "0"))
        self.assertEqual(r.xgroup_delconsumer("s", "g", "alice"), 0)
        self.assertTrue(r.xgroup_destroy("s", "g"))
        with self.assertRaisesRegex(redis.ResponseError, "NOGROUP"):
            r.xreadgroup("g", "alice", {"s": ">"})
