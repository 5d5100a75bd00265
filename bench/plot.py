"""Plots as SVG, by gnuplot: the same file for the same figures."""
import dataclasses
import subprocess

# Okabe and Ito's colours, which most people who see few colours can tell apart.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
POINTS = (7, 5, 9, 11, 13, 4, 6)


@dataclasses.dataclass
class Plot:
    """Lines through points: a list of (x, y) by name."""

    name: str
    title: str
    x: str
    y: str
    series: dict
    log_x: bool = True
    log_y: bool = False
    ticks: tuple = ()  # on the axis of x, where they are few


def script(plot):
    lines = [
        "set terminal svg size 820,420 dynamic font 'sans-serif,13' background '#ffffff'",
        "set title " + quote(plot.title),
        "set xlabel " + quote(plot.x),
        "set ylabel " + quote(plot.y),
        "set key outside right top vertical Left reverse",
        "set grid linecolor '#dddddd'",
        "set border 3 linecolor '#444444'",
        "set tics nomirror",
        "set format x '%.0s%c'",
        "set logscale x" if plot.log_x else "set xrange [0:*]",
        "set logscale y" if plot.log_y else "set yrange [0:*]",
    ]
    if plot.ticks:
        lines.append(f"set xtics ({', '.join(map(str, plot.ticks))})")
        lines.append(f"set xrange [{plot.ticks[0] - 0.2}:{plot.ticks[-1] + 0.2}]")
    for i, points in enumerate(plot.series.values()):
        lines += [f"$data{i} << END", *(f"{x:g} {y:g}" for x, y in sorted(points)), "END"]
    curves = [
        f"$data{i} with linespoints linewidth 2 linecolor '{COLOURS[i % len(COLOURS)]}' "
        f"pointtype {POINTS[i % len(POINTS)]} pointsize 0.6 title {quote(name)}"
        for i, name in enumerate(plot.series)
    ]
    return "\n".join(lines) + "\nplot " + ", ".join(curves) + "\n"


def quote(text):
    return '"' + text.replace("_", r"\\_").replace('"', "") + '"'


def draw(plots, folder):
    """Title and path of each that has something to show."""
    files = []
    for plot in plots:
        series = {name: points for name, points in plot.series.items() if points}
        if not series:
            continue
        plot = dataclasses.replace(plot, series=series)
        path = f"{folder}/{plot.name}.svg"
        with open(path, "w") as file:
            subprocess.run(["gnuplot"], input=script(plot), stdout=file, text=True, check=True)
        files.append((plot.title, path))
    return files
