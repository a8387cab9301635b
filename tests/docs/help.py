"""Reads the options out of a command's --help: name, kind of value, default and text."""

import re
from dataclasses import dataclass

OPTION = re.compile(r"^  (?:-\w,)?(--[\w-]+)(?: (\S+))?(?: {2,}(.*)|)$")


@dataclass
class Option:
    group: str
    name: str
    kind: str
    text: str
    default: str = ""


def options(help_text):
    """The options in their order; -h is left out."""
    found, group = [], ""
    for line in help_text.splitlines():
        if heading := re.fullmatch(r"(\S.*):", line):
            group = heading[1]
        elif option := OPTION.match(line):
            found.append(Option(group, option[1], option[2] or "", option[3] or ""))
        elif line.startswith(" " * 30) and found and group:
            found[-1].text = f"{found[-1].text} {line.strip()}".strip()
        elif line:
            group = ""
    for option in found:
        if default := re.search(r" \[([^\]]+)\](?= \(or \w+\)$|$)", option.text):
            option.default = default[1]
            option.text = option.text.replace(default[0], "")
    return [option for option in found if option.name != "--help"]
