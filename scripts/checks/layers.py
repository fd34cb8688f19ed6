"""The layering of docs/architecture.md: who may include whom, and who may touch SQLite and the file system."""

from __future__ import annotations

import pathlib
import re

from . import tree

# A folder of src/ may include the folders of the groups before its own.
GROUPS = [["base"], ["io", "sqlite", "zarr", "query"], ["beamtime"], ["schema", "frames"], ["record", "catalog"], ["annotations", "index", "exchange", "archive", "repair"], ["wire"]]
RANK = {layer: rank for rank, group in enumerate(GROUPS) for layer in group}
ORDER = " <- ".join(group[0] if len(group) == 1 else "{" + ", ".join(group) + "}" for group in GROUPS) + " <- fronts"
FRONTS = ("cli", "python", "server")

# The layer behind each public header. Including the header is including the layer.
BEHIND = {
    "error": "base", "fork": "base", "json": "base", "types": "base", "version": "base",
    "schema": "schema", "beamtime": "schema",
    "run_writer": "record", "recover": "record", "catalog": "catalog", "image_sequence": "catalog", "table": "catalog", "verify": "catalog",
    "annotations": "annotations",
    "index": "index", "search": "index",
    "exchange": "exchange", "simulation": "exchange", "backup": "archive", "repair": "repair",
}
# Public headers that a lower layer may include all the same, and why.
WORDS_FROM_ABOVE = {
    ("frames", "run_writer"): "FrameOptions, which a recorder passes down",
}

# Who may open or change files without src/io/, and why. Asking whether a file is there is free.
FILE_SYSTEM_EXEMPT = {
    "src/io/": "the address of all file access",
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
FILE_HEADERS = {"fstream", "fcntl.h", "sys/mman.h", "sys/stat.h", "sys/file.h"}
FILE_CALLS = re.compile(
    r"\bstd::(?:[io]?fstream|fopen|remove|rename)\b"
    r"|(?<![\w:.>])(?:::)?(?:fopen|freopen|mkstemp|mkdtemp|pwritev?|preadv?|fsync|fdatasync|ftruncate|fallocate|posix_fallocate|mmap)\s*\("
    r"|(?<![\w.>])::(?:open|openat|creat|read|write|rename|unlink|truncate|mkdir|rmdir|flock|link|symlink)\s*\("
    r"|\b(?:std::filesystem|fs)::(?:create_\w+|remove(?:_all)?|rename|copy(?:_file)?|resize_file|permissions)\b")


def check(root: pathlib.Path, files: list[pathlib.Path], report: tree.Report) -> None:
    declared = declared_layers(root, files, report)
    used: dict[str, set[str]] = {layer: set() for layer in declared}
    for file in files:
        if not tree.is_cpp(file):
            continue
        top = file.parts[0]
        lines = (tree.text(root, file) or "").splitlines()
        if top == "src":
            check_source(file, lines, declared, used, report)
        elif top in FRONTS:
            check_front(root, file, lines, report)
        elif top == "include":
            check_public(file, lines, report)
    check_declared(declared, used, report)


def includes(lines: list[str]):
    for number, line in enumerate(lines, 1):
        if found := INCLUDE.match(line):
            yield number, found[1] == '"', found[2]


def check_source(file, lines, declared, used, report) -> None:
    layer = file.parts[1]
    if len(file.parts) < 3 or layer not in RANK:
        report.fault(file, 1, f"no layer of that name: a file of src/ belongs to one of {ORDER}")
        return
    for number, quoted, name in includes(lines):
        if name == "sqlite3.h" and layer != "sqlite":
            report.fault(file, number, "sqlite3.h is included in src/sqlite/ only: use sqlite/connection.hpp")
        if not quoted:
            continue
        target, _, rest = name.partition("/")
        if target == "resonance":
            check_public_edge(file, number, layer, rest.removesuffix(".hpp"), declared, used, report)
        elif target in RANK:
            check_edge(file, number, layer, target, declared, used, report)
        elif not target.endswith((".hpp", ".h")):
            report.fault(file, number, f'"{name}" is in no layer: {ORDER}')
    check_file_system(file, lines, report)


def check_public_edge(file, number, layer, header, declared, used, report) -> None:
    if (layer, header) in WORDS_FROM_ABOVE:
        return
    if header in BEHIND:
        check_edge(file, number, layer, BEHIND[header], declared, used, report)
    else:
        report.fault(file, number, f"resonance/{header}.hpp belongs to no layer: name the one behind it in scripts/checks/layers.py")


def check_edge(file, number, layer, target, declared, used, report) -> None:
    if target == layer:
        return
    if RANK[target] >= RANK[layer]:
        report.fault(file, number, f"{layer}/ must not include {target}/: {ORDER}")
        return
    used.setdefault(layer, set()).add(target)
    if layer in declared and target not in closure(layer, declared):
        report.fault(file, number, f"{layer}/ includes {target}/, which LAYERS in src/{layer}/CMakeLists.txt does not name")


def check_file_system(file, lines, report) -> None:
    if any(str(file).startswith(exempt) for exempt in FILE_SYSTEM_EXEMPT):
        return
    for number, line in enumerate(lines, 1):
        if (found := INCLUDE.match(line)) and found[2] in FILE_HEADERS:
            report.fault(file, number, f"<{found[2]}> is for src/io/ only, so that file errors can be injected under everything else")
        elif found := FILE_CALLS.search(line.split("//")[0]):
            report.fault(file, number, f"{found[0].strip(' (')} opens or changes a file, which only src/io/ may do")


def check_front(root, file, lines, report) -> None:
    for number, quoted, name in includes(lines):
        target = name.partition("/")[0]
        if name == "sqlite3.h":
            report.fault(file, number, "a front must not include sqlite3.h: it sees <resonance/...> and wire/ only")
        elif quoted and target in RANK and target != "wire":
            report.fault(file, number, f"a front must not include {target}/: it sees <resonance/...> and wire/ only")
        elif quoted and target not in ("resonance", "wire") and not is_own(root, file, name):
            report.fault(file, number, f'"{name}" is neither public, nor in wire/, nor in this front')


def is_own(root: pathlib.Path, file: pathlib.Path, name: str) -> bool:
    folders = (root / file.parent, root / file.parts[0], root)
    return any((folder / name).is_file() for folder in folders) and not name.startswith("src/") and ".." not in name


def check_public(file, lines, report) -> None:
    for number, quoted, name in includes(lines):
        if quoted and not name.startswith("resonance/"):
            report.fault(file, number, f'a public header includes the library\'s inside: "{name}"')
        elif not quoted and ("/" in name or "." in name):
            report.fault(file, number, f"a public header shows a third party's type: <{name}>")


def declared_layers(root, files, report) -> dict[str, list[str]]:
    """layer -> LAYERS of its resonance_module(), as written in src/<layer>/CMakeLists.txt."""
    declared = {}
    for file in files:
        if file.parts[0] != "src" or file.name != "CMakeLists.txt" or len(file.parts) < 3:
            continue
        content = re.sub(r"#.*", "", tree.text(root, file) or "")
        found = re.search(r"resonance_module\(\s*(\w+)(.*?)\)", content, re.DOTALL)
        if not found:
            continue
        if found[1] != file.parts[1]:
            report.fault(file, 1, f"resonance_module({found[1]}) in the folder of {file.parts[1]}")
        named = re.search(r"\bLAYERS\b(.*?)(?=\b(?:LIBRARIES|SOURCES)\b|$)", found[2], re.DOTALL)
        declared[found[1]] = named[1].split() if named else []
    return declared


def closure(layer: str, declared: dict[str, list[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = list(declared.get(layer, []))
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(declared.get(name, []))
    return reached


def check_declared(declared, used, report) -> None:
    for layer, names in declared.items():
        file = f"src/{layer}/CMakeLists.txt"
        for name in names:
            if name not in RANK:
                report.fault(file, 1, f"LAYERS names {name}, which is no layer: {ORDER}")
            elif layer in RANK and RANK[name] >= RANK[layer]:
                report.fault(file, 1, f"LAYERS of {layer} must not name {name}: {ORDER}")
            elif name not in used.get(layer, set()):
                report.fault(file, 1, f"LAYERS names {name}, but nothing in src/{layer}/ includes it")
