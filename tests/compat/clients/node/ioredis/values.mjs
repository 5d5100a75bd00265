// Values of each type, and what is the same for keys of all types.
import assert from "node:assert/strict";
import test from "node:test";

import { redis } from "./session.mjs";

test("strings", async () => {
  assert.equal(await redis.set("k", "v", "EX", 100), "OK");
  assert.equal(await redis.get("k"), "v");
  assert.equal(await redis.get("none"), null);
  assert.equal(await redis.set("k", "w", "NX"), null);
  assert.equal(await redis.set("k", "w", "KEEPTTL", "GET"), "v");
  assert.equal(await redis.ttl("k"), 100);
  assert.equal(await redis.append("k", "xyz"), 4);
  assert.equal(await redis.getrange("k", 1, -1), "xyz");
  assert.equal(await redis.mset({ a: 1, b: 2 }), "OK");
  assert.equal(await redis.mset(new Map([["c", 3]])), "OK");
  assert.deepEqual(await redis.mget("a", "b", "c", "none"), ["1", "2", "3", null]);
  assert.equal(await redis.incrby("a", 41), 42);
  assert.equal(await redis.incrbyfloat("a", 0.5), "42.5");
  assert.equal(await redis.del("a", "b", "none"), 2);
});

test("binary values", async () => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  await redis.set(bytes, bytes);
  assert.deepEqual(await redis.getBuffer(bytes), bytes);
  assert.deepEqual(await redis.keysBuffer("*"), [bytes]);
  const large = Buffer.alloc(5_000_000, "0123456789");
  await redis.set("large", large);
  assert.deepEqual(await redis.getBuffer("large"), large);
});

test("lists", async () => {
  assert.equal(await redis.rpush("l", "a", "b", "c"), 3);
  assert.equal(await redis.lpush("l", ["y", "z"]), 5);
  assert.deepEqual(await redis.lrange("l", 0, -1), ["z", "y", "a", "b", "c"]);
  assert.deepEqual(await redis.lpop("l", 2), ["z", "y"]);
  assert.equal(await redis.lmove("l", "m", "LEFT", "RIGHT"), "a");
  assert.equal(await redis.linsert("l", "AFTER", "b", "x"), 3);
  assert.equal(await redis.lpos("l", "x"), 1);
  assert.deepEqual(await redis.lmpop(2, "none", "l", "RIGHT"), ["l", ["c"]]);
});

test("hashes", async () => {
  assert.equal(await redis.hset("h", { a: 1, b: "x" }), 2);
  assert.equal(await redis.hset("h", "c", 3, "d", 4), 2);
  assert.deepEqual(await redis.hgetall("h"), { a: "1", b: "x", c: "3", d: "4" });
  assert.deepEqual(await redis.hgetall("none"), {});
  assert.deepEqual(await redis.hmget("h", "a", "none"), ["1", null]);
  assert.equal(await redis.hincrbyfloat("h", "a", 0.5), "1.5");
  assert.deepEqual(await redis.hrandfield("h", 1, "WITHVALUES").then((pair) => pair.length), 2);
  assert.equal(await redis.hdel("h", "a", "b", "c", "d"), 4);
  assert.equal(await redis.exists("h"), 0);
});

test("sets", async () => {
  assert.equal(await redis.sadd("s", ["a", "b", "c"]), 3);
  await redis.sadd("t", "b", "c", "d");
  assert.deepEqual((await redis.sinter("s", "t")).sort(), ["b", "c"]);
  assert.deepEqual(await redis.sdiff("s", "t"), ["a"]);
  assert.equal(await redis.sunionstore("u", "s", "t"), 4);
  assert.deepEqual(await redis.smismember("s", "a", "x"), [1, 0]);
  assert.equal(await redis.sintercard(2, "s", "t", "LIMIT", 1), 1);
  assert.equal((await redis.spop("u", 4)).length, 4);
});

test("sorted sets", async () => {
  assert.equal(await redis.zadd("z", 1, "a", 2, "b", "-inf", "c"), 3);
  assert.equal(await redis.zadd("z", "GT", "CH", 5, "a", 1, "b"), 1);
  assert.deepEqual(await redis.zrange("z", 0, -1, "WITHSCORES"), ["c", "-inf", "b", "2", "a", "5"]);
  assert.deepEqual(await redis.zrangebyscore("z", "(2", "+inf"), ["a"]);
  assert.deepEqual(await redis.zrange("z", "+inf", 0, "BYSCORE", "REV", "LIMIT", 0, 1), ["a"]);
  assert.equal(await redis.zincrby("z", 1.5, "b"), "3.5");
  assert.equal(await redis.zrevrank("z", "a"), 0);
  assert.deepEqual(await redis.zpopmin("z"), ["c", "-inf"]);
  assert.equal(await redis.zunionstore("y", 2, "z", "none", "WEIGHTS", 2, 1), 2);
  assert.deepEqual(await redis.zmscore("y", "a", "x"), ["10", null]);
  await redis.zadd("t", 0, "a", 0, "b", 0, "c");
  assert.deepEqual(await redis.zrangebylex("t", "[b", "+"), ["b", "c"]);
});

test("streams with a group", async () => {
  assert.equal(await redis.xadd("s", "1-1", "a", 1, "b", 2), "1-1");
  await redis.xadd("s", "MAXLEN", "~", 1000, "2-1", "a", 3);
  const first = ["1-1", ["a", "1", "b", "2"]];
  const second = ["2-1", ["a", "3"]];
  assert.deepEqual(await redis.xrange("s", "-", "+"), [first, second]);
  assert.deepEqual(await redis.xread("COUNT", 1, "STREAMS", "s", "1-1"), [["s", [second]]]);
  assert.equal(await redis.xread("STREAMS", "s", "$"), null);
  await redis.xgroup("CREATE", "s", "g", "0");
  await assert.rejects(redis.xgroup("CREATE", "s", "g", "0"), /BUSYGROUP/);
  const delivered = await redis.xreadgroup("GROUP", "g", "alice", "COUNT", 1, "STREAMS", "s", ">");
  assert.deepEqual(delivered, [["s", [first]]]);
  assert.deepEqual(await redis.xpending("s", "g"), [1, "1-1", "1-1", [["alice", "1"]]]);
  assert.deepEqual(await redis.xclaim("s", "g", "bob", 0, "1-1"), [first]);
  assert.deepEqual(await redis.xautoclaim("s", "g", "carol", 0, "0", "JUSTID"), ["0-0", ["1-1"], []]);
  assert.equal(await redis.xack("s", "g", "1-1"), 1);
  assert.equal((await redis.xinfo("GROUPS", "s"))[0][1], "g");
});

test("bitmaps and HyperLogLogs", async () => {
  assert.equal(await redis.setbit("b", 9, 1), 0);
  assert.equal(await redis.bitcount("b", 8, 15, "BIT"), 1);
  assert.equal(await redis.bitpos("b", 1), 9);
  assert.equal(await redis.bitop("NOT", "c", "b"), 2);
  assert.deepEqual(await redis.getBuffer("c"), Buffer.from([0xff, 0xbf]));
  assert.deepEqual(await redis.bitfield("b", "SET", "u8", 0, 255, "INCRBY", "u8", 0, 2), [0, 1]);
  assert.equal(await redis.pfadd("h", "a", "b", "c", "a"), 1);
  assert.equal(await redis.pfmerge("i", "h"), "OK");
  assert.equal(await redis.pfcount("h", "i"), 3);
});

test("geo", async () => {
  await redis.geoadd("g", 13.361389, 38.115556, "Palermo", 15.087269, 37.502669, "Catania");
  assert.equal(await redis.geodist("g", "Palermo", "Catania", "km"), "166.2742");
  const near = ["FROMLONLAT", 15, 37, "BYRADIUS", 200, "km", "ASC", "WITHDIST"];
  assert.deepEqual(await redis.geosearch("g", ...near),
    [["Catania", "56.4413"], ["Palermo", "190.4424"]]);
  assert.deepEqual(await redis.geohash("g", "Palermo", "none"), ["sqc8b49rny0", null]);
});

test("iterators", async () => {
  const names = Array.from({ length: 1000 }, (_, i) => `key:${i}`);
  await redis.mset(Object.fromEntries(names.map((name) => [name, "x"])));
  const found = new Set();
  for await (const batch of redis.scanStream({ match: "key:*", count: 50 })) {
    batch.forEach((name) => found.add(name));
  }
  assert.equal(found.size, names.length);
  await redis.sadd("s", names);
  const members = new Set();
  for await (const batch of redis.sscanStream("s")) batch.forEach((member) => members.add(member));
  assert.equal(members.size, names.length);
  await redis.hset("h", { a: 1 });
  for await (const batch of redis.hscanStream("h")) assert.deepEqual(batch, ["a", "1"]);
});

test("SORT, DUMP and RESTORE", async () => {
  await redis.rpush("l", 3, 1, 2);
  await redis.mset({ w1: 30, w2: 20, w3: 10 });
  assert.deepEqual(await redis.sort("l", "BY", "w*", "GET", "#", "GET", "w*"),
    ["3", "10", "2", "20", "1", "30"]);
  assert.deepEqual(await redis.sort("l", "DESC", "LIMIT", 0, 1), ["3"]);
  const payload = await redis.dumpBuffer("l");
  assert.equal(await redis.restore("m", 100_000, payload), "OK");
  assert.deepEqual(await redis.lrange("m", 0, -1), ["3", "1", "2"]);
  await assert.rejects(redis.restore("m", 0, payload), /BUSYKEY/);
});

test("expiry", async () => {
  await redis.set("k", "v", "PX", 1);
  while ((await redis.get("k")) !== null);
  await redis.set("k", "v");
  assert.equal(await redis.expire("k", 100, "XX"), 0);
  assert.equal(await redis.expire("k", 100, "NX"), 1);
  assert.equal(await redis.expireat("k", 4102444800), 1);
  assert.equal(await redis.call("EXPIRETIME", "k"), 4102444800);
  assert.equal(await redis.persist("k"), 1);
});
