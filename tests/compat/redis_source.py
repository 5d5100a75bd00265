"""The source of Debian's redis package, for the test suite in it: fetched, checked and unpacked once.

apt is given a list of sources and a state of its own, so that the machine's configuration stays as it
is. apt checks the archive's signature and by it the package's files, dpkg-source the files once more
by the package's own list.
"""
import pathlib
import shutil
import subprocess
import tempfile

VERSION = "7.0.15"
SOURCES = """\
deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {mirror}/debian bookworm main
deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {mirror}/debian-security \
bookworm-security main
"""
MIRROR = "http://deb.debian.org"
# What the suite expects to have been built beside it.
PROGRAMS = ("redis-server", "redis-cli", "redis-benchmark")


def unpacked(cache):
    """The folder of the unpacked source below `cache`, fetched if it is not there yet."""
    found = cache / f"redis-{VERSION}"
    if not found.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            fresh = fetch(pathlib.Path(folder))
            link_programs(fresh / "src")
            fresh.rename(found)
    return found


def fetch(folder):
    options = apt_options(folder)
    run(folder, "apt-get", *options, "-qq", "update")
    run(folder, "apt-get", *options, "-qq", "source", "--download-only", "redis")
    (description,) = folder.glob("*.dsc")
    if not description.name.startswith(f"redis_{VERSION}-"):
        raise SystemExit(f"Debian has {description.name}, not redis {VERSION}")
    run(folder, "dpkg-source", "--extract", description.name, "unpacked")
    return folder / "unpacked"


def apt_options(folder):
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    (folder / "sources.list").write_text(SOURCES.format(mirror=MIRROR))
    settings = {
        "Dir::Etc::SourceList": folder / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State::Lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        # The folder may be where apt's own user can't write.
        "APT::Sandbox::User": "root",
    }
    return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]


def run(folder, *command):
    result = subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, errors="replace"
    )
    if result.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: {result.stdout}")


def link_programs(folder):
    for name in PROGRAMS:
        installed = shutil.which(name)
        if installed:
            (folder / name).symlink_to(installed)
