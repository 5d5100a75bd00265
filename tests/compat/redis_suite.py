#!/usr/bin/env python3
"""Redis' own test suite, of Debian's redis 7.0.15, against Weir's Redis server.

    redis_suite.py                                         everything, --model single
    redis_suite.py --units unit/type/list unit/expire --model handoff --threads 2 --profile B

Each unit runs against a server just started. Profile A is what Redis' CI runs against a server that
it did not start, B what it asks of a server that is not Redis (see suite_unit.py). The suite goes
into a cache the first time. So do the names of the tests that really run, learned from the installed
redis-server: an error between tests ends a unit without a word about the rest.

redis_suite_skips.txt names the tests that are not run, one a line: "unit | test | reason". Fails when
a test fails or does not run, and when a line of that file fits no test of the units that are run
(in profile A, whose tests include B's).
"""
import argparse
import collections
import dataclasses
import json
import pathlib
import sys
import time

import redis_source
from cache_folder import cache_folder
from reference_server import ReferenceServer
from server_process import ServerProcess
from suite_unit import PROFILES, run_unit

# Those of which something is left when the suite has not started the server: not auth, acl, maxmemory,
# client-eviction, querybuf, wait, shutdown, networking, pubsubshard.
UNITS = [
    "unit/type/string", "unit/type/incr", "unit/type/list", "unit/type/list-3", "unit/type/set",
    "unit/type/hash", "unit/type/zset", "unit/type/stream", "unit/type/stream-cgroups",
    "unit/expire", "unit/keyspace", "unit/scan", "unit/sort", "unit/dump", "unit/lazyfree",
    "unit/bitops", "unit/bitfield", "unit/geo", "unit/hyperloglog", "unit/protocol", "unit/multi",
    "unit/pubsub", "unit/tracking", "unit/introspection", "unit/introspection-2", "unit/pause",
    "unit/slowlog", "unit/latency-monitor", "unit/other", "unit/info-command", "unit/quit",
    "unit/violations", "unit/replybufsize", "unit/obuf-limits", "unit/limits", "unit/info",
]
HERE = pathlib.Path(__file__).parent


class References:
    """The tests that run against redis-server, by unit: {name: how many have it}."""

    def __init__(self, source, profile, again):
        self._source, self._profile = source, profile
        self._path = source.parent / f"tests-{profile}.json"
        self._units = json.loads(self._path.read_text()) if self._path.exists() else {}
        self._again = again

    def tests(self, unit):
        if self._again or unit not in self._units:
            with ReferenceServer() as server:
                outcome = run_unit(self._source, unit, self._profile, server.port, [])
            for name, error in outcome.failed:
                print(f"{unit}: redis-server fails {name!r}: {error}", flush=True)
            if outcome.died:
                print(f"{unit}: against redis-server {outcome.died}", flush=True)
            self._units[unit] = outcome.ran()
            self._path.write_text(json.dumps(self._units, indent=1))
        return collections.Counter(self._units[unit])


@dataclasses.dataclass
class Row:
    """A unit's line in the table."""

    unit: str
    outcome: object
    not_run: list
    unused: list  # skips that fit nothing
    seconds: float

    def is_clean(self):
        outcome = self.outcome
        return not (outcome.failed or outcome.died or self.not_run or self.unused)

    def as_json(self):
        return {
            **dataclasses.asdict(self.outcome), "not_run": self.not_run, "unused": self.unused,
            "seconds": round(self.seconds, 1),
        }

    def print(self):
        outcome = self.outcome
        counts = [len(outcome.passed), len(outcome.failed), len(outcome.skipped), len(self.not_run)]
        print(f"{self.unit:28}" + "".join(f"{n:9}" for n in counts) + f"{self.seconds:9.1f}")
        if outcome.died:
            print(f"    unit died: {outcome.died}")
        for name, error in outcome.failed:
            print(f"    failed: {name}: {error}")
        for name in self.not_run:
            print(f"    not run: {name}")
        for name in self.unused:
            print(f"    skipped in vain: {name}")
        sys.stdout.flush()


def read_skips(path):
    """{unit: [test]} of a file of lines "unit | test | reason"."""
    skips = collections.defaultdict(list)
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        # A test's name may have bars too.
        unit, _, rest = (part.strip() for part in line.partition("|"))
        test, _, reason = (part.strip() for part in rest.rpartition("|"))
        if not (unit in UNITS and test and reason):
            raise SystemExit(f"{path}:{number}: not 'unit | test | reason'")
        skips[unit].append(test)
    return skips


def measure(options, source, references, unit, skips):
    flags = {"model": options.model, "threads": options.threads}
    began = time.monotonic()
    try:
        with ServerProcess([options.server], **flags) as server:
            outcome = run_unit(source, unit, options.profile, server.port, skips)
    except AssertionError as failure:
        # The suite itself has ended well: what it found stands.
        outcome.died = f"the server ended: {failure}"
    missing = collections.Counter()
    if references is not None:
        missing = references.tests(unit) - outcome.ran() - collections.Counter(outcome.skipped)
    not_run = sorted(name for name in missing.elements() if name not in skips)
    unused = []
    if options.profile == "A" and references is not None and not outcome.died:
        unused = [name for name in skips if name not in outcome.skipped and name not in missing]
    return Row(unit, outcome, not_run, unused, time.monotonic() - began)


def parse_options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--units", nargs="+", default=UNITS, metavar="UNIT")
    parser.add_argument("--model", default="single", help="threading model, by default single")
    parser.add_argument("--threads", default="1", help="the model's threads, by default 1")
    parser.add_argument("--server", default="bazel-bin/servers/redis/redis", metavar="PATH")
    parser.add_argument("--profile", choices=PROFILES, default="A")
    parser.add_argument("--cache", type=pathlib.Path, default=cache_folder("redis-suite"),
                        metavar="FOLDER")
    parser.add_argument("--skips", type=pathlib.Path, default=HERE / "redis_suite_skips.txt",
                        metavar="FILE")
    parser.add_argument("--no-reference", action="store_true",
                        help="do not look for tests that did not run")
    parser.add_argument("--record", action="store_true",
                        help="learn again from redis-server which tests there are")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write all outcomes")
    return parser.parse_args()


def main():
    options = parse_options()
    source = redis_source.unpacked(options.cache.absolute())
    skips = read_skips(options.skips)
    references = None
    if not options.no_reference:
        references = References(source, options.profile, options.record)
    print(f"{'unit':28}   passed   failed  skipped  not run  seconds", flush=True)
    rows = []
    for unit in options.units:
        rows.append(measure(options, source, references, unit, skips.get(unit, [])))
        rows[-1].print()
        if options.json:
            outcomes = {row.unit: row.as_json() for row in rows}
            options.json.write_text(json.dumps(outcomes, indent=1))
    lists = [(row.outcome.passed, row.outcome.failed, row.outcome.skipped, row.not_run)
             for row in rows]
    totals = [sum(map(len, column)) for column in zip(*lists)]
    seconds = sum(row.seconds for row in rows)
    print(f"{'all':28}" + "".join(f"{n:9}" for n in totals) + f"{seconds:9.1f}")
    sys.exit(0 if all(row.is_clean() for row in rows) else 1)


if __name__ == "__main__":
    main()
