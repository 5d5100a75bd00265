// What every test of ioredis stands on: an empty server at $REDIS_PORT, and connections to it.
import { after, afterEach, beforeEach } from "node:test";
import Redis from "ioredis";

export const port = Number(process.env.REDIS_PORT);
const clients = [];

// A client that ends with its test. It gives up after a while instead of for ever.
export function connect(options = {}) {
  const client = new Redis({ port, retryStrategy: (times) => (times < 20 ? 10 : null), ...options });
  clients.push(client);
  return client;
}

export const redis = connect();
clients.length = 0;
beforeEach(() => redis.flushall());
afterEach(() => clients.splice(0).forEach((client) => client.disconnect()));
after(() => redis.disconnect());

// Until `count` clients wait in a blocking command.
export async function waitForBlocked(count) {
  while (!(await redis.info("clients")).includes(`blocked_clients:${count}\r\n`));
}

// Resolves when `emitter` has emitted `event` once, with what came along.
export function once(emitter, event) {
  return new Promise((resolve) => emitter.once(event, (...values) => resolve(values)));
}
