"""Packages of npm's registry, as a package-lock.json has them: fetched, checked and unpacked once."""
import hashlib
import os
import shutil
import subprocess
import tempfile

FILES = ("package.json", "package-lock.json")


def node_modules(source, cache):
    """The folder of the packages that `source` locks, below `cache`. Their scripts are not run."""
    lock = (source / "package-lock.json").read_bytes()
    found = cache / hashlib.sha256(lock).hexdigest()[:16]
    if not found.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            for name in FILES:
                shutil.copy(source / name, folder)
            install(folder, cache)
            os.rename(os.path.join(folder, "node_modules"), found)
    return found


def install(folder, cache):
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--cache", cache / "npm"]
    result = subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, errors="replace"
    )
    if result.returncode != 0:
        raise SystemExit(f"npm ci: {result.stdout}")
