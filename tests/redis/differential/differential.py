#!/usr/bin/env python3
"""Sends the same random commands to two Redis servers and compares their replies byte for byte.

    differential.py                                    a million commands of all groups
    differential.py --model handoff --threads 2 --seed 7 --groups hash,set --commands 100000
    differential.py --ours 127.0.0.1:7000 --theirs 127.0.0.1:6379      servers that run already

Both servers are emptied first. Several clients take turns; each sends short pipelines of commands
on few keys, so that types, expiries, transactions and watched keys meet each other; a half of the
clients speaks RESP3. Some arguments are wrong on purpose, in value, in number or in order. The
commands are in groups/, what may differ and why in allowed.py. With --events a subscriber of each
server hears of every event of every key, and after each pipeline the two must have heard the same.
At the end the counts of calls, refusals, failures and errors that INFO tells are compared too.

A difference is printed with the commands before it that used the same keys, once for each kind of
difference; then both servers are emptied and the run goes on. The exit status is 1 if there was
one.
"""
import argparse
import collections
import random
import re
import sys
import time

from allowed import difference
from connection import Connection
from grammar import GROUPS, Grammar
from listener import Listener, event_at, first_difference
from peer import Peer
from servers import add_servers, both_servers

BATCH = 12
HISTORY = 400
PROGRESS_SECONDS = 10

# What the commands may change, as it is at first. A string of 512 MB, the limit by default, would
# take seconds each time that it is looked at.
SETTINGS = {
    "sanitize-dump-payload": "yes", "hash-max-listpack-entries": 512,
    "hash-max-listpack-value": 64, "hll-sparse-max-bytes": 3000, "list-max-listpack-size": -2,
    "maxclients": 4000, "proto-max-bulk-len": 1 << 20, "set-max-intset-entries": 512,
    "stream-node-max-entries": 100, "zset-max-listpack-value": 64,
}
CONTAINERS = (b"CLIENT", b"CONFIG", b"COMMAND", b"OBJECT", b"XGROUP", b"XINFO")
# SORT in Redis takes a range error that an earlier command left in errno for its own.
STALE_ERROR = "scores can't be converted into double"
MISCOUNTED = {b"cmdstat_sort", b"cmdstat_sort_ro", b"errorstat_ERR"}


def kind_of(words, ours, theirs):
    """What makes two differences the same kind: reported once."""
    def shape(reply):
        if isinstance(reply, str):
            return reply
        return re.sub(rb"'.*'|\d+", b"_", reply[1]) if reply[0] == b"-" else reply[0]
    sub = words[1].upper() if words[0].upper() in CONTAINERS and len(words) > 1 else b""
    return words[0].upper(), sub, shape(ours), shape(theirs)


def stats_of(words):
    """What counts the failures of a command."""
    name = b"|".join(words[:2] if words[0].upper() in CONTAINERS else words[:1]).lower()
    return {b"cmdstat_" + name, b"errorstat_ERR"}


class Run:
    def __init__(self, options, ours, theirs):
        self.options = options
        self.rng = random.Random(options.seed)
        self.grammar = Grammar(self.rng, options.groups)
        addresses = [ours, theirs]
        self.control = Peer(addresses, 2)
        self.listener = Listener(addresses) if options.events else None
        self.peers = [Peer(addresses, 3 if i % 2 else 2) for i in range(options.clients)]
        self.history = []
        self.kinds = {}
        self.allowed = collections.Counter()
        self.sent = collections.Counter()
        self.miscounted = set()
        # So often does Redis look for clients that have waited long enough.
        hurry = Connection(theirs)
        hurry.send([[b"CONFIG", b"SET", b"hz", b"500"]])
        hurry.read()
        hurry.close()
        self.reset()

    def reset(self):
        self.control.reconnect()  # it may have been killed like any client
        self.control.exchange([[b"FLUSHALL"]])
        events = Listener.CLASSES if self.listener else ""
        for name, value in {**SETTINGS, "notify-keyspace-events": events}.items():
            self.control.exchange([[b"CONFIG", b"SET", name.encode(), str(value).encode()]])
        for peer in self.peers:
            peer.reconnect()
        if self.listener:
            self.listener.hear(self.control)
        self.history = []

    def same(self, words, queued, ours, theirs):
        if words[0].upper() == b"EXEC" and ours[0] == theirs[0] == b"*" and ours != theirs:
            return len(queued) == len(ours[1]) == len(theirs[1]) and all(
                self.same(*item) for item in zip(queued, [[]] * len(queued), ours[1], theirs[1]))
        why = difference(words, ours, theirs)
        if why:
            self.allowed[why] += 1
            if (ours[0] == b"-") != (theirs[0] == b"-"):
                self.miscounted |= stats_of(words)
        return why != ""

    def report(self, peer, words, ours, theirs):
        kind = kind_of(words, ours, theirs)
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        if self.kinds[kind] > 1 or len(self.kinds) > self.options.show:
            return
        client = f"(client {self.peers.index(peer)}, RESP{peer.protocol})"
        print(f"--- {b' '.join(words)[:300]}  {client}")
        print(f"  ours:   {str(ours)[:600]}\n  theirs: {str(theirs)[:600]}")
        keys = set(words[1:])
        before = [entry for entry in self.history if matters(entry, keys)]
        for who, earlier in before[-self.options.context:]:
            print(f"    before, client {who}:", b" ".join(earlier)[:200])
        sys.stdout.flush()

    def step(self, peer):
        commands = []
        for _ in range(self.rng.randint(1, BATCH)):
            group, words = self.grammar.command()
            commands.append(words)
            self.sent[group] += 1
        if self.rng.random() < 0.2:  # a deadline on an endless MULTI
            commands.append([b"EXEC"])
        for words, (ours, theirs) in zip(commands, peer.exchange(commands)):
            if ours == theirs == "closed":
                break
            if STALE_ERROR in repr(theirs) and STALE_ERROR not in repr(ours):
                self.miscounted |= MISCOUNTED
                self.reset()
                break
            came = isinstance(ours, tuple) and isinstance(theirs, tuple)
            if not came or not self.same(words, peer.queued, ours, theirs):
                self.report(peer, words, ours, theirs)
                self.reset()
                break
            self.history.append((self.peers.index(peer), words))
            peer.follow(words, ours)
        del self.history[:-HISTORY]
        if self.listener:
            self.compare_events(peer, commands)
        if words[0].upper() == b"QUIT" or ours == "closed":
            peer.reconnect()

    def compare_events(self, peer, commands):
        ours, theirs = self.listener.hear(self.control)
        if ours == theirs:
            return
        at = first_difference(ours, theirs)
        kind = (b"events", b"", event_at(ours, at), event_at(theirs, at))
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        if self.kinds[kind] == 1 and len(self.kinds) <= self.options.show:
            print(f"--- events of client {self.peers.index(peer)}'s pipeline, from number {at} on:\n"
                  f"  ours:   {ours[at:at + 6]}\n  theirs: {theirs[at:at + 6]}")
            for words in commands:
                print("    ", b" ".join(words)[:200])
        self.reset()

    def counts(self):
        """What each server has counted: {"cmdstat_get": "calls=3,rejected_calls=0,...", ...}."""
        pairs = self.control.exchange([[b"INFO", b"commandstats"], [b"INFO", b"errorstats"]])
        texts = [re.sub(rb",usec=.*?(?=,rej)", b"", one[1] + two[1]) for one, two in zip(*pairs)]
        return [dict(re.findall(rb"(\w+stat_[^:]*):([^\r]*)", text)) for text in texts]

    def compare_counts(self):
        ours, theirs = self.counts()
        for name in sorted(ours.keys() | theirs.keys()):
            if ours.get(name) == theirs.get(name) or name in self.miscounted:
                continue
            self.kinds[(b"INFO", name, b"", b"")] = 1
            print(f"--- INFO {name}\n  ours:   {ours.get(name)}\n  theirs: {theirs.get(name)}")
        print(f"{len(theirs)} counts compared")

    def send(self):
        """Sends the commands, and says from time to time how far it is."""
        start = said = time.monotonic()
        while self.sent.total() < self.options.commands:
            self.step(self.rng.choice(self.peers))
            if time.monotonic() - said >= PROGRESS_SECONDS:
                said = time.monotonic()
                print(f"{said - start:5.0f} s: {self.sent.total()} commands, "
                      f"{sum(self.kinds.values())} differences", flush=True)
        return time.monotonic() - start

    def run(self):
        print(f"seed {self.options.seed}, {len(self.grammar.groups)} groups", flush=True)
        self.control.exchange([[b"CONFIG", b"RESETSTAT"]])
        spent = self.send()
        self.control.reconnect()
        self.compare_counts()
        for why, times in self.allowed.most_common():
            print(f"  {times:7} replies differ as allowed: {why}")
        for group, times in sorted(self.sent.items()):
            print(f"  {times:7} commands of {group}")
        print(f"{self.sent.total()} commands in {spent:.0f} s, {sum(self.kinds.values())} "
              f"differences of {len(self.kinds)} kinds, seed {self.options.seed}")
        for kind, times in sorted(self.kinds.items(), key=lambda item: -item[1]):
            print(f"  {times:7} {kind}")
        return 1 if self.kinds else 0


def matters(entry, keys):
    """Whether a command before one with `keys` may have to do with it."""
    _, words = entry
    states = (b"MULTI", b"EXEC", b"SELECT", b"FLUSHDB", b"HELLO")
    return words[0].upper() in states or keys & set(words[1:])


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_servers(parser)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--commands", type=int, default=1000000)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--events", action="store_true",
                        help="compare what a subscriber hears of the keys, too")
    parser.add_argument("--groups", type=lambda text: text.split(","), default=GROUPS,
                        help="of " + ",".join(GROUPS))
    parser.add_argument("--show", type=int, default=20, help="differences to print in full")
    parser.add_argument("--context", type=int, default=8,
                        help="earlier commands to print with each")
    options = parser.parse_args()
    with both_servers(options) as (ours, theirs):
        status = Run(options, ours, theirs).run()
    sys.exit(status)


if __name__ == "__main__":
    main()
