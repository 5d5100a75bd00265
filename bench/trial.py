"""Runs the visits of a set: each server alone and in turn, the order alternating from repetition to
repetition, and says how far it is."""
import dataclasses
import time
from collections.abc import Callable

import sides
from contenders import Contender
from server import ServerError

REST_SECONDS = 0.05  # A server that took less than 5 % of a CPU for so long is at rest.
REST_TIMEOUT_SECONDS = 60


@dataclasses.dataclass(frozen=True)
class Point:
    """Something to measure: its name in parts, and the function that takes one sample, a number by
    metric, of a server. The first metric is told while it runs."""

    labels: dict
    measure: Callable


@dataclasses.dataclass(frozen=True)
class Visit:
    """One server's points, all of one run of it. Where it does not serve, each point is given the
    contender instead and starts what it needs."""

    contender: Contender
    points: list
    prepare: Callable = lambda server: None
    serves: bool = True
    cpus: str = ""  # of the server, where they are others than the bench says


@dataclasses.dataclass
class Bench:
    """How all sets are run, and by whom."""

    quick: bool
    reps: int
    server_cpus: str
    client_cpus: str
    only: list  # patterns, of which a point's labels have to match one; none: all points
    binaries: dict
    contenders: list
    folder: str

    def of(self, name, protocol=None):
        """The contenders in the set of that name."""
        return [
            contender
            for contender in self.contenders
            if (name in contender.sets or "all" in contender.sets)
            and protocol in (None, contender.protocol)
        ]

    def scrub(self, text):
        """Without the paths of this machine."""
        for name, path in [*self.binaries.items(), ("folder", self.folder)]:
            text = text.replace(path, "{%s}" % name)
        return text

    def wants(self, labels):
        texts = [str(value) for value in labels.values()]
        return not self.only or any(pattern.search(t) for pattern in self.only for t in texts)


class Progress:
    """Says what was measured, and how long it all still takes, going by what is done."""

    def __init__(self, total):
        self._total, self._done, self._start = total, 0, time.monotonic()

    def report(self, what, sample):
        self._done += 1
        left = (time.monotonic() - self._start) / self._done * (self._total - self._done)
        metric, value = next(iter(sample.items()))
        figure = f"{metric} {value:.6g}"
        sides.progress(f"[{self._done}/{self._total}] {what}: {figure}; {left:.0f} s left")


def wait_for_rest(server):
    """Until it has done what it put off: freed memory, closed connections, grown a table."""
    deadline = time.monotonic() + REST_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        before = server.cpu_ns()
        time.sleep(REST_SECONDS)
        if server.cpu_ns() - before < REST_SECONDS * 0.05 * 1e9:
            return
    raise ServerError("does not come to rest")


def run(groups, bench, results):
    """Adds the samples of all groups' visits to `results`; a sentence for each server that failed:
    it is left out from then on, the others go on."""
    groups = [list(filter(None, (wanted(visit, bench) for visit in group))) for group in groups]
    progress = Progress(bench.reps * sum(len(v.points) for group in groups for v in group))
    failures = {}
    for group in groups:
        for repetition in range(bench.reps):
            for visit in group if repetition % 2 == 0 else group[::-1]:
                name = visit.contender.name
                if name in failures:
                    continue
                try:
                    take(visit, bench, results, progress)
                except (ServerError, OSError) as error:
                    failures[name] = f"{results.name}: {name}: {error}"
                    sides.progress(failures[name])
    return list(failures.values())


def wanted(visit, bench):
    points = [point for point in visit.points if bench.wants(point.labels)]
    return dataclasses.replace(visit, points=points) if points else None


def take(visit, bench, results, progress):
    def measure(subject):
        visit.prepare(subject)
        for point in visit.points:
            sample = point.measure(subject)
            results.add(point.labels, visit.contender.name, sample)
            what = ", ".join(map(str, point.labels.values()))
            progress.report(f"{results.name} {visit.contender.name} {what}", sample)

    if not visit.serves:
        return measure(visit.contender)
    with visit.contender.start(bench, visit.cpus) as server:
        measure(server)
