"""Tables of results in Markdown, with the bars that ratios are held to."""
import dataclasses


@dataclasses.dataclass
class Table:
    title: str
    head: list
    rows: list = dataclasses.field(default_factory=list)
    note: str = ""
    missed: list = dataclasses.field(default_factory=list)  # a sentence for each bar not held

    def markdown(self):
        lines = [f"### {self.title}", ""]
        if self.note:
            lines += [self.note, ""]
        for cells in [self.head, ["---"] + ["---:"] * (len(self.head) - 1), *self.rows]:
            lines.append("| " + " | ".join(cells) + " |")
        return "\n".join(lines) + "\n"

    def hold(self, what, value, bar, digits=2):
        """The cells of a bar: at most what, and whether it holds."""
        if value is None or bar is None:
            return ["", ""]
        holds = round(value, digits) <= bar
        if not holds:
            figures = f"{value:.{digits}f}, at most {bar:.{digits}f}"
            self.missed.append(f"{self.title}, {what}: {figures}")
        return [f"{bar:.{digits}f}", "yes" if holds else "**no**"]


def name(labels):
    values = labels.values()
    return ", ".join(f"{value:,}" if isinstance(value, int) else str(value) for value in values)


def number(value, digits=2):
    return "-" if value is None else f"{value:.{digits}f}"


def side_by_side(results, title, metric, points=None, digits=2, bar=None, note="", servers=None):
    """A row a point, a column a server; the ratio of the first server to each other. `bar` says for
    labels what the ratio to the second is held to."""
    servers = servers or results.servers()
    ours, others = servers[0], servers[1:]
    bar = bar if ours == results.ours() else None
    head = ["", *servers, *(f"ratio to {other}" for other in others)]
    table = Table(title, head + (["at most", "holds"] if bar else []), note=note)
    for labels in points or results.points():
        if all(results.median(server, metric, labels) is None for server in servers):
            continue
        ratios = [results.ratio(ours, other, metric, labels) for other in others]
        cells = [name(labels), *(results.text(s, metric, labels, digits) for s in servers)]
        cells += map(number, ratios)
        if bar:
            cells += table.hold(name(labels), ratios[0] if ratios else None, bar(labels))
        table.rows.append(cells)
    return table


def listing(results, title, metrics, points=None, note=""):
    """A row a point and server, a column a metric: name, key, digits."""
    table = Table(title, ["", "server", *(metric[0] for metric in metrics)], note=note)
    for labels in points or results.points():
        for server in results.servers():
            texts = [results.text(server, key, labels, digits) for _, key, digits in metrics]
            if set(texts) != {"-"}:
                table.rows.append([name(labels), server, *texts])
    return table


def matrix(results, title, metric, points=None, servers=None, digits=2, note=""):
    """A row a server, a column a point."""
    points = points or results.points()
    made = Table(title, ["", *map(name, points)], note=note)
    for server in servers or results.servers():
        texts = [results.text(server, metric, labels, digits) for labels in points]
        if set(texts) != {"-"}:
            made.rows.append([server, *texts])
    return made
