"""What the doctor of a repository says, and whether the command that it prints mends what it names."""

import contextlib
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from support import run


@dataclass(frozen=True)
class Report:
    level: str
    what: str
    command: str


@dataclass(frozen=True)
class Doctor:
    """A script that is asked in a folder, in which its commands are run."""

    folder: Path
    script: str
    arguments: tuple[str, ...] = ("--doctor",)
    within: tuple[str, ...] = ()
    """A command that runs it where the host looks otherwise."""

    def examine(self, **environment: str) -> tuple[int, list[Report]]:
        """Return the exit status, and what was told."""
        command = [*self.within, self.script, *self.arguments]
        done = subprocess.run(command, cwd=self.folder, env={**os.environ, **environment}, text=True, capture_output=True, timeout=120)
        name = re.escape(Path(self.script).name)
        found = re.findall(rf"^{name}: (wrong|warning): (.*)\n((?:    .*\n)+)", done.stderr, re.MULTILINE)
        assert len(found) == len(re.findall(f"^{name}: ", done.stderr, re.MULTILINE)), done.stderr
        return done.returncode, [Report(level, what, re.sub("(?m)^    ", "", command)) for level, what, command in found]

    def wrong(self, **environment: str) -> list[Report]:
        """Return what has to be mended."""
        status, reports = self.examine(**environment)
        found = [report for report in reports if report.level == "wrong"]
        assert status == (1 if found else 0)
        return found

    def mends(self, what: str, **environment: str) -> Report:
        """It names this alone, the command mends it, and then nothing is left to mend."""
        wrong = self.wrong(**environment)
        assert len(wrong) == 1, wrong
        assert re.fullmatch(what, wrong[0].what), wrong
        run("sh", "-euc", wrong[0].command, cwd=self.folder)
        assert self.wrong(**environment) == []
        return wrong[0]

    def settles(self, what: str) -> None:
        """It warns of this, which is no failure, and the command ends the warning."""
        assert self.wrong() == []
        [report] = self.warnings(what)
        run("sh", "-euc", report.command, cwd=self.folder)
        assert self.warnings(what) == []

    def warnings(self, what: str) -> list[Report]:
        return [report for report in self.examine()[1] if report.level == "warning" and re.fullmatch(what, report.what)]


@contextlib.contextmanager
def changed(path: Path, edit: Callable[[str], str]) -> Iterator[None]:
    """Change a file, and change it back."""
    before = path.read_text()
    path.write_text(edit(before))
    try:
        yield
    finally:
        path.write_text(before)


def memory() -> int:
    """MiB that this machine has."""
    return int(re.search("(?m)^MemTotal: +([0-9]+) kB$", Path("/proc/meminfo").read_text())[1]) // 1024


def put(source: Path, target: Path) -> None:
    """As it is installed: readable."""
    target.write_bytes(source.read_bytes())
    target.chmod(0o644)
