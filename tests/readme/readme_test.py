#!/usr/bin/env python3
"""The README's example is the file it names, to the letter."""
import sys


def main():
    readme, example = (open(path).read() for path in sys.argv[1:3])
    block = readme.split("```cpp\n", 1)[1].split("```\n", 1)[0]
    if block != example:
        print(f"the first cpp block of {sys.argv[1]} differs from {sys.argv[2]}")
        return 1
    return 0


sys.exit(main())
