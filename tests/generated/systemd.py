#!/usr/bin/env python3
"""Holds the units of a repository against systemd's own judges: systemd.py REPOSITORY

`systemd-analyze verify` has to be silent, since it ends with 0 where it only warns, and `systemd-analyze security` may find an
exposure of 1.5 at most. Prints each finding and ends with 1 if there is one.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

EXPOSURE = "15"  # in tenths


def main(argument):
    units = sorted((Path(argument) / "deploy").rglob("*.service")) + sorted((Path(argument) / "deploy").rglob("*.socket"))
    findings = [] if units else ["there are no units"]
    with tempfile.TemporaryDirectory() as folder:
        copies = [Path(folder) / unit.name for unit in units]
        for unit, copy in zip(units, copies, strict=True):
            # What is installed on the machine only; that it is the right path is for consistency.py.
            copy.write_text(re.sub(r"(?m)^(Exec\w+=[-+!]*)(/\S+)", lambda exec: exec[1] + known(exec[2]), unit.read_text()))
        if units:
            verified = analyze("verify", "--man=no", *map(str, copies))
            findings += (verified.stdout + verified.stderr).splitlines()
        for unit, copy in zip(units, copies, strict=True):
            if unit.suffix == ".service":
                judged = analyze("security", "--offline=true", f"--threshold={EXPOSURE}", str(copy))
                report = judged.stdout.strip().splitlines()
                print(f"{unit.name}: {report[-1].strip() if report else judged.stderr}")
                if judged.returncode:
                    findings += [unit.name, *report]
    for finding in findings:
        print(finding)
    sys.exit(bool(findings))


def known(program):
    return program if Path(program).exists() else "/bin/true"


def analyze(*arguments):
    return subprocess.run(["systemd-analyze", "--no-pager", *arguments], capture_output=True, text=True)


main(*sys.argv[1:])
