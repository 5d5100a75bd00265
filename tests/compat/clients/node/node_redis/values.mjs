// Values of each type, and what is the same for keys of all types.
import assert from "node:assert/strict";
import { RESP_TYPES } from "redis";

import { testBoth } from "./session.mjs";

// node-redis makes objects without a prototype.
const same = (got, wanted) => assert.deepEqual(JSON.parse(JSON.stringify(got)), wanted);

testBoth("strings", async (r) => {
  assert.equal(await r.set("k", "v", { expiration: { type: "EX", value: 100 } }), "OK");
  assert.equal(await r.set("k", "w", { condition: "NX" }), null);
  assert.equal(await r.set("k", "w", { GET: true, expiration: "KEEPTTL" }), "v");
  assert.equal(await r.ttl("k"), 100);
  assert.equal(await r.get("none"), null);
  assert.equal(await r.append("k", "xyz"), 4);
  assert.equal(await r.getRange("k", 1, -1), "xyz");
  assert.equal(await r.mSet({ a: "1", b: "2" }), "OK");
  assert.deepEqual(await r.mGet(["a", "b", "none"]), ["1", "2", null]);
  assert.equal(await r.incrBy("a", 41), 42);
  assert.equal(await r.incrByFloat("a", 0.5), "42.5");
  assert.equal(await r.del(["a", "b", "none"]), 2);
  await r.mSet({ a: "ohmytext", b: "mynewtext" });
  assert.equal(await r.lcs("a", "b"), "mytext");
  same(await r.lcsIdx("a", "b"), {
    matches: [[[4, 7], [5, 8]], [[2, 3], [0, 1]]], len: 6 });
});

testBoth("binary values", async (r) => {
  const raw = r.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  await r.set(bytes, bytes);
  assert.deepEqual(await raw.get(bytes), bytes);
  assert.deepEqual(await raw.keys("*"), [bytes]);
});

testBoth("lists", async (r) => {
  assert.equal(await r.rPush("l", ["a", "b", "c"]), 3);
  assert.equal(await r.lPush("l", "z"), 4);
  assert.deepEqual(await r.lRange("l", 0, -1), ["z", "a", "b", "c"]);
  assert.deepEqual(await r.lPopCount("l", 2), ["z", "a"]);
  assert.equal(await r.lMove("l", "m", "LEFT", "RIGHT"), "b");
  assert.equal(await r.lInsert("l", "AFTER", "c", "x"), 2);
  assert.deepEqual(await r.lPosCount("l", "x", 0), [1]);
  assert.deepEqual(await r.lmPop(["none", "l"], "RIGHT", { COUNT: 5 }), ["l", ["x", "c"]]);
  assert.equal(await r.lPop("l"), null);
});

testBoth("hashes", async (r) => {
  assert.equal(await r.hSet("h", { a: "1", b: "x" }), 2);
  same(await r.hGetAll("h"), { a: "1", b: "x" });
  same(await r.hGetAll("none"), {});
  assert.deepEqual(await r.hmGet("h", ["a", "none"]), ["1", null]);
  assert.equal(await r.hIncrByFloat("h", "a", 0.5), "1.5");
  same(await r.hRandFieldCountWithValues("h", 1).then((pairs) => Object.keys(pairs[0])), ["field", "value"]);
  assert.equal(await r.hDel("h", ["a", "b"]), 2);
});

testBoth("sets", async (r) => {
  assert.equal(await r.sAdd("s", ["a", "b", "c"]), 3);
  await r.sAdd("t", ["b", "c", "d"]);
  assert.deepEqual(new Set(await r.sMembers("s")), new Set(["a", "b", "c"]));
  assert.deepEqual(new Set(await r.sInter(["s", "t"])), new Set(["b", "c"]));
  assert.deepEqual([...await r.sDiff(["s", "t"])], ["a"]);
  assert.equal(await r.sUnionStore("u", ["s", "t"]), 4);
  assert.deepEqual(await r.smIsMember("s", ["a", "x"]), [1, 0]);
  assert.equal(await r.sInterCard(["s", "t"], 1), 1);
  assert.equal((await r.sPopCount("u", 4)).length, 4);
});

testBoth("sorted sets", async (r) => {
  const member = (value, score) => ({ value, score });
  assert.equal(await r.zAdd("z", [member("a", 1), member("b", 2), member("c", -1)]), 3);
  assert.equal(await r.zAdd("z", [member("a", 5), member("b", 1)], { comparison: "GT", CH: true }), 1);
  const all = [member("c", -1), member("b", 2), member("a", 5)];
  assert.deepEqual(await r.zRangeWithScores("z", 0, -1).then((got) => got.map((m) => ({ ...m }))), all);
  assert.deepEqual(await r.zRangeByScore("z", "(2", "+inf"), ["a"]);
  assert.deepEqual(await r.zRange("z", "+inf", 0, { BY: "SCORE", REV: true, LIMIT: { offset: 0, count: 1 } }),
    ["a"]);
  assert.equal(await r.zIncrBy("z", 1.5, "b"), 3.5);
  assert.equal(await r.zScore("z", "c"), -1);
  assert.deepEqual(await r.zmScore("z", ["a", "x"]), [5, null]);
  assert.deepEqual({ ...await r.zPopMax("z") }, member("a", 5));
  same(await r.zmPop(["none", "z"], "MAX"), { key: "z", members: [member("b", 3.5)] });
  assert.equal(await r.zPopMin("none"), null);
  await r.zAdd("t", [member("a", 1), member("c", 1)]);
  same(await r.zUnionWithScores(["t", "none"]), [member("a", 1), member("c", 1)]);
  assert.equal(await r.zRank("t", "c"), 1);
  assert.ok(["a", "c"].includes(await r.zRandMember("t")));
});

testBoth("streams with a group", async (r, { RESP }) => {
  assert.equal(await r.xAdd("s", "1-1", { a: "1", b: "2" }), "1-1");
  await r.xAdd("s", "2-1", { a: "3" }, { TRIM: { strategy: "MAXLEN", strategyModifier: "~", threshold: 99 } });
  const first = { id: "1-1", message: { a: "1", b: "2" } };
  const second = { id: "2-1", message: { a: "3" } };
  same(await r.xRange("s", "-", "+"), [first, second]);
  same(await r.xRead({ key: "s", id: "1-1" }),
    RESP === 3 ? { s: [["2-1", ["a", "3"]]] } : [{ name: "s", messages: [second] }]);
  assert.equal(await r.xRead({ key: "s", id: "$" }), null);
  assert.equal(await r.xGroupCreate("s", "g", "0"), "OK");
  await assert.rejects(r.xGroupCreate("s", "g", "0"), /BUSYGROUP/);
  same(await r.xReadGroup("g", "alice", { key: "s", id: ">" }, { COUNT: 1 }),
    RESP === 3 ? { s: [["1-1", ["a", "1", "b", "2"]]] } : [{ name: "s", messages: [first] }]);
  same(await r.xPending("s", "g"), {
    pending: 1, firstId: "1-1", lastId: "1-1", consumers: [{ name: "alice", deliveriesCounter: 1 }] });
  same(await r.xClaim("s", "g", "bob", 0, "1-1"), [first]);
  same(await r.xAutoClaimJustId("s", "g", "carol", 0, "0"),
    { nextId: "0-0", messages: ["1-1"], deletedMessages: [] });
  assert.equal(await r.xAck("s", "g", "1-1"), 1);
  const [group] = await r.xInfoGroups("s");
  assert.deepEqual([group.name, group.consumers, group.pending, group.lag], ["g", 3, 0, 1]);
  const stream = await r.xInfoStream("s");
  assert.deepEqual([stream.length, stream["last-generated-id"], stream.groups], [2, "2-1", 1]);
});

testBoth("bitmaps and HyperLogLogs", async (r) => {
  assert.equal(await r.setBit("b", 9, 1), 0);
  assert.equal(await r.bitCount("b", { start: 8, end: 15, mode: "BIT" }), 1);
  assert.equal(await r.bitPos("b", 1), 9);
  assert.equal(await r.bitOp("NOT", "c", "b"), 2);
  assert.deepEqual(await r.bitField("b", [
    { operation: "SET", encoding: "u8", offset: 0, value: 255 },
    { operation: "OVERFLOW", behavior: "FAIL" },
    { operation: "INCRBY", encoding: "u8", offset: 0, increment: 2 },
  ]), [0, null]);
  assert.equal(await r.pfAdd("h", ["a", "b", "c", "a"]), 1);
  assert.equal(await r.pfMerge("i", ["h"]), "OK");
  assert.equal(await r.pfCount(["h", "i"]), 3);
});

testBoth("geo", async (r) => {
  await r.geoAdd("g", [
    { longitude: 13.361389, latitude: 38.115556, member: "Palermo" },
    { longitude: 15.087269, latitude: 37.502669, member: "Catania" },
  ]);
  assert.equal(await r.geoDist("g", "Palermo", "Catania", "km"), 166.2742);
  const near = [{ longitude: 15, latitude: 37 }, { radius: 200, unit: "km" }];
  same(await r.geoSearchWith("g", ...near, ["WITHDIST"], { SORT: "ASC" }),
    [{ member: "Catania", distance: "56.4413" }, { member: "Palermo", distance: "190.4424" }]);
  const [place, nowhere] = await r.geoPos("g", ["Catania", "none"]);
  assert.ok(Math.abs(Number(place.longitude) - 15.087269) < 1e-5 && nowhere === null);
});

testBoth("iterators", async (r) => {
  const names = Array.from({ length: 1000 }, (_, i) => `key:${i}`);
  await r.mSet(Object.fromEntries(names.map((name) => [name, "x"])));
  const found = new Set();
  for await (const batch of r.scanIterator({ MATCH: "key:*", COUNT: 50, TYPE: "string" })) {
    batch.forEach((name) => found.add(name));
  }
  assert.deepEqual([...found].sort(), [...names].sort());
  await r.zAdd("z", names.map((value, score) => ({ value, score })));
  let sum = 0;
  for await (const batch of r.zScanIterator("z")) batch.forEach(({ score }) => { sum += score; });
  assert.equal(sum, 499_500);
  await r.hSet("h", { a: "1" });
  for await (const batch of r.hScanIterator("h")) same(batch, [{ field: "a", value: "1" }]);
});

testBoth("SORT, DUMP and RESTORE", async (r) => {
  await r.rPush("l", ["3", "1", "2"]);
  await r.mSet({ w1: "30", w2: "20", w3: "10" });
  assert.deepEqual(await r.sort("l", { BY: "w*", GET: ["#", "w*"] }), ["3", "10", "2", "20", "1", "30"]);
  assert.equal(await r.sortStore("l", "m", { DIRECTION: "DESC", LIMIT: { offset: 0, count: 2 } }), 2);
  const raw = r.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  const payload = await raw.dump("m");
  assert.equal(await r.restore("n", 100_000, payload), "OK");
  assert.deepEqual(await r.lRange("n", 0, -1), ["3", "2"]);
  await assert.rejects(r.restore("n", 0, payload), /BUSYKEY/);
});

testBoth("expiry", async (r) => {
  await r.set("k", "v", { expiration: { type: "PX", value: 1 } });
  while ((await r.get("k")) !== null);
  await r.set("k", "v");
  assert.equal(await r.expire("k", 100, "XX"), 0);
  assert.equal(await r.expire("k", 100, "NX"), 1);
  assert.equal(await r.expireAt("k", new Date("2100-01-01T00:00:00Z")), 1);
  assert.equal(await r.expireTime("k"), 4102444800);
  assert.equal(await r.persist("k"), 1);
});
