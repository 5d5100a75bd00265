"""The two sides of a comparison: our Redis server and Debian's, and the flags that choose them."""
import datetime
import os
import platform
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
THEIRS = "redis-server --port {port} --bind 127.0.0.1 --save '' --appendonly no"


def add_flags(parser):
    """The flags that every comparison has."""
    parser.add_argument("--ours", metavar="COMMAND", help="any server, with {port} in its flags")
    parser.add_argument("--theirs", metavar="COMMAND", default=THEIRS, help="default: %(default)s")
    for flag in "model", "threads", "backend":
        parser.add_argument(f"--{flag}", help="passed on to our server")
    parser.add_argument("--server-cpus", metavar="LIST", default="0", help="default: %(default)s")
    parser.add_argument("--json", metavar="FILE", help="write all samples")


def commands(options):
    """The command lines by side. Builds our server unless --ours says something else."""
    missing = [t for t in ("redis-server", "redis-benchmark", "taskset") if not shutil.which(t)]
    if missing:
        lists = "tools/packages.txt tools/packages-dev.txt"
        sys.exit(f"no {', '.join(missing)} here; run: tools/install_packages {lists}")
    ours = options.ours or f"{build()} --port {{port}} --save ''"
    for flag in "model", "threads", "backend":
        if getattr(options, flag):
            ours += f" --{flag} {getattr(options, flag)}"
    return {"ours": ours, "theirs": options.theirs}


def build():
    """Builds the release binary; its path, which later builds leave alone."""
    target = ["--config=release", "//servers/redis:redis"]
    progress("building " + " ".join(target))
    subprocess.run([f"{ROOT}/bazelw", "build", *target], cwd=ROOT, check=True, stdout=sys.stderr)
    return os.path.realpath(f"{ROOT}/bazel-bin/servers/redis/redis")


def progress(text):
    print(text, file=sys.stderr, flush=True)


def first_line(*command):
    """The first line that `command` prints; empty if it can't run."""
    try:
        result = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True)
        return result.stdout.decode(errors="replace").partition("\n")[0].strip()
    except OSError:
        return ""


def circumstances(options, lines):
    """Where, when and with what: the head of every results file."""
    with open("/proc/cpuinfo") as cpus:
        models = [row.split(":", 1)[1].strip() for row in cpus if row.startswith("model name")]
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "cpu": models[0] if models else platform.processor(),
        "cpus": os.cpu_count(),
        "kernel": platform.release(),
        "commit": first_line("git", "describe", "--always", "--dirty"),
        "redis-server": first_line("redis-server", "--version"),
        "redis-benchmark": first_line("redis-benchmark", "--version"),
        "server cpus": options.server_cpus,
        # Without the path of this machine's build.
        **{side: re.sub(r"\S*/bazel-out/", "bazel-out/", line) for side, line in lines.items()},
    }


def print_table(head, rows):
    """Prints `rows` under `head`: the first column to the left, the others to the right."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, *rows]:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        print("  ".join(cells).rstrip())
