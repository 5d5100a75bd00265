"""The two servers that are compared: running ones, or two that are started for it."""
import contextlib
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "compat"))
from reference_server import ReferenceServer  # noqa: E402
from server_process import ServerProcess  # noqa: E402


def add_servers(parser):
    parser.add_argument("--ours", metavar="HOST:PORT", help="by default --server is started")
    parser.add_argument("--theirs", metavar="HOST:PORT",
                        help="by default the installed redis-server is started")
    parser.add_argument("--server", default="bazel-bin/servers/redis/redis", metavar="PATH")
    parser.add_argument("--model", default="single", help="threading model, by default single")
    parser.add_argument("--threads", default="1", help="the model's threads, by default 1")


@contextlib.contextmanager
def both_servers(options):
    """The addresses of ours and of theirs. A server started here must end well at the end."""
    with contextlib.ExitStack() as stack:
        ours, theirs = options.ours, options.theirs
        if not ours:
            flags = {"model": options.model, "threads": options.threads,
                     "enable-debug-command": "yes"}
            ours = f"127.0.0.1:{stack.enter_context(ServerProcess([options.server], **flags)).port}"
        if not theirs:
            theirs = f"127.0.0.1:{stack.enter_context(ReferenceServer()).port}"
        yield ours, theirs
