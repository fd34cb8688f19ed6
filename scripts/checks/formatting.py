"""clang-format-19 agrees with every C++ file. Other versions format differently, so no other one is asked."""

from __future__ import annotations

import pathlib
import re
import shutil
import subprocess

from . import tree

FORMATTER = "clang-format-19"
MESSAGE = re.compile(r"^(.+?):(\d+):\d+: (?:error|warning): ")


def check(root: pathlib.Path, files: list[pathlib.Path], report: tree.Report) -> None:
    sources = [str(file) for file in files if tree.is_cpp(file)]
    if not sources or not (root / ".clang-format").is_file():
        return
    if not shutil.which(FORMATTER):
        report.skip(f"formatting of {len(sources)} C++ files, because {FORMATTER} is not installed")
        return
    first: dict[str, int] = {}
    done = subprocess.run([FORMATTER, "--dry-run", "-Werror", *sources], cwd=root, capture_output=True, text=True)
    for line in done.stderr.splitlines():
        if found := MESSAGE.match(line):
            first.setdefault(found[1], int(found[2]))
    for file, number in first.items():
        report.fault(file, number, f"not formatted: run {FORMATTER} -i {file}")
    if done.returncode and not first:
        report.fault(".clang-format", 1, f"{FORMATTER} failed: {done.stderr.strip().splitlines()[-1:]}")
