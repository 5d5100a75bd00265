"""What a request may cost more where there is more: the law of its operation, O(1) or O(log n), and
what a machine adds. Memory that no longer fits a cache is farther away, which counts in as many
accesses as a request makes: from one size to a larger one it may cost ALLOWED_US more than the law
says, and NOISE of the cost; or as much more, by its ratio, as it costs redis-server on the same
machine. The kinder of these holds, seen from whichever smaller size."""
import math

import table

ALLOWED_US = 0.5
NOISE = 1.1
REFERENCE = "redis-server"


def factor(law, before, after):
    return math.log(after) / math.log(before) if law == "O(log n)" else 1


def excess(law, sizes, costs, reference, allowed_us):
    """The worst size's cost by what it may be; None without two sizes."""
    worst = None
    for i in range(1, len(sizes)):
        allowed = max(
            max(
                costs[j] * NOISE * factor(law, sizes[j], sizes[i]) + allowed_us,
                costs[j] * NOISE * reference[i] / reference[j] if reference else 0,
            )
            for j in range(i)
        )
        worst = max(worst or 0, costs[i] / allowed)
    return worst


def by_size(results, title, size, rows, allowed_us=ALLOWED_US, metric="cpu_us"):
    """A row an operation, a column a size of our server and the reference. `rows`: name, law, the
    points by size."""
    sizes = list(dict.fromkeys(labels[size] for _, _, points in rows for labels in points))
    servers = [s for i, s in enumerate(results.servers()) if i == 0 or s == REFERENCE]
    head = ["", "law", *(f"{server}, {text(n)}" for server in servers for n in sizes)]
    made = table.Table(title, head + ["worst by its law", "at most", "holds"])
    for name, law, points in rows:
        costs = {s: [results.median(s, metric, labels) for labels in points] for s in servers}
        cells = [table.number(cost) for s in servers for cost in costs[s]]
        ours, reference = costs[servers[0]], costs.get(REFERENCE)
        if None in ours or servers[0] != results.ours():
            continue
        if reference and None in reference:
            reference = None
        value = excess(law, [labels[size] for labels in points], ours, reference, allowed_us)
        made.rows.append([name, law, *cells, table.number(value), *made.hold(name, value, 1.0)])
    return made


def text(count):
    for unit, letter in ((1_000_000, " M"), (1000, " k")):
        if count >= unit:
            return f"{count // unit}{letter}"
    return str(count)
