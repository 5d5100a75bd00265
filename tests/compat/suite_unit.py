"""One unit of Redis' test suite, run against a server that is there already."""
import collections
import dataclasses
import os
import pathlib
import random
import re
import signal
import subprocess
import tempfile

# What nobody can expect of a server that has no persistence, replication or eviction, and whose
# encodings are its own business.
PORTABLE = (
    "--singledb --ignore-encoding --ignore-digest",
    "-slow -needs:debug -needs:repl -needs:save -needs:config-maxmemory -needs:config-resetstat "
    "-needs:reset -needs:pfdebug -needs:latency",
)
# As Redis' own CI tests a server that it has not started itself.
EXTERNAL = ("", "-slow")
PROFILES = {"A": EXTERNAL, "B": PORTABLE}

# The suite gives up when nothing has happened for so long; a unit, whatever happens, for so long.
QUIET_SECONDS = 120
UNIT_SECONDS = 900
# An error that no test has caught ends the rest of its block of tests.
OUTSIDE = "(outside of a test)"
ERROR_CHARACTERS = 200

# Units for a server of the suite's own that run against any: what they override can be set.
OPENED = {"unit/obuf-limits", "unit/limits", "unit/info"}

STATUS = re.compile(r"^\[(ok|err|skip|ignore|exception|TIMEOUT)\]: (.*)$")
NAMED = re.compile(r"^(.*) in tests/\S+\.tcl$")
ELAPSED = re.compile(r" \(\d+ ms\)$")
RUNNING = re.compile(r"\(IN PROGRESS\) (.*)$", re.MULTILINE)


@dataclasses.dataclass
class Outcome:
    passed: list = dataclasses.field(default_factory=list)
    failed: list = dataclasses.field(default_factory=list)  # (name, first line of the error)
    skipped: list = dataclasses.field(default_factory=list)
    left_out: int = 0  # by tags: tests, and blocks of tests
    died: str = ""     # why the unit did not come to its end

    def ran(self):
        """How often each test ran: several may share a name."""
        return collections.Counter(self.passed + [name for name, _ in self.failed])


def open_unit(source, unit):
    """The name of a copy of `unit` without the tag that keeps its tests from servers which the suite
    has not started itself: most of them need no such server."""
    copy = f"{unit}-opened"
    text = (pathlib.Path(source) / f"tests/{unit}.tcl").read_text()
    (pathlib.Path(source) / f"tests/{copy}.tcl").write_text(text.replace("external:skip", ""))
    return copy


def run_unit(source, unit, profile, port, skips):
    """Runs `unit` without the tests named in `skips` against the server at `port`."""
    flags, tags = PROFILES[profile]
    if unit in OPENED:
        unit = open_unit(source, unit)
    base_port = random.randrange(12000, 30000)
    with tempfile.NamedTemporaryFile("w", suffix=".skips") as skip_file:
        skip_file.write("".join(f"{name}\n" for name in skips))
        skip_file.flush()
        command = [
            "./runtest", "--host", "127.0.0.1", "--port", str(port), "--single", unit, "--durable",
            "--timeout", str(QUIET_SECONDS), "--baseport", str(base_port), *flags.split(),
            "--tags", tags, "--skipfile", skip_file.name,
        ]
        output, died = run_bounded(source, command)
    outcome = parse(output)
    if died or f"done]: {unit} " not in output:
        outcome.died = outcome.died or died or "it ended early"
    return outcome


def run_bounded(source, command):
    """What `command` prints, and why it was ended if it was."""
    environment = {**os.environ, "TERM": "dumb"}
    (pathlib.Path(source) / "tests/tmp").mkdir(exist_ok=True)
    with tempfile.TemporaryFile("w+", errors="replace") as log:
        # A session of its own, so that the suite's clients can be ended with it.
        process = subprocess.Popen(
            command, cwd=source, env=environment, stdin=subprocess.DEVNULL, stdout=log,
            stderr=subprocess.STDOUT, start_new_session=True
        )
        died = ""
        try:
            process.wait(UNIT_SECONDS)
        except subprocess.TimeoutExpired:
            died = f"it took more than {UNIT_SECONDS} s"
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
        log.seek(0)
        return log.read(), died


def parse(output):
    outcome = Outcome()
    lines = output.splitlines()
    for number, line in enumerate(lines):
        status = STATUS.match(line)
        if not status:
            continue
        kind, text = status.groups()
        if kind == "ok":
            outcome.passed.append(ELAPSED.sub("", text))
        elif kind == "err":
            outcome.failed.append(failure(text, lines[number + 1:number + 3]))
        elif kind == "skip":
            outcome.skipped.append(text)
        elif kind == "ignore":
            outcome.left_out += 1
        elif kind == "exception":
            outcome.died = f"exception: {text}"
        else:
            running = RUNNING.search(output)
            outcome.died = f"no progress in {running[1] if running else 'no test'}"
    return outcome


def failure(first, following):
    """The name and the error of a failed test. The suite prints an error that is no failed
    assertion without its first ten characters, then in full."""
    named = NAMED.match(first)
    if not named:
        return OUTSIDE, (following[0] if following else first)[:ERROR_CHARACTERS]
    cut, full = (following + ["", ""])[:2]
    error = full if full.endswith(cut) and full else cut
    return named[1], error.partition(" (context: ")[0][:ERROR_CHARACTERS]
