"""Where tests keep what they fetch."""
import os
import pathlib


def cache_folder(name):
    """The folder for `name`, kept below the user's cache; in a test of Bazel's, the test's own."""
    if "TEST_TMPDIR" in os.environ:
        return pathlib.Path(os.environ["TEST_TMPDIR"]) / name
    home = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(home) / "weir" / name
