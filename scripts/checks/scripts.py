"""Scripts parse, fail on errors and can be run."""

from __future__ import annotations

import ast
import os
import pathlib
import re
import shutil
import subprocess

from . import tree


def check(root: pathlib.Path, files: list[pathlib.Path], report: tree.Report) -> None:
    for file in files:
        content = tree.text(root, file)
        if content is None:
            continue
        first = content.split("\n", 1)[0]
        if first.startswith("#!") and not os.access(root / file, os.X_OK):
            report.fault(file, 1, "begins with #! but cannot be run: chmod +x")
        if re.match(r"#!.*\b(?:ba)?sh\b", first):
            check_bash(root, file, content, report)
        elif file.suffix == ".sh" or file.suffix == ".bash":
            check_syntax(root, file, report)
        elif file.suffix == ".py" or re.match(r"#!.*\bpython", first):
            try:
                ast.parse(content)
            except SyntaxError as error:
                report.fault(file, error.lineno or 1, f"Python does not parse it: {error.msg}")


def check_bash(root, file, content, report) -> None:
    check_syntax(root, file, report)
    if not re.search(r"^set -euo pipefail$", content, re.MULTILINE):
        report.fault(file, 1, "a script without `set -euo pipefail` goes on after an error")


def check_syntax(root, file, report) -> None:
    bash = shutil.which("bash")
    if not bash:
        report.skip(f"bash -n {file}, because there is no bash")
        return
    done = subprocess.run([bash, "-n", str(file)], cwd=root, capture_output=True, text=True)
    if done.returncode:
        found = re.search(r"line (\d+): (.*)", done.stderr)
        report.fault(file, int(found[1]) if found else 1, f"bash does not parse it: {found[2] if found else done.stderr.strip()}")
