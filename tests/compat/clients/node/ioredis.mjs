// All tests of ioredis.
import "./ioredis/values.mjs";
import "./ioredis/connections.mjs";
