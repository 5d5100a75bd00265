// What concerns connections: pipelines, transactions, blocking, messages, errors, reconnecting.
import assert from "node:assert/strict";
import test from "node:test";
import { BasicClientSideCache, createCluster, ErrorReply, SimpleError, WatchError } from "redis";

import { connect, once, port, redis, testBoth, waitForBlocked } from "./session.mjs";

testBoth("commands of one tick in one pipeline", async (r) => {
  const calls = Array.from({ length: 5000 }, () => r.incr("n"));
  assert.deepEqual(await Promise.all(calls), calls.map((_, i) => i + 1));
  assert.deepEqual(await r.multi().set("k", "1").incr("k").get("k").execAsPipeline(), ["OK", 2, "2"]);
});

testBoth("a transaction", async (r) => {
  const results = await r.multi().set("k", "1").incr("k").hSet("h", "a", "1").hGetAll("h").exec();
  assert.deepEqual(results.slice(0, 3), ["OK", 2, 1]);
  assert.equal(results[3].a, "1");
  await assert.rejects(r.multi().incr("k").lPush("k", "x").exec(), (error) =>
    error.replies[0] === 3 && error.replies[1].message.startsWith("WRONGTYPE"));
  await assert.rejects(r.multi().incr("k").addCommand(["NOSUCH"]).exec(), /unknown command 'NOSUCH'/);
  assert.equal(await r.get("k"), "3");
});

testBoth("WATCH", async (r, options) => {
  const client = await connect(options);
  await client.watch("k");
  await r.set("k", "changed");
  await assert.rejects(client.multi().set("k", "mine").exec(), WatchError);
  await client.watch("k");
  assert.deepEqual(await client.multi().set("k", "mine").exec(), ["OK"]);
});

testBoth("blocking pops", async (r, options) => {
  const client = await connect(options);
  const served = async (waiting, serve) => {
    await waitForBlocked(1);
    await serve();
    return waiting;
  };
  const popped = await served(client.blPop(["l", "m"], 0), () => r.rPush("m", "1"));
  assert.deepEqual({ ...popped }, { key: "m", element: "1" });
  const lowest = await served(client.bzPopMin("z", 0), () => r.zAdd("z", { value: "a", score: 1.5 }));
  assert.deepEqual({ ...lowest }, { key: "z", value: "a", score: 1.5 });
  const moved = await served(client.blMove("l", "m", "LEFT", "RIGHT", 0), () => r.lPush("l", "x"));
  assert.equal(moved, "x");
  assert.equal(await client.brPop("none", 0.01), null);
});

testBoth("channels and patterns", async (r, options) => {
  const subscriber = await connect(options);
  const heard = [];
  await subscriber.subscribe("news", (message, channel) => heard.push([channel, message]));
  await subscriber.pSubscribe("n*", (message, channel) => heard.push(["n*", channel, message]));
  assert.equal(await r.publish("news", "hello"), 2);
  assert.match(await subscriber.ping(), /^pong$/i);
  assert.deepEqual(heard, [["news", "hello"], ["n*", "news", "hello"]]);
  assert.deepEqual(await r.pubSubChannels(), ["news"]);
  assert.equal((await r.pubSubNumSub(["news"])).news, 1);
  assert.equal(await r.pubSubNumPat(), 1);
  await subscriber.sSubscribe("shard", (message) => heard.push(message));
  assert.equal(await r.sPublish("shard", "s"), 1);
  await subscriber.unsubscribe("news");
  await subscriber.pUnsubscribe();
  await subscriber.sUnsubscribe();
  assert.deepEqual(heard.slice(2), ["s"]);
  assert.equal(await subscriber.get("k"), null);
});

test("commands beside subscriptions in RESP3", async () => {
  const subscriber = await connect({ RESP: 3 });
  await subscriber.subscribe("news", () => {});
  assert.equal(await subscriber.set("k", "v"), "OK");
  assert.equal(await subscriber.get("k"), "v");
});

testBoth("reconnected and subscribed again after a kill", async (r, options) => {
  const subscriber = await connect(options);
  const heard = [];
  const id = await subscriber.clientId();
  await subscriber.subscribe("news", (message) => heard.push(message));
  const ready = once(subscriber, "ready");
  assert.equal(await r.clientKill([{ filter: "ID", id }, { filter: "TYPE", type: "pubsub" }]), 1);
  await ready;
  while ((await r.pubSubNumSub(["news"])).news === 0);
  await r.publish("news", "again");
  assert.match(await subscriber.ping(), /^pong$/i);
  assert.deepEqual(heard, ["again"]);
});

testBoth("reconnected after a kill", async (r, options) => {
  const client = await connect({ ...options, database: 3, name: "tester" });
  const id = await client.clientId();
  const ready = once(client, "ready");
  assert.equal(await r.clientKill({ filter: "ID", id }), 1);
  await ready;
  assert.ok((await client.clientId()) > id);
  assert.equal(await client.clientGetName(), "tester");
  await client.set("k", "v");
  assert.equal(await r.get("k"), null);
});

testBoth("errors", async (r) => {
  await r.set("k", "text");
  const fails = async (call, text) =>
    assert.rejects(call, (error) => error instanceof SimpleError && error instanceof ErrorReply &&
      text.test(error.message));
  await fails(r.lPush("k", "1"), /^WRONGTYPE Operation against a key holding the wrong kind of value$/);
  await fails(r.incr("k"), /^ERR value is not an integer or out of range$/);
  await fails(r.sendCommand(["GET"]), /^ERR wrong number of arguments for 'get' command$/);
  await fails(r.sendCommand(["NOSUCH", "x"]), /^ERR unknown command 'NOSUCH', with args beginning with: 'x' $/);
});

testBoth("a password", async (r, options) => {
  await r.configSet("requirepass", "secret");
  try {
    const socket = { port, reconnectStrategy: false };
    await assert.rejects(connect({ ...options, socket, password: "wrong" }), /WRONGPASS/);
    const client = await connect({ ...options, password: "secret" });
    assert.equal(await client.ping(), "PONG");
  } finally {
    await r.configSet("requirepass", "");
  }
});

testBoth("introspection", async (r) => {
  assert.match(await r.info("server"), /redis_version:7\.0\.15\r\n/);
  assert.equal((await r.configGet("maxmemory-policy"))["maxmemory-policy"], "noeviction");
  assert.equal(await r.commandCount(), (await r.command()).length);
  assert.deepEqual(await r.commandGetKeys(["MSET", "a", "1", "b", "2"]), ["a", "b"]);
  const client = await r.clientInfo();
  assert.equal(client.id, await r.clientId());
  assert.equal(client.resp, r === redis[3] ? 3 : 2);
});

test("no cluster", async () => {
  const cluster = createCluster({ rootNodes: [{ socket: { port } }] });
  cluster.on("error", () => {});
  await assert.rejects(cluster.connect());
});

test("a cache on the client's side", async () => {
  const clientSideCache = new BasicClientSideCache();
  const cached = await connect({ RESP: 3, clientSideCache });
  const r = redis[3];
  for (let i = 0; i < 50; ++i) {
    const invalidated = once(clientSideCache, "invalidate");
    await r.set("k", String(i));
    if (i > 0) await invalidated;
    assert.equal(await cached.get("k"), String(i));
    assert.equal(await cached.get("k"), String(i));
  }
  assert.equal(clientSideCache.stats().hitCount, 50);
  const emptied = once(clientSideCache, "invalidate");
  await r.flushAll();
  await emptied;
  assert.equal(await cached.get("k"), null);
});
