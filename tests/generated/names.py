#!/usr/bin/env python3
"""Compares what the pack reserves for packages with what is installed: a package of the repository would hide it.

    names.py PACK    run by the Python of a repository's environment
"""

import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

# What mypyc calls its helpers changes with each build; nobody takes such a name by chance.
HELPER = re.compile(r"[0-9a-f]{20}__mypyc")


def main(pack):
    manifest = tomllib.loads((Path(pack) / "pack.toml").read_text())
    rules = [rule for rule in manifest["reserved"] if rule["question"] == "package"]
    reserved = {name for rule in rules for name in rule.get("values", "").split()}
    pins = re.findall(r"(?m)^([a-z0-9-]+)==", (Path(pack) / "locks/pins.txt").read_text())
    reserved |= {name.replace("-", "_") for name in pins if any(rule.get("pinned") for rule in rules)}
    pattern = next(question["pattern"] for question in manifest["question"] if question["key"] == "package")
    found = {name for name in installed() | sys.stdlib_module_names if re.fullmatch(pattern, name)}
    missing = sorted(name for name in found - reserved if not HELPER.fullmatch(name))
    if missing:
        sys.exit(f"pack.toml reserves no {', '.join(missing)}")
    print(f"{len(found)} names are reserved")


def installed():
    """Returns what can be imported: each first part of a file's path that is a module or a package."""
    names = set()
    for distribution in metadata.distributions():
        for file in distribution.files or []:
            first, *rest = file.parts
            module = re.fullmatch(r"(\w+)(\.[\w-]+)*\.(py|so|pyd)", first)
            if rest and first.isidentifier():
                names.add(first)
            elif module and not rest:
                names.add(module[1])
    return names


main(*sys.argv[1:])
