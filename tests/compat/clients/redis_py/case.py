"""What every test of redis-py stands on: an empty server at $REDIS_PORT, and connections to it."""
import os
import threading
import unittest

import redis

PORT = int(os.environ["REDIS_PORT"])
TIMEOUT = 20  # s; what takes longer has failed


class ClientCase(unittest.TestCase):
    def setUp(self):
        self.client = self.connect()
        self.client.flushall()

    def connect(self, **options):
        """A client of its own, with a pool of its own, closed when the test ends."""
        options = {"decode_responses": True, "socket_timeout": TIMEOUT, **options}
        client = redis.Redis(port=PORT, **options)
        self.addCleanup(client.connection_pool.disconnect)
        self.addCleanup(client.close)
        return client

    def in_background(self, function, *arguments):
        """A thread that runs `function`; the call of what is returned gives its result."""
        results = []
        thread = threading.Thread(target=lambda: results.append(function(*arguments)))
        thread.start()

        def result():
            thread.join(TIMEOUT)
            self.assertEqual(len(results), 1, "it has neither failed nor ended")
            return results[0]

        return result

    def wait_for_blocked(self, count):
        """Until `count` clients wait in a blocking command."""
        while self.client.info("clients")["blocked_clients"] != count:
            pass
