// What every test of node-redis stands on: an empty server at $REDIS_PORT, and connections to it.
import test, { after, afterEach, beforeEach } from "node:test";
import { createClient } from "redis";

export const port = Number(process.env.REDIS_PORT);
const clients = [];
const end = (client) => client.isOpen && client.destroy();

// A client that ends with its test, in RESP2 unless `options` say RESP: 3.
export async function connect(options = {}) {
  const socket = { port, reconnectStrategy: (retries) => (retries < 20 ? 10 : false) };
  const client = createClient({ socket, ...options });
  client.on("error", () => {});
  clients.push(client);
  await client.connect();
  return client;
}

// What is common to all tests. Streams are given in RESP3 as they come.
export const redis = { 2: await connect(), 3: await connect({ RESP: 3, unstableResp3: true }) };
clients.length = 0;
beforeEach(() => redis[2].flushAll());
afterEach(() => clients.splice(0).forEach(end));
after(() => Object.values(redis).forEach(end));

// The test in both protocols: `check` gets a client and connects others by the same options.
export function testBoth(name, check) {
  for (const RESP of [2, 3]) test(`${name}, RESP${RESP}`, () => check(redis[RESP], { RESP }));
}

// Resolves when `client` has emitted `event`, whatever errors come first.
export function once(client, event) {
  return new Promise((resolve) => client.once(event, resolve));
}

// Until `count` clients wait in a blocking command.
export async function waitForBlocked(count) {
  while (!(await redis[2].info("clients")).includes(`blocked_clients:${count}\r\n`));
}
