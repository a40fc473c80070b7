#!/usr/bin/env python3
"""Proves the rendered requirements files of repositories against uv itself, which needs a network.

    locks.py LOCKS REPOSITORY...    LOCKS holds universe.toml and pins.txt; a repository, pyproject.toml and two files

Three proofs for each repository, each with the user's own commands, taken from the headers of the files:
fresh   told only which versions to prefer, uv writes both files anew and byte for byte: pins, markers, hashes, via
again   run over the files as they are, the commands change nothing
later   with one more package in pyproject.toml, they add its lines and change no other pin
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

FILES = ("requirements.txt", "requirements-dev.txt")
ADDED = "itsdangerous"


def main(locks, *repositories):
    recorded = tomllib.loads((Path(locks) / "universe.toml").read_text())
    pins = re.findall(r"(?m)^[^ ].*==.*(?= \\$)", (Path(locks) / "pins.txt").read_text())
    version = subprocess.run(["uv", "--version"], text=True, capture_output=True, check=True).stdout.split()[1]
    if version != recorded["uv"]:
        sys.exit(f"uv is {version}, the universe was made with {recorded['uv']}: another uv may write other text")
    environment = os.environ | {"UV_EXCLUDE_NEWER": recorded["exclude-newer"], "UV_PYTHON_DOWNLOADS": "never"}
    failures = 0
    for repository in map(Path, repositories):
        found = list(check(repository, "".join(f"{pin}\n" for pin in pins), environment))
        print(*found or [f"{repository}: ok"], sep="\n", flush=True)
        failures += bool(found)
    print(f"{len(repositories)} repositories, {failures} failed")
    sys.exit(bool(failures))


def check(repository, pins, environment):
    ours = {name: (repository / name).read_text() for name in FILES}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = (repository / "pyproject.toml").read_text()
        (folder / "pyproject.toml").write_text(project)

        for file in FILES:
            (folder / file).write_text(pins)
        compile_files(folder, ours, environment)
        yield from differences(repository, "fresh", ours, folder)

        for file in FILES:
            (folder / file).write_text(ours[file])
        compile_files(folder, ours, environment)
        yield from differences(repository, "again", ours, folder)

        (folder / "pyproject.toml").write_text(add(project))
        compile_files(folder, ours, environment)
        for file in FILES:
            before, after = packages(ours[file]), packages((folder / file).read_text())
            if f"{ADDED}==" not in (folder / file).read_text():
                yield f"{repository}: later: {file} has no {ADDED}"
            moved = {pin for pin, lines in before.items() if after.get(pin) != lines}
            extra = {pin for pin in after.keys() - before.keys() if not pin.startswith(f"{ADDED}==")}
            if moved | extra:
                yield f"{repository}: later: {file} changed more than {ADDED}: {sorted(moved | extra)}"


def compile_files(folder, ours, environment):
    for file in FILES:
        command = shlex.split(ours[file].splitlines()[1].removeprefix("#"))
        assert command[:3] == ["uv", "pip", "compile"], f"{file}: the second line names no command of uv"
        done = subprocess.run(command, cwd=folder, env=environment, text=True, capture_output=True)
        assert done.returncode == 0, done.stderr


def differences(repository, proof, ours, folder):
    for file in FILES:
        theirs = (folder / file).read_text()
        if theirs != ours[file]:
            pairs = zip(ours[file].splitlines(), theirs.splitlines(), strict=False)
            line, pair = next(((n, p) for n, p in enumerate(pairs, 1) if p[0] != p[1]), (0, ("", "another length")))
            yield f"{repository}: {proof}: {file}:{line}: ours `{pair[0]}`, uv `{pair[1]}`"


def add(project):
    changed = re.sub(r"(?m)^dependencies = \[", f'dependencies = [\n  "{ADDED}",', project)
    assert changed != project, "pyproject.toml has no dependencies"
    return changed


def packages(text):
    """Returns pin -> its lines."""
    blocks = re.split(r"(?m)^(?=[a-z0-9])", text)[1:]
    return {block.split("\n", 1)[0]: block for block in blocks}


main(*sys.argv[1:])
