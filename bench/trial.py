"""Runs the visits of a set: one server is asked at a time, the order alternates. Says how far it
is."""
import contextlib
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


def run(groups, bench, results, together):
    """Adds the samples of all groups' visits to `results`; a sentence for each server that failed:
    it is left out from then on, the others go on. `together`: a group's servers are there at the
    same time, and asked in turn for one point after the other, so that what is compared lies close
    in time; else one comes after the other."""
    groups = [list(filter(None, (wanted(visit, bench) for visit in group))) for group in groups]
    groups = list(filter(None, groups))
    progress = Progress(bench.reps * sum(len(v.points) for group in groups for v in group))
    failures = {}
    for group in groups:
        for repetition in range(bench.reps):
            order = group if repetition % 2 == 0 else group[::-1]
            for visits in [order] if together else ([visit] for visit in order):
                Session(visits, bench, results, progress, failures).run()
    return list(failures.values())


def wanted(visit, bench):
    points = [point for point in visit.points if bench.wants(point.labels)]
    return dataclasses.replace(visit, points=points) if points else None


class Session:
    """Visits whose servers are there at the same time; asked is one at a time."""

    def __init__(self, visits, bench, results, progress, failures):
        self._visits, self._bench, self._results = visits, bench, results
        self._progress, self._failures = progress, failures
        self._subjects = {}  # what is measured, by name

    def run(self):
        with contextlib.ExitStack() as stack:
            for visit in self._visits:
                self._guard(visit, lambda: self._begin(visit, stack))
            for i in range(max(len(visit.points) for visit in self._visits)):
                for visit in self._visits if i % 2 == 0 else self._visits[::-1]:
                    if i < len(visit.points):
                        self._guard(visit, lambda: self._measure(visit, visit.points[i]))

    def _guard(self, visit, step):
        name = visit.contender.name
        if name in self._failures:
            return
        try:
            step()
        except (ServerError, OSError) as error:
            text = self._bench.scrub(str(error))
            self._failures[name] = f"{self._results.name}: {name}: {text}"
            sides.progress(self._failures[name])

    def _begin(self, visit, stack):
        subject = visit.contender
        if visit.serves:
            subject = stack.enter_context(subject.start(self._bench, visit.cpus))
        visit.prepare(subject)
        self._subjects[visit.contender.name] = subject

    def _measure(self, visit, point):
        name = visit.contender.name
        sample = point.measure(self._subjects[name])
        self._results.add(point.labels, name, sample)
        what = ", ".join(map(str, point.labels.values()))
        self._progress.report(f"{self._results.name} {name} {what}", sample)
