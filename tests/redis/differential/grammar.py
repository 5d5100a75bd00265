"""Makes random commands from the lines of the groups."""
import importlib
import pathlib
import re

from values import VALUES

GROUPS = sorted(path.stem for path in (pathlib.Path(__file__).parent / "groups").glob("*.py"))
# Never spoiled: they would change things at random, wait for ever, reply more than once, or make a
# key that is there for some milliseconds, in one server longer than in the other.
NOT_SPOILED = {
    "BLMOVE", "BLMPOP", "BLPOP", "BRPOP", "BRPOPLPUSH", "BZMPOP", "BZPOPMAX", "BZPOPMIN", "DEBUG",
    "HRANDFIELD", "PSETEX", "PUNSUBSCRIBE", "SETEX", "SPOP", "SRANDMEMBER", "SUNSUBSCRIBE",
    "UNSUBSCRIBE", "WAIT", "ZRANDMEMBER",
}
NOT_SPOILED_WITH = {"BLOCK", "EX", "PX"}
SPOILED = 0.03
OTHER_CASE = 0.2

TOKEN = re.compile(r"[\[\](){}|]|[^\s\[\](){}|]+")


class Group:
    """A module of groups/: its COMMANDS, and VALUES of its own before those of all.

    Each line is a command. A word that is one of the values stands for one of those, any other for
    itself. [a] is optional, (a|b) a choice, {a} repeated one to four times.
    """

    def __init__(self, name):
        module = importlib.import_module(f"groups.{name}")
        self.name = name
        self.rules = [TOKEN.findall(line) for line in module.COMMANDS.strip().splitlines()]
        self.values = {**VALUES, **getattr(module, "VALUES", {})}


class Grammar:
    def __init__(self, rng, names):
        self.rng = rng
        self.groups = [Group(name) for name in names]

    def command(self):
        """A group's name and the words of one of its commands."""
        group = self.rng.choice(self.groups)
        words, _ = self.expand(group, self.rng.choice(group.rules), 0, "")
        if self.rng.random() < SPOILED:
            self.spoil(words)
        if self.rng.random() < OTHER_CASE:
            words[0] = self.rng.choice([words[0].lower(), words[0].capitalize()])
        return group.name, [word.encode("latin-1") for word in words]

    def spoil(self, words):
        if words[0] in NOT_SPOILED or not NOT_SPOILED_WITH.isdisjoint(words):
            return
        kind = self.rng.random()
        if kind < 0.4 and len(words) > 1:
            del words[self.rng.randrange(1, len(words))]
        elif kind < 0.8:
            # Without NUL: Redis takes options as C strings.
            extra = VALUES["value"](self.rng).replace("\0", "")
            words.insert(self.rng.randrange(1, len(words) + 1), extra)
        elif len(words) > 2:
            i, j = self.rng.sample(range(1, len(words)), 2)
            words[i], words[j] = words[j], words[i]

    def expand(self, group, tokens, at, closer):
        """The words of one alternative of the tokens up to `closer`, and the place behind it."""
        alternatives, words = [], []
        while at < len(tokens) and tokens[at] != closer:
            token = tokens[at]
            at += 1
            if token == "|":
                alternatives.append(words)
                words = []
            elif token == "[":
                inner, at = self.expand(group, tokens, at, "]")
                words += inner if self.rng.random() < 0.5 else []
            elif token == "(":
                inner, at = self.expand(group, tokens, at, ")")
                words += inner
            elif token == "{":
                start = at
                inner, at = self.expand(group, tokens, start, "}")
                words += inner
                for _ in range(self.rng.choice([0, 0, 1, 1, 2, 3])):
                    words += self.expand(group, tokens, start, "}")[0]
            else:
                words.append(group.values[token](self.rng) if token in group.values else token)
        alternatives.append(words)
        return self.rng.choice(alternatives), at + 1
