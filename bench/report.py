"""README.md of a folder of results: the machine, the versions, and every set's tables and plots,
made from the JSON files that lie there."""
import os

import plot
import results


def write(sets, folder):
    """Sentences on the bars that do not hold."""
    stored = {name: results.read(folder, name) for name in sets}
    stored = {name: found for name, found in stored.items() if found}
    if not stored:
        return []
    parts, missed = [], []
    for name, found in stored.items():
        tables = sets[name].tables(found)
        missed += [f"{name}: {sentence}" for made in tables for sentence in made.missed]
        plots = sets[name].plots(found)
        files = plot.draw(plots, folder)
        parts.append(section(name, sets[name], found, tables, files))
    with open(f"{folder}/README.md", "w") as file:
        file.write("\n".join([opening(stored), verdicts(missed), *parts]))
    return missed


def opening(stored):
    latest = max(stored.values(), key=lambda found: found.head["date"]).head
    machine = latest["machine"]
    lines = [
        "# Side by side",
        "",
        f"{machine['cpus']} cores of {machine['cpu']}, {machine['memory']}, {machine['kernel']}. "
        f"Servers on CPU {latest['server cpus']}, clients on CPU {latest['client cpus']}, where a "
        "set says nothing else. Medians, with (lowest-highest) of the repetitions; ratios are the "
        "medians of the repetitions' ratios.",
        "",
        "| set | measured | commit | repetitions | took s | command |",
        "| --- | --- | --- | ---: | ---: | --- |",
    ]
    for name, found in stored.items():
        head = found.head
        form = " (quick)" if head["quick"] else ""
        lines.append(f"| [{name}](#{name}){form} | {head['date'][:16].replace('T', ' ')} | "
                     f"{head['machine']['commit']} | {head['repetitions']} | {head['seconds']} | "
                     f"`{head['command']}` |")
    servers = {}
    for found in stored.values():
        servers |= found.head["servers"]
    lines += ["", "| server | version | command line |", "| --- | --- | --- |"]
    for name, server in servers.items():
        version = server["version"] or "the commit"
        lines.append(f"| {name} | {version} | `{server['command']}` |")
    return "\n".join(lines) + "\n"


def verdicts(missed):
    if not missed:
        return "All bars hold.\n"
    return "\n".join(["Above their bars:", "", *(f"- {sentence}" for sentence in missed)]) + "\n"


def section(name, module, found, tables, files):
    parts = [f"## {name}", "", " ".join(module.__doc__.split()), ""]
    parts += [f"Failed: {failure}\n" for failure in found.head["failures"]]
    parts += [made.markdown() for made in tables]
    parts += [f"![{title}]({os.path.basename(path)})\n" for title, path in files]
    return "\n".join(parts)
