"""What concerns connections: pipelines, transactions, blocking, messages, errors, reconnecting."""
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from case import PORT, TIMEOUT, ClientCase


class Pipelines(ClientCase):
    def test_pipeline(self):
        pipeline = self.client.pipeline(transaction=False)
        for i in range(10_000):
            pipeline.incr("n").set(f"k{i}", i)
        results = pipeline.execute()
        self.assertEqual(results[::2], list(range(1, 10_001)))
        self.assertEqual(set(results[1::2]), {True})

    def test_errors_among_results(self):
        pipeline = self.client.pipeline(transaction=False).set("k", "v").lpush("k", 1).get("k")
        done, error, value = pipeline.execute(raise_on_error=False)
        self.assertEqual((done, value), (True, "v"))
        self.assertIsInstance(error, redis.ResponseError)
        self.assertIn("WRONGTYPE", str(error))

    def test_transaction(self):
        got = self.client.pipeline().set("k", 1).incr("k").hset("h", "a", 1).hgetall("h").execute()
        self.assertEqual(got, [True, 2, 1, {"a": "1"}])
        with self.assertRaisesRegex(redis.ResponseError, r"Command # 2 \(LPUSH k 1\) of pipeline caused"):
            self.client.pipeline().incr("k").lpush("k", 1).execute()
        self.assertEqual(self.client.get("k"), "3")

    def test_aborted_transaction(self):
        pipeline = self.client.pipeline().incr("k").execute_command("NOSUCH")
        with self.assertRaisesRegex(redis.ResponseError, "unknown command"):
            pipeline.execute()
        self.assertIsNone(self.client.get("k"))

    def test_watch(self):
        pipeline = self.client.pipeline()
        pipeline.watch("k")
        self.client.set("k", "changed")
        pipeline.multi()
        pipeline.set("k", "mine")
        with self.assertRaises(redis.WatchError):
            pipeline.execute()
        self.assertEqual(self.client.get("k"), "changed")

    def test_optimistic_locking(self):
        other, attempts = self.connect(), []

        def add_one(pipeline):
            value = int(pipeline.get("n") or 0)
            if not attempts:
                other.set("n", 10)
            attempts.append(value)
            pipeline.multi()
            pipeline.set("n", value + 1)

        self.assertEqual(self.client.transaction(add_one, "n"), [True])
        self.assertEqual((attempts, self.client.get("n")), ([0, 10], "11"))


class Blocking(ClientCase):
    def served(self, call, serve):
        """What `call` of another client gives, once it has waited and `serve` has run."""
        result = self.in_background(call, self.connect())
        self.wait_for_blocked(1)
        serve()
        return result()

    def test_lists(self):
        r = self.client
        self.assertEqual(self.served(lambda c: c.blpop(["l", "m"]), lambda: r.rpush("m", 1, 2)), ("m", "1"))
        self.assertEqual(r.brpop("m"), ("m", "2"))
        self.assertEqual(self.served(lambda c: c.blmove("l", "m", TIMEOUT), lambda: r.rpush("l", 1)), "1")
        self.assertEqual(self.served(lambda c: c.blmpop(TIMEOUT, 2, "k", "l", direction="LEFT", count=5),
                                     lambda: r.rpush("l", 1, 2, 3)), ["l", ["1", "2", "3"]])
        self.assertIsNone(r.blpop("l", 0.01))

    def test_sorted_sets(self):
        r = self.client
        self.assertEqual(self.served(lambda c: c.bzpopmin("z"), lambda: r.zadd("z", {"b": 2, "a": 1})),
                         ("z", "a", 1.0))
        self.assertEqual(r.bzpopmax("z"), ("z", "b", 2.0))
        self.assertIsNone(r.bzpopmax("z", 0.01))

    def test_unblock(self):
        waiting = self.connect(single_connection_client=True)
        number = waiting.client_id()
        result = self.in_background(waiting.blpop, "l")
        self.wait_for_blocked(1)
        self.assertTrue(self.client.client_unblock(number))
        self.assertIsNone(result())


class Messages(ClientCase):
    def next_message(self, subscriber):
        message = subscriber.get_message(timeout=TIMEOUT)
        return message and (message["type"], message["pattern"], message["channel"], message["data"])

    def test_channels_and_patterns(self):
        subscriber = self.client.pubsub()
        subscriber.subscribe("news")
        subscriber.psubscribe("n*", "h?llo")
        self.assertEqual([self.next_message(subscriber) for _ in range(3)],
                         [("subscribe", None, "news", 1), ("psubscribe", None, "n*", 2),
                          ("psubscribe", None, "h?llo", 3)])
        self.assertEqual(self.client.publish("news", "one"), 2)
        self.assertEqual([self.next_message(subscriber) for _ in range(2)],
                         [("message", None, "news", "one"), ("pmessage", "n*", "news", "one")])
        self.assertEqual(self.client.publish("hello", "two"), 1)
        self.assertEqual(self.next_message(subscriber), ("pmessage", "h?llo", "hello", "two"))
        self.assertEqual(self.client.pubsub_channels(), ["news"])
        self.assertEqual(self.client.pubsub_numsub("news", "none"), [("news", 1), ("none", 0)])
        self.assertEqual(self.client.pubsub_numpat(), 2)
        subscriber.unsubscribe()
        self.assertEqual(self.next_message(subscriber), ("unsubscribe", None, "news", 2))
        subscriber.close()

    def test_ping_and_handler(self):
        heard = []
        subscriber = self.client.pubsub(ignore_subscribe_messages=True)
        subscriber.subscribe(news=lambda message: heard.append(message["data"]))
        while self.client.publish("news", "x") == 0:
            pass
        while not heard:
            subscriber.get_message(timeout=TIMEOUT)
        subscriber.ping("are you there")
        while (message := self.next_message(subscriber)) is None:
            pass
        self.assertEqual(message, ("pong", None, None, "are you there"))
        self.assertEqual(heard, ["x"])
        subscriber.close()

    def test_subscribed_again_after_a_kill(self):
        subscriber = self.connect(client_name="listener").pubsub()
        subscriber.subscribe("news")
        self.assertEqual(self.next_message(subscriber), ("subscribe", None, "news", 1))
        (number,) = [line["id"] for line in self.client.client_list(_type="pubsub")
                     if line["name"] == "listener"]
        self.assertEqual(self.client.client_kill_filter(_id=number), 1)
        # The client notices when it next reads, and subscribes again.
        with self.assertRaises(redis.ConnectionError):
            subscriber.parse_response()
        subscriber.connection.connect()
        self.assertEqual(self.next_message(subscriber), ("subscribe", None, "news", 1))
        self.client.publish("news", "again")
        self.assertEqual(self.next_message(subscriber), ("message", None, "news", "again"))
        subscriber.close()


class Connections(ClientCase):
    def test_own_description(self):
        client = self.connect(client_name="tester", single_connection_client=True)
        self.assertEqual(client.client_getname(), "tester")
        number = client.client_id()
        (line,) = client.client_list(client_id=[str(number)])
        self.assertEqual((line["name"], line["id"], line["db"]), ("tester", str(number), "0"))
        info = client.client_info()
        self.assertEqual((info["id"], info["multi"], info["user"]), (number, -1, "default"))
        self.assertGreater(info["tot-mem"], info["argv-mem"])
        self.assertEqual(client.echo("hello"), "hello")
        self.assertEqual(len(client.time()), 2)

    def test_reconnects_after_a_kill(self):
        client = self.connect(single_connection_client=True)
        number = client.client_id()
        self.assertEqual(self.client.client_kill_filter(_id=number), 1)
        with self.assertRaises(redis.ConnectionError):
            client.ping()
        self.assertTrue(client.ping())
        self.assertGreater(client.client_id(), number)
        retrying = self.connect(single_connection_client=True, retry=Retry(NoBackoff(), 1),
                                retry_on_error=[redis.ConnectionError])
        self.assertEqual(self.client.client_kill_filter(_id=retrying.client_id()), 1)
        self.assertTrue(retrying.ping())

    def test_classes_of_errors(self):
        r = self.client
        r.set("k", "text")
        for word in ("WRONGTYPE", "lpush"), ("not an integer", "incr"):
            with self.assertRaisesRegex(redis.ResponseError, word[0]):
                getattr(r, word[1])("k", *([1] if word[1] == "lpush" else []))
        with self.assertRaisesRegex(redis.ResponseError, "wrong number of arguments for 'get' command"):
            r.execute_command("GET")
        with self.assertRaisesRegex(redis.ResponseError, "unknown command 'NOSUCH'"):
            r.execute_command("NOSUCH", "x")
        with self.assertRaisesRegex(redis.ResponseError, "DB index is out of range"):
            self.connect(db=99).ping()

    def test_password(self):
        self.client.config_set("requirepass", "secret")
        self.addCleanup(lambda: self.connect(password="secret").config_set("requirepass", ""))
        with self.assertRaises(redis.AuthenticationError):
            self.connect().ping()
        with self.assertRaisesRegex(redis.ResponseError, "WRONGPASS"):
            self.connect(password="wrong").ping()
        self.assertTrue(self.connect(password="secret").ping())
        self.assertTrue(self.connect(username="default", password="secret").ping())

    def test_timeout(self):
        client = self.connect(socket_timeout=0.1)
        with self.assertRaises(redis.TimeoutError):
            client.blpop("none", 0)

    def test_configuration(self):
        r = self.client
        before = r.config_get("hash-max-listpack-entries")
        self.assertTrue(r.config_set("hash-max-listpack-entries", 7))
        self.assertEqual(r.config_get("hash-max-listpack-entries"), {"hash-max-listpack-entries": "7"})
        r.config_set("hash-max-listpack-entries", before["hash-max-listpack-entries"])
        self.assertTrue(r.config_resetstat())
        with self.assertRaises(redis.ResponseError):
            r.config_set("no-such-parameter", 1)
        self.assertEqual(r.info("server")["redis_version"], "7.0.15")
        self.assertEqual(r.command_count(), len(r.command()))
        self.assertEqual(r.command_getkeys("MSET", "a", 1, "b", 2), ["a", "b"])

    def test_what_the_server_is(self):
        r = self.client
        self.assertEqual(r.role(), ["master", 0, []])
        self.assertEqual(r.module_list(), [])
        self.assertEqual(r.info("everything")["master_failover_state"], "no-failover")
        self.assertGreater(r.lastsave().timestamp(), 0)
        self.assertTrue(r.replicaof("NO", "ONE"))

    def test_user(self):
        r = self.client
        self.assertEqual((r.acl_whoami(), r.acl_users()), ("default", ["default"]))
        self.assertIn("geo", r.acl_cat())
        self.assertIn("geosearch", r.acl_cat("geo"))
        self.assertEqual(len(r.acl_genpass()), 64)
        self.assertEqual(r.acl_getuser("default")["flags"], ["on", "nopass"])
        self.assertIsNone(r.acl_getuser("nobody"))
        self.assertTrue(r.acl_setuser("default", enabled=True, passwords=["+secret"]))
        self.addCleanup(lambda: r.acl_setuser("default", enabled=True, nopass=True))
        with self.assertRaises(redis.AuthenticationError):
            self.connect().ping()
        self.assertTrue(self.connect(password="secret").ping())

    def test_no_cluster(self):
        with self.assertRaises(redis.exceptions.RedisClusterException):
            redis.RedisCluster("127.0.0.1", PORT)
