"""What comparisons share: the two Redis servers, our builds, this machine, and tables of text."""
import os
import platform
import shutil
import statistics
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


def commands(options):
    """The command lines by side. Builds our server unless --ours says something else."""
    missing = [t for t in ("redis-server", "redis-benchmark", "taskset") if not shutil.which(t)]
    if missing:
        lists = "tools/packages.txt tools/packages-dev.txt"
        sys.exit(f"no {', '.join(missing)} here; run: tools/install_packages {lists}")
    ours = options.ours or f"{build('//servers/redis:redis')[0]} --port {{port}} --save ''"
    for flag in "model", "threads", "backend":
        if getattr(options, flag):
            ours += f" --{flag} {getattr(options, flag)}"
    return {"ours": ours, "theirs": options.theirs}


def build(*targets):
    """Builds release binaries; their paths, which later builds leave alone."""
    progress("building " + " ".join(targets))
    command = [f"{ROOT}/bazelw", "build", "--config=release", *targets]
    subprocess.run(command, cwd=ROOT, check=True, stdout=sys.stderr)
    paths = (target[2:].replace(":", "/") for target in targets)
    return [os.path.realpath(f"{ROOT}/bazel-bin/{path}") for path in paths]


def progress(text):
    print(text, file=sys.stderr, flush=True)


def first_line(*command):
    """The first line that `command` prints, in whichever way; empty if it can't run."""
    try:
        result = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return result.stdout.decode(errors="replace").partition("\n")[0].strip()
    except OSError:
        return ""


def machine():
    """Where and with what: the head of every result."""
    with open("/proc/cpuinfo") as cpus:
        models = [row.split(":", 1)[1].strip() for row in cpus if row.startswith("model name")]
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": models[0] if models else platform.processor(),
        "cpus": os.cpu_count(),
        "memory": f"{memory_bytes / (1 << 30):.0f} GiB",
        "kernel": f"{platform.system()} {platform.release()}",
        "commit": first_line("git", "describe", "--always", "--dirty"),
    }


def spread(values, digits=2):
    """The median (lowest-highest)."""
    median, low, high = (f"{f(values):.{digits}f}" for f in (statistics.median, min, max))
    return median if low == high else f"{median} ({low}-{high})"


def print_table(head, rows):
    """Prints `rows` under `head`: the first column to the left, the others to the right."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, *rows]:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        print("  ".join(cells).rstrip())
