// What concerns connections: pipelines, transactions, blocking, messages, errors, reconnecting.
import assert from "node:assert/strict";
import test from "node:test";
import Redis from "ioredis";

import { connect, once, port, redis, waitForBlocked } from "./session.mjs";

test("a pipeline", async () => {
  const pipeline = redis.pipeline();
  for (let i = 0; i < 5000; ++i) pipeline.incr("n");
  pipeline.lpush("n", "x").get("n");
  const results = await pipeline.exec();
  assert.deepEqual(results[4999], [null, 5000]);
  assert.match(results[5000][0].message, /^WRONGTYPE/);
  assert.deepEqual(results[5001], [null, "5000"]);
});

test("pipelines made by themselves", async () => {
  const client = connect({ enableAutoPipelining: true });
  await once(client, "ready");
  const calls = Array.from({ length: 1000 }, (_, i) => client.set(`k${i}`, i));
  assert.equal(client.autoPipelineQueueSize, 1000);
  await Promise.all(calls);
  const values = await Promise.all(calls.map((_, i) => client.get(`k${i}`)));
  assert.deepEqual(values, calls.map((_, i) => String(i)));
});

test("a transaction", async () => {
  assert.deepEqual(await redis.multi().set("k", 1).incr("k").lpush("k", 1).exec().then((results) =>
    results.map(([error, value]) => (error ? error.message.slice(0, 9) : value))),
    ["OK", 2, "WRONGTYPE"]);
  await assert.rejects(redis.multi().incr("k").call("NOSUCH").exec(), /^ReplyError: EXECABORT/);
  assert.equal(await redis.get("k"), "2");
});

test("a transaction without a pipeline", async () => {
  const client = connect();
  await client.multi({ pipeline: false });
  assert.equal(await client.set("k", 1), "QUEUED");
  assert.equal(await client.discard(), "OK");
  assert.equal(await client.get("k"), null);
});

test("WATCH", async () => {
  const client = connect();
  await client.watch("k");
  await redis.set("k", "changed");
  assert.equal(await client.multi().set("k", "mine").exec(), null);
  await client.watch("k");
  assert.deepEqual(await client.multi().set("k", "mine").exec(), [[null, "OK"]]);
});

test("blocking pops", async () => {
  const client = connect();
  for (const [waiting, serve, wanted] of [
    [client.blpop("l", "m", 0), () => redis.rpush("m", 1), ["m", "1"]],
    [client.bzpopmin("z", 0), () => redis.zadd("z", 2, "b", 1, "a"), ["z", "a", "1"]],
    [client.blmove("l", "m", "LEFT", "RIGHT", 0), () => redis.lpush("l", "x"), "x"],
  ]) {
    await waitForBlocked(1);
    await serve();
    assert.deepEqual(await waiting, wanted);
  }
  assert.equal(await client.brpop("none", 0.01), null);
});

test("channels and patterns", async () => {
  const subscriber = connect();
  assert.equal(await subscriber.subscribe("news", "other"), 2);
  assert.equal(await subscriber.psubscribe("n*"), 3);
  const message = once(subscriber, "message");
  const matched = once(subscriber, "pmessage");
  assert.equal(await redis.publish("news", "hello"), 2);
  assert.deepEqual(await message, ["news", "hello"]);
  assert.deepEqual(await matched, ["n*", "news", "hello"]);
  assert.deepEqual((await redis.pubsub("CHANNELS")).sort(), ["news", "other"]);
  assert.deepEqual(await redis.pubsub("NUMSUB", "news"), ["news", 1]);
  assert.equal(await subscriber.unsubscribe("news", "other"), 1);
  assert.equal(await subscriber.punsubscribe("n*"), 0);
  assert.equal(await subscriber.get("k"), null);
});

test("subscribed again after a kill", async () => {
  const subscriber = connect();
  const id = await subscriber.client("ID");
  await subscriber.subscribe("news");
  const ready = once(subscriber, "ready");
  assert.equal(await redis.client("KILL", "ID", id, "TYPE", "pubsub"), 1);
  await ready;
  while ((await redis.pubsub("NUMSUB", "news"))[1] === 0);
  const message = once(subscriber, "message");
  await redis.publish("news", "again");
  assert.deepEqual(await message, ["news", "again"]);
});

test("reconnected after a kill", async () => {
  const client = connect({ db: 3, connectionName: "tester" });
  const id = await client.client("ID");
  await client.set("k", "v");
  const closed = once(client, "close");
  assert.equal(await redis.client("KILL", "ID", id), 1);
  await closed;
  assert.equal(await client.get("k"), "v");
  assert.ok((await client.client("ID")) > id);
  assert.equal(await client.client("GETNAME"), "tester");
});

test("what waits is sent again after a kill", async () => {
  const client = connect();
  const id = await client.client("ID");
  const waiting = client.blpop("l", 0);
  await waitForBlocked(1);
  await redis.client("KILL", "ID", id);
  await redis.rpush("l", "served");
  assert.deepEqual(await waiting, ["l", "served"]);
});

test("errors", async () => {
  await redis.set("k", "text");
  const fails = async (call, text) =>
    assert.rejects(call, (error) => error instanceof Redis.ReplyError && text.test(error.message));
  await fails(redis.lpush("k", 1), /^WRONGTYPE Operation against a key holding the wrong kind of value$/);
  await fails(redis.incr("k"), /^ERR value is not an integer or out of range$/);
  await fails(redis.call("GET"), /^ERR wrong number of arguments for 'get' command$/);
  await fails(redis.call("NOSUCH", "x"), /^ERR unknown command 'NOSUCH', with args beginning with: 'x' $/);
  await fails(redis.set("k", "v", "EX", 0), /^ERR invalid expire time in 'set' command$/);
});

test("a password", async () => {
  await redis.config("SET", "requirepass", "secret");
  try {
    await assert.rejects(connect({ retryStrategy: null, enableReadyCheck: false }).get("k"), /NOAUTH/);
    assert.equal(await connect({ password: "secret" }).ping(), "PONG");
    assert.equal(await connect({ username: "default", password: "secret" }).ping(), "PONG");
  } finally {
    await redis.config("SET", "requirepass", "");
  }
});

test("no cluster", async () => {
  const cluster = new Redis.Cluster([{ host: "127.0.0.1", port }], { clusterRetryStrategy: null });
  const [error] = await once(cluster, "error");
  assert.match(error.message, /Failed to refresh slots cache/);
  cluster.disconnect();
});
