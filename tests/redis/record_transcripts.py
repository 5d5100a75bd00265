#!/usr/bin/env python3
"""Fills in the replies of transcripts from a running Redis server, or checks them against one.

    record_transcripts.py HOST:PORT transcripts/*.txt           rewrites the files
    record_transcripts.py --check HOST:PORT transcripts/*.txt   prints what differs

The format is described in transcript.h. The server's databases are emptied before each run of each
file. A reply recorded as "..." stays that. The recordings are from redis-server 7.0.15, started
with --save '' and otherwise as it comes.
"""
import argparse
import pathlib
import re
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent / "differential"))
from connection import Closed, Connection, encode  # noqa: E402

ACTION = re.compile(r"(\w+)(>>|[>!.<])\s?(.*)")
WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b"}


def unescape(text):
    def replace(match):
        return chr(int(match[1], 16)) if match[1] else ESCAPES.get(match[2], match[2])
    return re.sub(r"\\(?:x([0-9a-fA-F]{2})|(.))", replace, text)


def split(text):
    words = [unescape(quoted) if not bare else bare for quoted, bare in WORD.findall(text)]
    return [word.encode("latin-1") for word in words]


def escape(data):
    names = {13: "\\r", 10: "\\n", 9: "\\t", 92: "\\\\"}
    text = "".join(names.get(b, chr(b) if 32 <= b <= 126 else f"\\x{b:02x}") for b in data)
    return text[:-1] + "\\x20" if text.endswith(" ") else text


def reply_text(reply):
    kind, value = reply
    if isinstance(value, list):
        size = len(value) // 2 if kind == b"%" else len(value)
        return " ".join([kind.decode() + str(size), *map(reply_text, value)])
    if kind in b"$=" and value != b"-1":
        return f"{kind.decode()}{len(value)} {escape(value)}" if value else f"{kind.decode()}0"
    return kind.decode() + escape(value)


class Player:
    """One run of a transcript: the replies to its reading lines, by line number."""

    def __init__(self, address, protocol):
        self.address = address
        self.protocol = protocol
        self.clients = {}
        self.replies = {}
        self.exchange(self.connect(), [b"FLUSHALL"])

    def connect(self):
        return Connection(self.address)

    @staticmethod
    def exchange(client, words):
        client.send([words])
        return client.read()

    def client(self, name):
        if name not in self.clients:
            self.clients[name] = self.connect()
            if self.protocol == 3 and name.islower():
                self.exchange(self.clients[name], [b"HELLO", b"3"])
        return self.clients[name]

    def play(self, number, line):
        name, action, rest = ACTION.match(line).groups()
        client = self.client(name)
        try:
            if action in (">", ">>"):
                client.socket.sendall(encode(split(rest)))
            elif action == "!":
                client.socket.sendall(split(rest)[0])
            elif action == ".":
                client.socket.shutdown(1)
        except ConnectionError:
            pass
        if action in (">", "<"):
            try:
                self.replies[number] = reply_text(client.read())
            except Closed:
                self.replies[number] = "closed"
            except TimeoutError:
                sys.exit(f"line {number + 1}: no reply")


def play(address, lines, protocol):
    player = Player(address, protocol)
    for number, line in enumerate(lines):
        if ACTION.match(line):
            player.play(number, line)
    return player.replies


def recorded(address, lines):
    """The lines with their replies."""
    old_any = {i for i, line in enumerate(lines[:-1])
               if ACTION.match(line) and lines[i + 1].strip() == "| ..."}
    resp2, resp3 = (play(address, lines, protocol) for protocol in (2, 3))
    result = []
    for number, line in enumerate(lines):
        if line.startswith("  "):
            continue
        result.append(line)
        if number not in resp2:
            continue
        a, b = resp2[number], resp3[number]
        if number in old_any:
            result.append("  | ...")
        elif a == b:
            result.append(f"  | {a}")
        else:
            result += [f"  2| {a}", f"  3| {b}"]
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("address", metavar="HOST:PORT")
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()
    differing = 0
    for path in options.files:
        with open(path, encoding="ascii") as file:
            lines = file.read().splitlines()
        result = recorded(options.address, lines)
        if result == lines:
            continue
        differing += 1
        if options.check:
            for old, new in zip(lines, result):
                if old != new:
                    print(f"{path}: recorded {old!r}, now {new!r}")
        else:
            with open(path, "w", encoding="ascii") as file:
                file.write("\n".join(result) + "\n")
    print(f"{len(options.files)} transcripts, {differing} {'differ' if options.check else 'rewritten'}")
    sys.exit(1 if options.check and differing else 0)


if __name__ == "__main__":
    main()
