"""What must stand in no file: paths and hosts of one machine, and loose ends without an issue."""

from __future__ import annotations

import pathlib
import re

from . import tree

RULES = [
    (re.compile(r"(?<![\w.~/-])/(?:root|work|workspace|(?:home|Users)/\w[\w.-]*)(?=/)"), "a path of one machine"),
    (re.compile(r"\b[A-Za-z]:\\(?:Users|Documents)"), "a path of one machine"),
    (re.compile(r"--(?:extra-)?index-url\b|--trusted-host\b|\bfiles\.pythonhosted\b|\bpypi\.(?!org/project)|\bregistry\.npmjs\b|\bproxy\.golang\b|\bartifactory\b"),
     "a package registry; where packages come from is the machine's business"),
    (re.compile(r"\bdeb(?:ian)?\.\w*\.(?:org|net|com)/debian\b|\bdeb\.debian\b"), "a package mirror; where packages come from is the machine's business"),
    (re.compile(r"(?<![\d.])(?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}(?![\d.])"), "an address of a private network"),
    (re.compile(r"\b(?:TODO|FIXME)\b(?!.*#\d)"), "a loose end without an issue number"),
    (re.compile(r"^(?:<{7}|>{7}) "), "a merge conflict"),
]
EXEMPT = {pathlib.Path("scripts/checks/texts.py")}  # it names them


def check(root: pathlib.Path, files: list[pathlib.Path], report: tree.Report) -> None:
    for file in files:
        if file in EXEMPT or (content := tree.text(root, file)) is None:
            continue
        for number, line in enumerate(content.splitlines(), 1):
            for pattern, what in RULES:
                if found := pattern.search(line):
                    report.fault(file, number, f"{what}: {found[0]}")
