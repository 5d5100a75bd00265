#!/usr/bin/env python3
"""Writes compile_commands.json, for clangd and clang-tidy, from Bazel's actions."""
import json
import os
import re
import subprocess

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def bazel(*args):
    command = ["./bazelw", *args]
    result = subprocess.run(command, cwd=root, check=True, capture_output=True)
    return result.stdout


external = bazel("info", "output_base").decode().strip() + "/external/"
query = 'mnemonic("CppCompile", //...)'
graph = json.loads(bazel("aquery", "--output=jsonproto", "--include_artifacts=false", query))
commands = {}
for action in graph.get("actions", []):
    arguments = action["arguments"]
    source = arguments[arguments.index("-c") + 1]
    if source.startswith("external/"):
        continue
    # GCC's own; clang would stop at it.
    arguments = [a for a in arguments if a != "-fno-canonical-system-headers"]
    arguments = [re.sub("^external/", external, a) for a in arguments]
    commands[source] = {"directory": root, "file": source, "arguments": arguments}
with open(os.path.join(root, "compile_commands.json"), "w") as f:
    json.dump([commands[k] for k in sorted(commands)], f, indent=1)
print(f"{len(commands)} files")
