#!/usr/bin/env python3
"""Checks what the schemas of pipelines cannot: that jobs name each other rightly, and what their scripts do.

    pipeline.py REPOSITORY SHELLCHECK

Reads `.gitlab-ci.yml` and the workflows of GitHub. Every script is put together as a runner does it and handed to shellcheck.
Prints each finding and ends with 1 if there is one. Needs PyYAML.
"""

import re
import subprocess
import sys
from pathlib import Path

import yaml

# Words at the top level that are no jobs: https://docs.gitlab.com/ci/yaml/
KEYWORDS = {"stages", "workflow", "variables", "default", "include", "spec"}
# Words that were keywords there once: no job can be called so.
RESERVED = {"image", "services", "cache", "before_script", "after_script", "types"}
# What the shell and the runner set by themselves.
GIVEN = re.compile(r"CI_[A-Z_]+|HOME|PATH")

# Variables in the command of ssh are meant to be filled in on this side.
EXCLUDED = "SC2029"

findings = []
scripts = []


def expect(condition, place, text):
    if not condition:
        findings.append(f"{place}: {text}")
    return condition


def main(repository, shellcheck):
    root = Path(repository)
    if (root / ".gitlab-ci.yml").exists():
        gitlab(root)
    for path in sorted(root.glob(".github/workflows/*.yml")):
        github(path)
    for place, text in scripts:
        done = subprocess.run([shellcheck, "--shell", "sh", "--exclude", EXCLUDED, "-"], input=text, capture_output=True, text=True)
        expect(done.returncode == 0, place, f"shellcheck:\n{done.stdout}{done.stderr}")
    for finding in findings:
        print(finding)
    print(f"{repository}: {len(scripts)} scripts of pipelines; {len(findings)} findings")
    sys.exit(bool(findings))


def github(path):
    for name, job in yaml.safe_load(path.read_text())["jobs"].items():
        lines = [step["run"] for step in job["steps"] if "run" in step]
        for number, line in enumerate(lines):
            place = f"{path.name}, job {name}, script {number + 1}"
            expect("${{" not in line, place, "a template in a script can become code; hand it over as a variable")
            scripts.append((place, line))


def gitlab(root):
    place = ".gitlab-ci.yml"
    pipeline = yaml.safe_load((root / ".gitlab-ci.yml").read_text())
    readme = (root / "README.md").read_text()
    jobs = {name: job for name, job in pipeline.items() if name not in KEYWORDS}
    for name in RESERVED & set(jobs):
        expect(False, place, f"no job can be called {name}")
    whole = {name: extended(jobs, name) for name in jobs if not name.startswith(".")}
    stages = pipeline["stages"]
    for name in {job["stage"] for job in whole.values()} ^ set(stages):
        expect(False, place, f"the stage {name} is {'empty' if name in stages else 'not declared'}")
    for name in jobs:
        used = not name.startswith(".") or any(job.get("extends") == name for job in jobs.values())
        expect(used, place, f"nothing extends {name}")
    overlays = {path.name for path in (root / "deploy/kubernetes/overlays").glob("*")}
    environments = {job["environment"]["name"] for job in whole.values() if "environment" in job}
    expect(not overlays or environments == overlays, place, f"deploys to {environments}, the overlays are {overlays}")
    for name, job in whole.items():
        place = f".gitlab-ci.yml, job {name}"
        known = set(pipeline.get("variables", {})) | set(job.get("variables", {}))
        for other in job.get("dependencies", []):
            if expect(other in whole, place, f"takes what {other} made, which is not there"):
                earlier = stages.index(whole[other]["stage"]) < stages.index(job["stage"])
                expect(earlier, place, f"takes what {other} made, which is not earlier")
                reports = whole[other].get("artifacts", {}).get("reports", {})
                if "dotenv" in reports:
                    known |= set(re.findall(r'"([A-Z]+)=', "\n".join(whole[other]["script"])))
        lines = [*job.get("before_script", []), *job["script"]]
        text = "\n".join(lines)
        for variable in set(re.findall(r"\$\{?([A-Z][A-Z_]+)", text)) - known:
            if not GIVEN.fullmatch(variable):
                expect(f"`{variable}`" in readme, place, f"{variable} is set nowhere, and the README does not name it")
        if "environment" in job:
            expect(job.get("resource_group") == job["environment"]["name"], place, "two deployments could run at once")
            expect(job.get("interruptible") is False, place, "a deployment could be broken off")
            expect("rules" in job, place, "merge requests would deploy")
        for value in job.get("variables", {}).values():
            for alias in re.findall(r"@([a-z]+):\d+", str(value)):
                aliases = [service.get("alias") for service in job.get("services", [])]
                expect(alias in aliases, place, f"there is no service {alias}")
        scripts.append((place, text + "\n"))


def extended(jobs, name):
    """Returns a job with what it extends; tables are joined, all else is replaced."""
    job = jobs[name]
    if "extends" not in job:
        return job
    if not expect(job["extends"] in jobs, f".gitlab-ci.yml, job {name}", f"extends {job['extends']}, which is not there"):
        return job
    merged = dict(extended(jobs, job["extends"]))
    for key, value in job.items():
        before = merged.get(key)
        merged[key] = {**before, **value} if isinstance(before, dict) and isinstance(value, dict) else value
    return merged


main(*sys.argv[1:])
