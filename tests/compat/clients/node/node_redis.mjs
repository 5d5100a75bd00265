// All tests of node-redis.
import "./node_redis/values.mjs";
import "./node_redis/connections.mjs";
