"""Files and functions that have grown too long to be read at once."""

from __future__ import annotations

import pathlib
import re

from . import tree

WARN_LINES, MAX_LINES, MAX_FUNCTION = 400, 800, 100
CODE = {".cpp", ".hpp", ".py", ".js", ".ts", ".css", ".html", ".sh", ".cmake"}
RAW_STRING = re.compile(r'R"([^\s()\\]{0,16})\(.*?\)\1"', re.DOTALL)
NOT_CODE = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.DOTALL)
NO_FUNCTION = re.compile(r"^\s*(?:inline\s+)?(?:namespace|class|struct|union|enum|extern)\b|=\s*$")


def check(root: pathlib.Path, files: list[pathlib.Path], report: tree.Report) -> None:
    for file in files:
        if file.suffix not in CODE and not (file.parts[0] == "scripts" and not file.suffix):
            continue
        content = tree.text(root, file)
        if content is None:
            continue
        lines = content.count("\n")
        if lines > MAX_LINES:
            report.fault(file, lines, f"{lines} lines; split what is over {MAX_LINES}")
        elif lines > WARN_LINES:
            report.warn(file, lines, f"{lines} lines; look again at what is over {WARN_LINES}")
        if tree.is_cpp(file):
            for start, length in functions(content):
                if length > MAX_FUNCTION:
                    report.fault(file, start, f"a function of {length} lines; split what is over {MAX_FUNCTION}")


def functions(content: str):
    """(first line, lines) of each outermost block behind a parameter list. A heuristic: preprocessor branches may fool it."""
    code = blank(NOT_CODE, blank(RAW_STRING, content))
    code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda found: "\n" * found[0].count("\n"), code, flags=re.MULTILINE)
    blocks: list[bool] = []  # per open brace: does it open a function?
    head_start, opened = 0, 0
    for position, sign in ((found.start(), found[0]) for found in re.finditer(r"[{};]", code)):
        if sign == "{":
            head = code[head_start:position]
            is_function = "(" in head and not NO_FUNCTION.search(head) and not any(blocks)
            if is_function:
                opened = code.count("\n", 0, position) + 1
            blocks.append(is_function)
        elif sign == "}" and blocks and blocks.pop():
            yield opened, code.count("\n", 0, position) + 2 - opened
        head_start = position + 1


def blank(pattern: re.Pattern, content: str) -> str:
    """Replace each match by its line breaks, so that line numbers stay."""
    return pattern.sub(lambda found: "\n" * found[0].count("\n"), content)
