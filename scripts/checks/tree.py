"""Which files are looked at, and how faults are told."""

from __future__ import annotations

import pathlib
import subprocess

NOT_OURS = {".git", ".venv", "build", "demo", "node_modules", "__pycache__", ".pytest_cache"}
CPP = {".cpp", ".hpp"}


class Report:
    """Collects faults and warnings; prints them at the end."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.warnings: list[str] = []

    def fault(self, file: pathlib.PurePath | str, line: int, text: str) -> None:
        self.faults.append(f"{file}:{line}: {text}")

    def warn(self, file: pathlib.PurePath | str, line: int, text: str) -> None:
        self.warnings.append(f"{file}:{line}: warning: {text}")

    def skip(self, text: str) -> None:
        self.warnings.append(f"SKIPPED: {text}")

    def finish(self, files: int, quiet: bool) -> int:
        for line in [] if quiet else self.warnings:
            print(line)
        for line in self.faults:
            print(line)
        print(f"scripts/check: {files} files, {len(self.faults)} faults, {len(self.warnings)} warnings")
        return 1 if self.faults else 0


def files(root: pathlib.Path) -> list[pathlib.Path]:
    """Paths below `root`, relative to it: what git tracks or would track, or all but build folders without git."""
    if (root / ".git").exists():
        listing = subprocess.run(
            ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"], capture_output=True)
        if listing.returncode == 0:
            names = {name for name in listing.stdout.decode().split("\0") if name}
            return sorted(path for path in map(pathlib.Path, names) if (root / path).is_file())
    found = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return sorted(path for path in found if not NOT_OURS.intersection(path.parts))


def text(root: pathlib.Path, file: pathlib.Path) -> str | None:
    """The file's text, or None when it is not UTF-8 text."""
    try:
        content = (root / file).read_bytes().decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in content else content


def is_cpp(file: pathlib.Path) -> bool:
    return file.suffix in CPP
