"""What has been measured: samples by point and server, kept as JSON, a file a set, and as CSV."""
import csv
import json
import os
import statistics

import sides


class Results:
    """The samples of one set. A record has labels, what was measured; a server; and samples, each a
    value by metric, one a repetition."""

    def __init__(self, name, head, records=()):
        self.name = name
        self.head = head  # circumstances: when, how, versions
        self.records = list(records)

    def add(self, labels, server, sample):
        record = self.find(server, **labels)
        if record is None:
            record = {"labels": labels, "server": server, "samples": []}
            self.records.append(record)
        record["samples"].append({k: float(f"{v:.6g}") for k, v in sample.items()})

    def find(self, server, **labels):
        for record in self.records:
            if record["server"] == server and record["labels"] == labels:
                return record
        return None

    def servers(self):
        return list(dict.fromkeys(record["server"] for record in self.records))

    def ours(self):
        """The first contender, whom bars are for; None where it has failed."""
        first = next(iter(self.head["servers"]), None)
        return first if first in self.servers() else None

    def points(self):
        """The labels there are, each once, in order."""
        unique = {tuple(r["labels"].items()): r["labels"] for r in self.records}
        return list(unique.values())

    def values(self, server, metric, labels):
        record = self.find(server, **labels)
        samples = record["samples"] if record else []
        return [sample[metric] for sample in samples if metric in sample]

    def median(self, server, metric, labels):
        """None where there is no sample."""
        values = self.values(server, metric, labels)
        return statistics.median(values) if values else None

    def text(self, server, metric, labels, digits=2):
        values = self.values(server, metric, labels)
        return sides.spread(values, digits) if values else "-"

    def ratio(self, server, other, metric, labels, other_labels=None):
        """The median of the repetitions' ratios: a machine drifts less from one run to the next
        than from the first to the last. None where there is none."""
        ours = self.values(server, metric, labels)
        theirs = self.values(other, metric, other_labels or labels)
        ratios = [a / b for a, b in zip(ours, theirs) if b]
        return statistics.median(ratios) if ratios else None

    def write(self, folder):
        os.makedirs(folder, exist_ok=True)
        with open(f"{folder}/{self.name}.json", "w") as file:
            records = ",\n".join("  " + json.dumps(record) for record in self.records)
            head = json.dumps(self.head, indent=1)
            file.write(f'{{"head": {head},\n"records": [\n{records}\n]}}\n')
        self._write_csv(f"{folder}/{self.name}.csv")

    def _write_csv(self, path):
        labels = list(dict.fromkeys(name for r in self.records for name in r["labels"]))
        with open(path, "w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([*labels, "server", "metric", "median", "lowest", "highest", "samples"])
            for record in self.records:
                where = [record["labels"].get(name, "") for name in labels]
                metrics = dict.fromkeys(name for sample in record["samples"] for name in sample)
                for metric in metrics:
                    values = [s[metric] for s in record["samples"] if metric in s]
                    numbers = statistics.median(values), min(values), max(values)
                    cells = [f"{number:.6g}" for number in numbers]
                    writer.writerow([*where, record["server"], metric, *cells, len(values)])


def read(folder, name):
    """None where the set has not been run."""
    try:
        with open(f"{folder}/{name}.json") as file:
            stored = json.load(file)
    except FileNotFoundError:
        return None
    return Results(name, stored["head"], stored["records"])
