#!/usr/bin/env python3
"""Merges coverage for `bazel coverage`, in the place of Bazel's Java tool.

Called with --coverage_dir after each test (gcov's JSON -> one LCOV file) and
with --reports_file at the end (LCOV files -> one LCOV file).
"""
import collections
import glob
import gzip
import json
import sys

args = dict(a[2:].split("=", 1) for a in sys.argv[1:] if "=" in a)
lines = collections.defaultdict(collections.Counter)
functions = collections.defaultdict(dict)

for path in glob.glob(args.get("coverage_dir", "/dev/null") + "/**/*.gcov.json.gz", recursive=True):
    with gzip.open(path, "rt") as f:
        for source in json.load(f)["files"]:
            name = source["file"]
            if name.startswith(("/", "external/")):
                continue
            for line in source["lines"]:
                lines[name][line["line_number"]] += line["count"]
            for function in source["functions"]:
                key = function["demangled_name"]
                _, count = functions[name].get(key, (0, 0))
                functions[name][key] = (function["start_line"], count + function["execution_count"])

if "reports_file" in args:
    for path in open(args["reports_file"]).read().split():
        name = ""
        for row in open(path):
            key, _, value = row.strip().partition(":")
            if key == "SF":
                name = value
            elif key == "DA":
                line, count = map(int, value.split(",")[:2])
                lines[name][line] += count
            elif key == "FN":
                start, function = value.split(",", 1)
                functions[name].setdefault(function, (int(start), 0))
            elif key == "FNDA":
                count, function = value.split(",", 1)
                start, old = functions[name].get(function, (0, 0))
                functions[name][function] = (start, old + int(count))

with open(args["output_file"], "w") as out:
    for name in sorted(lines):
        print("SF:" + name, file=out)
        for function, (start, count) in functions[name].items():
            print("FN:%d,%s\nFNDA:%d,%s" % (start, function, count, function), file=out)
        reached = sum(count > 0 for _, count in functions[name].values())
        print("FNH:%d\nFNF:%d" % (reached, len(functions[name])), file=out)
        for line, count in sorted(lines[name].items()):
            print("DA:%d,%d" % (line, count), file=out)
        reached = sum(count > 0 for count in lines[name].values())
        print("LH:%d\nLF:%d\nend_of_record" % (reached, len(lines[name])), file=out)
