#!/usr/bin/env python3
"""A client library's session over all groups of commands, against one server.

    client_session_test.py [--server PATH [--model MODEL] [--threads N]] SESSION

SESSION is a program that finds the server's port in REDIS_PORT: for Python, for Node.js with the
packages of the package-lock.json beside it, or an executable. Without --server it runs against the
installed redis-server, which shows that what the session expects is right.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

from cache_folder import cache_folder
from node_packages import node_modules
from reference_server import ReferenceServer
from server_process import ServerProcess


def start_server(options):
    if options.server is None:
        return ReferenceServer()
    return ServerProcess([options.server], model=options.model, threads=options.threads)


def run(command, port):
    environment = {**os.environ, "REDIS_PORT": port}
    return subprocess.run(command, stdin=subprocess.DEVNULL, env=environment).returncode


def run_node(session, port):
    """Runs a session where it finds its packages: beside them."""
    with tempfile.TemporaryDirectory() as folder:
        for path in session.parent.iterdir():
            os.symlink(path.absolute(), os.path.join(folder, path.name))
        modules = node_modules(session.parent, cache_folder("node-packages").absolute())
        os.symlink(modules, os.path.join(folder, "node_modules"))
        main = os.path.join(folder, session.name)
        return run(["node", "--preserve-symlinks", "--preserve-symlinks-main", main], port)


def run_session(session, port):
    if session.suffix == ".mjs":
        return run_node(session, port)
    if session.suffix == ".py":
        return run([sys.executable, session], port)
    return run([session], port)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--server", metavar="PATH")
    parser.add_argument("--model", default="single", help="threading model, by default single")
    parser.add_argument("--threads", default="1", help="the model's threads, by default 1")
    parser.add_argument("session", type=pathlib.Path, metavar="SESSION")
    options = parser.parse_args()
    with start_server(options) as server:
        status = run_session(options.session, server.port)
    sys.exit(status)


main()
