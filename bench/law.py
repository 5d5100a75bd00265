"""What a request may cost more where there is more: the law of its operation, O(1) or O(log n), and
what a machine adds. Memory that no longer fits a cache is farther away, which counts in as many
accesses as a request makes: a step may cost ALLOWED_US more than the law says, and NOISE of the
cost; or as much more, by its ratio, as it costs redis-server on the same machine."""
import math

import table

ALLOWED_US = 0.5
NOISE = 1.1
REFERENCE = "redis-server"


def factor(law, before, after):
    return math.log(after) / math.log(before) if law == "O(log n)" else 1


def excess(law, sizes, costs, reference):
    """The worst step's cost by what it may be; None without two sizes."""
    worst = None
    for i in range(1, len(sizes)):
        allowed = costs[i - 1] * factor(law, sizes[i - 1], sizes[i]) * NOISE + ALLOWED_US
        if reference:
            allowed = max(allowed, costs[i - 1] * NOISE * reference[i] / reference[i - 1])
        worst = max(worst or 0, costs[i] / allowed)
    return worst


def by_size(results, title, size, rows, metric="cpu_us"):
    """A row an operation, a column a size of our server and the reference. `rows`: name, law, the
    points by size."""
    sizes = list(dict.fromkeys(labels[size] for _, _, points in rows for labels in points))
    servers = [s for i, s in enumerate(results.servers()) if i == 0 or s == REFERENCE]
    head = ["", "law", *(f"{server}, {text(n)}" for server in servers for n in sizes)]
    made = table.Table(title, head + ["worst step by its law", "at most", "holds"])
    for name, law, points in rows:
        costs = {s: [results.median(s, metric, labels) for labels in points] for s in servers}
        cells = [table.number(cost) for s in servers for cost in costs[s]]
        ours, reference = costs[servers[0]], costs.get(REFERENCE)
        if None in ours:
            continue
        if reference and None in reference:
            reference = None
        value = excess(law, [labels[size] for labels in points], ours, reference)
        made.rows.append([name, law, *cells, table.number(value), *made.hold(name, value, 1.0)])
    return made


def text(count):
    for unit, letter in ((1_000_000, " M"), (1000, " k")):
        if count >= unit:
            return f"{count // unit}{letter}"
    return str(count)
