#!/usr/bin/env python3
"""Many clients do everything at once for a given time, and the data must be what they made it.

    mixed_load.py --model handoff --threads 2 --seconds 1800 --server PATH

Each client has keys of its own, of all types, and knows what they must hold: every reply is compared
with what Python makes of the same commands. Clients also move money by transactions, push and take
jobs, block, publish, scan, set keys that expire, break off in the midst of a pipeline and kill each
other. After each end of a connection the keys must be as after a part of its pipeline. The server,
built with a sanitizer or without, must end well: see server_process.py.

Prints the seed; it gives the same commands again, though not at the same moments.
"""
import argparse
import asyncio
import pathlib
import sys
import time

from client import Client, Subscriber
from connection import Connection
from shared_keys import ACCOUNTS, Bank, Channels, Jobs

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "compat"))
from server_process import ServerProcess  # noqa: E402

PROGRESS_SECONDS = 10
EXPIRY_SECONDS = 60


class Load:
    """What the clients share."""

    def __init__(self, options, port):
        self.options, self.port, self.seed = options, port, options.seed
        self.bank, self.jobs, self.channels = Bank(), Jobs(), Channels()
        self.numbers = {}  # the server's of each client
        self.commands = self.losses = 0
        self.began = time.monotonic()

    def spent(self):
        return time.monotonic() - self.began

    def is_running(self):
        return self.spent() < self.options.seconds

    def report(self):
        print(f"{self.spent():6.0f} s: {self.commands} commands on own keys, {self.losses} "
              f"connections lost, {len(self.jobs.taken)} jobs, {self.channels.received} messages",
              flush=True)

    async def run(self):
        control = await Connection.open(self.port)
        await self.bank.open(control)
        count = self.options.clients
        clients = [Client(self, i) for i in range(count - count // 8)]
        subscribers = [Subscriber(self, i) for i in range(len(clients), count)]
        tasks = [asyncio.create_task(one.run()) for one in clients + subscribers]
        while tasks:
            left = max(self.options.seconds - self.spent(), 0.1)
            done, waiting = await asyncio.wait(
                tasks, timeout=min(left, PROGRESS_SECONDS), return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
            tasks = list(waiting)
            self.report()
            if not self.is_running():
                # The last subscribers hear nothing any more.
                for channel in self.channels.NAMES:
                    await control.call("PUBLISH", channel, b"0.0:1")
        await self.audit(control, clients)

    async def audit(self, control, clients):
        await self.bank.audit(control)
        print(await self.jobs.audit(control, len(clients)))
        expected = len(ACCOUNTS) + 1 + sum(len(client.values.values) for client in clients)
        until = time.monotonic() + EXPIRY_SECONDS
        while (keys := await control.call("DBSIZE")) != expected:
            assert time.monotonic() < until, f"{keys} keys, not {expected}"
            await asyncio.sleep(0.1)
        print(f"{expected} keys are as they should be")
        control.close()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", default="bazel-bin/servers/redis/redis", metavar="PATH")
    parser.add_argument("--model", default="single", help="threading model, by default single")
    parser.add_argument("--threads", default="1", help="the model's threads, by default 1")
    parser.add_argument("--port", help="of a server that runs already")
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=1800)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1000000)
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    if options.port:
        asyncio.run(Load(options, options.port).run())
        return
    with ServerProcess([options.server], model=options.model, threads=options.threads) as server:
        asyncio.run(Load(options, server.port).run())


if __name__ == "__main__":
    main()
