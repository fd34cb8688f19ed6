"""What the documentation says about the command exists, and its links lead somewhere."""

from __future__ import annotations

import functools
import pathlib
import re
import subprocess
from urllib.parse import unquote

from . import tree

SHELL = {"", "sh", "bash", "shell", "console", "text"}  # fenced blocks of these languages may call the command
FENCE = re.compile(r"^\s*(`{3,}|~{3,})\s*(\w*)")
INLINE = re.compile(r"(`+)(.+?)\1")
CALL = re.compile(r"(?<![\w.:/<-])(?:[\w./-]*/)?resonance((?:\s+--?[\w-]+)*)\s+([a-z][a-z-]*)\b([^|;&#>\n`]*)")
OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]*")
LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$")


def check(root: pathlib.Path, files: list[pathlib.Path], report: tree.Report, command: pathlib.Path | None) -> None:
    pages = [file for file in files if file.suffix == ".md" and (len(file.parts) == 1 or file.parts[0] == "docs")]
    for page in pages:
        check_links(root, page, report)
    if not command or not pages:
        return
    if not command.is_file():
        report.fault(pages[0], 1, f"cannot compare the documentation with the command: no {command}; run scripts/setup, or use --no-cli")
        return
    words = Words(command, script_options(root, files))
    for page in pages:
        check_words(root, page, words, report)


class Words:
    """Verbs and options as the command's own help tells them."""

    def __init__(self, command: pathlib.Path, of_scripts: set[str]) -> None:
        self.command = command
        self.of_scripts = of_scripts
        self.general = self.help()
        # a verb stands at the beginning of an indented line of the general help
        self.verbs = set(re.findall(r"^\s+([a-z][a-z-]*)\b", self.general, re.MULTILINE))

    @functools.lru_cache(maxsize=None)
    def help(self, *verb: str) -> str:
        done = subprocess.run([str(self.command), *verb, "--help"], capture_output=True, text=True, timeout=60)
        return done.stdout if done.returncode == 0 else ""

    def has_verb(self, verb: str) -> bool:
        return verb in self.verbs and self.help(verb) != ""

    def options(self, verb: str) -> set[str]:
        return set(OPTION.findall(self.general)) | set(OPTION.findall(self.help(verb)))

    @functools.cached_property
    def all_options(self) -> set[str]:
        return set().union(self.of_scripts, *(self.options(verb) for verb in self.verbs if self.has_verb(verb)))


def script_options(root: pathlib.Path, files: list[pathlib.Path]) -> set[str]:
    """Options that our own scripts take: documentation may name these, too."""
    ours = [file for file in files if file.parts[0] in ("scripts", "bench") and len(file.parts) == 2 and not file.suffix]
    return set().union(*(OPTION.findall(tree.text(root, file) or "") for file in ours), {"--help"})


def code_lines(content: str):
    """(line number, code, is inline) for each line of a shell block and each inline span. Continued lines are joined."""
    fence, shell, joined, joined_at = "", False, "", 0
    for number, line in enumerate(content.splitlines(), 1):
        found = FENCE.match(line)
        if found and (not fence or line.strip() == fence):
            fence, shell = ("", False) if fence else (found[1], found[2] in SHELL)
        elif fence and shell:
            joined_at = joined_at or number
            joined += line.removesuffix("\\") + " "
            if not line.endswith("\\"):
                yield joined_at, joined, False
                joined, joined_at = "", 0
        elif not fence:
            for span in INLINE.finditer(line):
                yield number, span[2].strip(), True


def check_words(root, page, words, report) -> None:
    for number, code, inline in code_lines(tree.text(root, page) or ""):
        if inline and code.startswith("--") and (option := OPTION.match(code)):
            if option[0] not in words.all_options:
                report.fault(page, number, f"no verb of the command, and no script, has the option {option[0]}")
        for call in CALL.finditer(code):
            verb = call[2]
            if not words.has_verb(verb):
                report.fault(page, number, f"the command has no verb `{verb}`")
                continue
            known = words.options(verb)
            for option in OPTION.findall(call[1] + " " + call[3]):
                if option not in known:
                    report.fault(page, number, f"`resonance {verb}` has no option {option}")


def check_links(root, page, report) -> None:
    content = tree.text(root, page) or ""
    for number, line in outside_fences(content):
        for found in LINK.finditer(INLINE.sub("", line)):
            target, _, anchor = unquote(found[1]).partition("#")
            if re.match(r"[a-z][a-z+.-]*:", target):
                continue
            path = (root / page.parent / target).resolve() if target else root / page
            if not path.is_relative_to(root):
                report.fault(page, number, f"the link {found[1]} leaves the project")
            elif not path.exists():
                report.fault(page, number, f"the link {found[1]} leads nowhere")
            elif anchor and path.suffix == ".md" and anchor not in anchors(path.read_text()):
                report.fault(page, number, f"the link {found[1]} names a heading that is not there")


def outside_fences(content: str):
    fence = ""
    for number, line in enumerate(content.splitlines(), 1):
        found = FENCE.match(line)
        if found and (not fence or line.strip() == fence):
            fence = "" if fence else found[1]
        elif not fence:
            yield number, line


def anchors(content: str) -> set[str]:
    """Headings as the anchors that code forges make of them."""
    names: set[str] = set()
    for _, line in outside_fences(content):
        if found := HEADING.match(line):
            name = re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", found[1]).lower()).replace(" ", "-")
            count, unique = 0, name
            while unique in names:
                count += 1
                unique = f"{name}-{count}"
            names.add(unique)
    return names
