#!/usr/bin/env python3
"""Our servers beside others: named sets of measurements, into tables, CSV and plots.

One server is asked at a time, on a CPU of its own, the client on another; the order alternates, so
that what is compared lies close in time, and figures are medians with (lowest-highest). CPU time is
a server's microseconds, user and system, of all its threads, by the number of requests: it says
what a server costs even where the client is the bottleneck. Ratios are the medians of the
repetitions'.

Results lie in bench/results/DATE, with --quick in bench/results/quick: README.md with all tables,
and a CSV, a JSON and plots for each set. Running one set again renews that set's part only. Who is
compared is in bench/contenders.txt. It needs what tools/install_packages tools/packages-dev.txt
installs, redis-tools and wrk.

examples:
  bench/compare.py                            all sets, two to three hours
  bench/compare.py --quick                    a small form of each, in five minutes
  bench/compare.py rows --only GET,SET        some rows of redis-benchmark
  bench/compare.py upkeep memory --reps 3
  bench/compare.py latency --servers weir,redis-server
  bench/compare.py --render                   tables and plots anew from what is there
  chrt -r 1 bench/compare.py                  where others use the machine: goes before them
"""
import argparse
import dataclasses
import datetime
import importlib
import os
import re
import resource
import shlex
import shutil
import sys
import tempfile
import time

import contenders
import report
import results
import sides
import trial

NAMES = ("rows", "models", "connections", "latency", "threads", "memory", "growth", "upkeep",
         "instructions", "calls", "http")
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "results")
# The programs that all sets need, and their packages.
TOOLS = {"taskset": "util-linux", "gnuplot": "gnuplot-nox"}


def sets():
    return {name: importlib.import_module(f"sets.{name}") for name in NAMES}


def parse_flags(known):
    text, _, notes = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=text, epilog=notes, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("sets", nargs="*", metavar="SET", help="by default all: " + ", ".join(known))
    add("--quick", action="store_true", help="less of everything, once")
    add("--list", action="store_true", help="say what each set measures, and who takes part")
    add("--render", action="store_true", help="measure nothing")
    add("--reps", type=int, help="repetitions; default: 5, of what hardly varies less")
    add("--only", default="", metavar="WORDS", help="points named so, as GET,SET or 'GET,-P 16'")
    add("--servers", default="", metavar="NAMES", help="of the contenders these only")
    add("--contenders", default=contenders.FILE, metavar="FILE", help="who is compared")
    add("--binaries", metavar="FOLDER", help="has redis, http, echo and load; else they are built")
    add("--results", metavar="FOLDER", help="where results lie; default: see above")
    add("--server-cpus", metavar="LIST", default="0", help="default: %(default)s")
    add("--client-cpus", metavar="LIST", default="1", help="default: %(default)s")
    options = parser.parse_args()
    unknown = [name for name in options.sets if name not in known]
    if unknown:
        parser.error(f"no set {', '.join(unknown)}; there are {', '.join(known)}")
    return options


def choose(options):
    """The contenders that take part, those whose program is here."""
    found = contenders.read(options.contenders)
    names = options.servers.split(",") if options.servers else []
    unknown = [name for name in names if name not in [c.name for c in found]]
    if unknown:
        known = ", ".join(c.name for c in found)
        raise contenders.ContenderError(f"no contender {', '.join(unknown)}; there are {known}")
    chosen = []
    for contender in found:
        if names and contender.name not in names:
            continue
        missing = contender.missing()
        if missing:
            sides.progress(f"without {missing}")
        else:
            chosen.append(contender)
    return chosen


def show(known, options):
    for name, module in known.items():
        there = [c.name for c in choose(options) if name in c.sets]
        print(f"{name}: {' '.join(module.__doc__.split())}\n  {', '.join(there)}\n")


def head(options, chosen, reps):
    """Under what circumstances a set was measured."""
    words = ["bench/compare.py", *options.sets, *(["--quick"] if options.quick else [])]
    words += ["--reps", str(options.reps)] if options.reps else []
    for flag in "only", "servers":
        words += [f"--{flag}", getattr(options, flag)] if getattr(options, flag) else []
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "command": shlex.join(words),
        "quick": options.quick,
        "repetitions": reps,
        "machine": sides.machine(),
        "server cpus": options.server_cpus,
        "client cpus": options.client_cpus,
        "servers": {c.name: {"version": c.version(), "command": c.command} for c in chosen},
    }


def absent(tools):
    """What to install, as a sentence; empty where all are here."""
    names = [f"{tool} (apt-get install {package})" for tool, package in tools.items()
             if not shutil.which(tool)]
    return f"no {', '.join(names)} here" if names else ""


def run_set(name, module, bench, options, folder):
    """Sentences on what failed."""
    begin = time.monotonic()
    missing = absent(getattr(module, "TOOLS", {}))
    if missing:
        return [f"{name}: {missing}"]
    # Where one is over soon, --quick takes some more; what hardly varies needs few.
    usual = getattr(module, "QUICK_REPS", 1) if options.quick else getattr(module, "REPS", 5)
    reps = options.reps or usual
    bench = dataclasses.replace(bench, reps=reps)
    found = results.Results(name, head(options, bench.of(name), reps))
    failures = trial.run(module.groups(bench), bench, found, module.TOGETHER)
    found.head["seconds"] = round(time.monotonic() - begin)
    found.head["failures"] = [failure.splitlines()[0] for failure in failures]
    if not found.records:
        return failures or [f"{name}: nothing to measure; see --list"]
    found.write(folder)
    for made in module.tables(found):
        print(made.markdown(), flush=True)
    return failures


def run_all(known, options, folder):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # The servers inherit it.
    only = [re.compile(rf"(?<!\S){re.escape(word)}(?!\S)", re.I)
            for word in filter(None, options.only.split(","))]
    failures = []
    with tempfile.TemporaryDirectory() as place:
        lay_out(place)
        bench = trial.Bench(options.quick, 1, options.server_cpus, options.client_cpus,
                            only, contenders.binaries(options.binaries), choose(options), place)
        for name in options.sets or known:
            sides.progress(f"== {name}: {known[name].TITLE}")
            failures += run_set(name, known[name], bench, options, folder)
    return failures


def lay_out(place):
    """The files that HTTP servers serve."""
    os.chmod(place, 0o755)  # nginx' worker is another user
    os.mkdir(f"{place}/cached", 0o755)
    for name, size in ("4k", 4096), ("1m", 1024 * 1024):
        with open(f"{place}/{name}", "wb") as file:
            file.write(os.urandom(size))
    shutil.copy(f"{place}/4k", f"{place}/cached/4k")


def main():
    known = sets()
    options = parse_flags(known)
    if options.list:
        return show(known, options)
    if absent(TOOLS):
        raise contenders.ContenderError(absent(TOOLS))
    kind = "quick" if options.quick else datetime.date.today().isoformat()
    folder = options.results or f"{FOLDER}/{kind}"
    failures = [] if options.render else run_all(known, options, folder)
    missed = report.write(known, folder)
    sides.progress(f"written: {os.path.relpath(folder)}/README.md")
    for sentence in missed:
        print(f"above its bar: {sentence}")
    for sentence in failures:
        print(f"failed: {sentence.splitlines()[0]}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except contenders.ContenderError as error:
        sys.exit(f"{sys.argv[0]}: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
