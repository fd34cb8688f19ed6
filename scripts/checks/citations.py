"""What a comment cites exists: invariants have a row in a table of the documentation. And what a public header promises is kept:
`<resonance/resonance.hpp>` is all of them, and JSON that leaves a front is written in one place."""

from __future__ import annotations

import pathlib
import re

from . import tree

ROW = re.compile(r"^\|\s*([A-Z]\d+)\s*\|")
CITED = re.compile(r"\binvariants?[\s:(]+((?:[A-Z]\d+(?:,\s*|\s+and\s+|\s+to\s+)?)+)", re.IGNORECASE)
NUMBERED = re.compile(r"(?:///?|#|\*).*?\b(rule \d+)\b")
CODE = {".cpp", ".hpp", ".py"}
UMBRELLA = pathlib.Path("include/resonance/resonance.hpp")
DUMP = re.compile(r"[.>]dump(?:_to)?\(")
# Who may write JSON as it is stored, in a front, and why.
DUMP_EXEMPT = {
    "cli/event_table.cpp": "a cell of CSV, which is read back by us",
    "cli/run_text.cpp": "text for people",
    "cli/search_csv.cpp": "a number in a cell of CSV",
    "python/bindings/json_in.cpp": "the text of a key that is a number",
}


def check(root: pathlib.Path, files: list[pathlib.Path], report: tree.Report) -> None:
    known = {found[1] for file in files if file.suffix == ".md" for line in lines_of(root, file) if (found := ROW.match(line))}
    for file in files:
        if file.suffix not in CODE or file.parts[0] == "tests":
            continue
        for number, line in enumerate(lines_of(root, file), 1):
            if found := NUMBERED.search(line):
                report.fault(file, number, f"{found[1]} stands nowhere: name the page and the heading")
            for cited in CITED.findall(line):
                for name in re.findall(r"[A-Z]\d+", cited):
                    if name not in known:
                        report.fault(file, number, f"no page has an invariant {name}")
            if file.parts[0] in ("cli", "python") and file.suffix != ".py" and str(file) not in DUMP_EXEMPT and DUMP.search(line):
                report.fault(file, number, "JSON that leaves is written by wire::json_text(), so that every parser reads it")
    check_umbrella(root, files, report)


def check_umbrella(root: pathlib.Path, files: list[pathlib.Path], report: tree.Report) -> None:
    if UMBRELLA not in files:
        return
    included = set(re.findall(r'^#include "(resonance/\w+\.hpp)"', "\n".join(lines_of(root, UMBRELLA)), re.MULTILINE))
    for file in files:
        name = file.name.removesuffix(".in")
        if file.parent == UMBRELLA.parent and name.endswith(".hpp") and name != UMBRELLA.name and f"resonance/{name}" not in included:
            report.fault(UMBRELLA, 1, f"it is all of the library, and lacks resonance/{name}")


def lines_of(root: pathlib.Path, file: pathlib.Path) -> list[str]:
    return (tree.text(root, file) or "").splitlines()
