#!/usr/bin/env python3
"""Writes the tables of docs/flags.md anew from the program, after a flag was added or its text changed:

    tests/docs/update_flags.py build/freshet

flags_test.py fails until that is done.
"""

import re
import subprocess
import sys
from itertools import groupby
from pathlib import Path

sys.dont_write_bytecode = True
from help import options  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]


def row(option, counted):
    flag = f"{option.name} {option.kind}".strip()
    default = f"`{option.default}` " if option.default else ""
    limit = option.name.removeprefix("--").removesuffix("-max")
    return f"| `{flag}` | {default}| {option.text} | {f'`{limit}` ' if limit in counted else ''}|\n"


def tables(help_text, counted):
    text = ""
    for group, found in groupby(options(help_text), key=lambda option: option.group):
        text += f"## {group}\n\n| flag | default | | counted |\n|---|---|---|---|\n"
        text += "".join(row(option, counted) for option in found) + "\n"
    return text


def main(program):
    counted = set(re.findall(r'"([a-z-]+)"', (ROOT / "server/observe/limit_counts.h").read_text()))
    told = subprocess.run([program, "serve", "--help"], check=True, capture_output=True, text=True).stdout
    page = ROOT / "docs/flags.md"
    begin, end = "\n## ", "## What else is told"
    before, _, rest = page.read_text().partition(begin)
    page.write_text(before + "\n" + tables(told, counted) + end + rest.partition(end)[2])


if __name__ == "__main__":
    main(sys.argv[1])
