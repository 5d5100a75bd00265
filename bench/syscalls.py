"""System calls a request, as the kernel counts them for perf: nothing is slowed down."""
import os
import shutil
import signal
import subprocess
import time

from server import ServerError

TOOLS = {"perf": "linux-perf"}
BEGIN_SECONDS = 0.5  # perf does not say when it has begun.


def can_count():
    return shutil.which("perf") is not None and os.geteuid() == 0


def count(server, requests, ask):
    """Runs `ask`, which sends that many `requests`; the server's calls by them."""
    pids = ",".join(map(str, server.pids()))
    command = ["perf", "stat", "-x", ",", "-e", "raw_syscalls:sys_enter", "-p", pids]
    counter = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        time.sleep(BEGIN_SECONDS)
        ask()
    finally:
        counter.send_signal(signal.SIGINT)
        report = counter.communicate()[1]
    number = report.split(",")[0]
    if not number.isdigit():
        raise ServerError(f"perf counts no system calls (root?): {report}")
    return int(number) / requests
