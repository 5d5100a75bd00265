"""Who is compared: the lines of contenders.txt, and how to start what they say."""
import dataclasses
import os
import re
import shlex
import shutil

import sides
from server import Server, free_port

FOLDER = os.path.dirname(os.path.abspath(__file__))
FILE = f"{FOLDER}/contenders.txt"
PROTOCOLS = ("redis", "memcached", "http", "echo")
SETTINGS = {"model": "single", "threads": "1", "backend": "epoll"}
TARGETS = {
    "redis": "//servers/redis:redis",
    "http": "//servers/http:http",
    "echo": "//servers/echo:echo",
    "load": "//tools/load:load",
}


class ContenderError(Exception):
    """A line of the file is wrong, or names what is not here."""


@dataclasses.dataclass(frozen=True)
class Contender:
    name: str
    protocol: str
    sets: tuple
    package: str
    ask_version: str
    command: str
    settings: tuple = tuple(SETTINGS.items())

    def takes(self, setting):
        return "{%s}" % setting in self.command

    def is_ours(self):
        return any("{%s}" % name in self.command for name in TARGETS)

    def variant(self, **settings):
        """The same with another model, threads or back end; named by what is not the default."""
        merged = dict(self.settings) | settings
        name = self.name.partition(" ")[0]
        for setting, value in merged.items():
            if value != SETTINGS[setting]:
                name += f" x{value}" if setting == "threads" else f" {value}"
        return dataclasses.replace(self, name=name, settings=tuple(merged.items()))

    def backends(self, names=("epoll", "io_uring")):
        """A variant for each back end, if it has any."""
        if not self.takes("backend"):
            return [self]
        return [self.variant(backend=name) for name in names]

    def missing(self):
        """What to install for it, as a sentence; empty where it is here."""
        program = shlex.split(self.command)[0]
        if program.startswith("{") or shutil.which(program):
            return ""
        how = f"apt-get install {self.package}" if self.package != "-" else "put it on the PATH"
        return f"{self.name}: no {program} here; {how}"

    def version(self):
        if self.ask_version == "-":
            return ""
        text = sides.first_line(*shlex.split(self.ask_version))
        return re.sub(r"\s+(malloc|bits|build|sha)=.*", "", text)

    def start(self, bench, cpus="", prefix=""):
        """A server of it, to be entered, on `cpus` if others than all; `prefix` goes before."""
        places = dict(self.settings) | bench.binaries
        places |= {"port": str(free_port()), "folder": bench.folder}
        for name in re.findall(r"\{(\w+\.conf)\}", self.command):
            with open(f"{FOLDER}/{name}") as template:
                text = fill(template.read(), places)
            places[name] = f"{bench.folder}/{name}"
            with open(places[name], "w") as config:
                config.write(text)
        command = f"{prefix} {fill(self.command, places)}".strip()
        return Server(command, cpus or bench.server_cpus, self.protocol, int(places["port"]))


def fill(text, places):
    for name, value in places.items():
        text = text.replace("{%s}" % name, value)
    return text


def read(path=FILE):
    contenders = []
    with open(path) as file:
        for number, line in enumerate(file, 1):
            if not line.strip() or line.startswith("#"):
                continue
            fields = [field.strip() for field in line.split("|", 5)]
            where = f"{os.path.basename(path)}:{number}"
            if len(fields) != 6:
                raise ContenderError(f"{where}: not six fields between bars: {line.strip()}")
            name, protocol, sets, *rest = fields
            if protocol not in PROTOCOLS:
                raise ContenderError(f"{where}: no protocol {protocol}; " + ", ".join(PROTOCOLS))
            if "{port}" not in rest[2] and ".conf}" not in rest[2]:
                raise ContenderError(f"{where}: no {{port}} in {rest[2]}")
            contenders.append(Contender(name, protocol, tuple(sets.split()), *rest))
    return contenders


def binaries(folder):
    """Where our programs are: in `folder`, or built."""
    if folder is None:
        return dict(zip(TARGETS, sides.build(*TARGETS.values())))
    paths = {name: os.path.abspath(f"{folder}/{name}") for name in TARGETS}
    gone = [name for name, path in paths.items() if not os.access(path, os.X_OK)]
    if gone:
        raise ContenderError(f"--binaries {folder}: no {', '.join(gone)} there")
    return paths
