"""scripts/check finds what it is there to find: each test plants one fault in a small tree that is otherwise clean."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLEAN = {
    "src/base/text.cpp": '#include "base/text.hpp"\n',
    "src/base/text.hpp": "#pragma once\n",
    "src/base/CMakeLists.txt": "resonance_module(base SOURCES text.cpp)\n",
    "src/sqlite/connection.hpp": '#pragma once\n\n#include <sqlite3.h>\n\n#include "base/text.hpp"\n',
    "src/sqlite/CMakeLists.txt": "resonance_module(sqlite LAYERS base SOURCES connection.cpp)\n",
    "src/catalog/catalog.cpp": '#include "resonance/catalog.hpp"\n\n#include "base/text.hpp"\n#include "sqlite/connection.hpp"\n',
    "src/catalog/CMakeLists.txt": "resonance_module(catalog LAYERS sqlite SOURCES catalog.cpp)\n",
    "src/wire/json.hpp": "#pragma once\n",
    "include/resonance/catalog.hpp": "#pragma once\n\n#include <string>\n",
    "cli/main.cpp": '#include <resonance/catalog.hpp>\n\n#include "wire/json.hpp"\n',
    "README.md": "# Tour\n\nSee [the tour](docs/tour.md#one-frame) and `resonance ls X.db --json`.\n",
    "docs/tour.md": "## One frame\n\n```sh\nresonance ls x.db --since now | head --lines 3  # --other\n```\n\n`--plans` of the bench, `--fast` of the script.\n",
    "bench/compare": '#!/usr/bin/env python3\nparser.add_argument("--plans")\n',
    "scripts/try": "#!/usr/bin/env bash\nset -euo pipefail\necho --fast\n",
}
HELP = """#!/bin/sh
case "$*" in
  --help) printf 'Verbs:\\n  ls  runs\\nOptions:\\n  --json\\n  --help\\n' ;;
  "ls --help") echo '--since TIME' ;;
  *) exit 2 ;;
esac
"""


@pytest.fixture
def tree(tmp_path: pathlib.Path):
    for name, content in CLEAN.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
        if content.startswith("#!"):
            (tmp_path / name).chmod(0o755)
    shutil.copy(ROOT / ".clang-format", tmp_path)
    command = tmp_path / "build/resonance"
    command.parent.mkdir()
    command.write_text(HELP)
    command.chmod(0o755)
    return tmp_path


def check(tree: pathlib.Path, *options: str) -> tuple[int, str]:
    environment = {**os.environ, "RESONANCE_COMMAND": str(tree / "build/resonance")}
    done = subprocess.run([sys.executable, ROOT / "scripts/check", "--root", tree, *options], capture_output=True, text=True, env=environment)
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_a_clean_tree_passes(tree):
    status, said = check(tree)
    assert status == 0, said
    assert "0 faults" in said


FAULTS = {
    "an include of a layer above": ("src/base/text.cpp", '#include "sqlite/connection.hpp"\n', "src/base/text.cpp:1: base/ must not include sqlite/"),
    "an include of a neighbour": ("src/io/file.cpp", '\n#include "sqlite/connection.hpp"\n', "src/io/file.cpp:2: io/ must not include sqlite/"),
    "base that knows the library": ("src/base/text.cpp", '#include "resonance/catalog.hpp"\n', "src/base/text.cpp:1: base/ must not include catalog/"),
    "SQLite outside its folder": ("src/catalog/x.cpp", "#include <sqlite3.h>\n", "src/catalog/x.cpp:1: sqlite3.h is included in src/sqlite/ only"),
    "SQLite in a front": ("cli/main.cpp", "#include <sqlite3.h>\n", "cli/main.cpp:1: a front must not include sqlite3.h"),
    "a front that looks inside": ("cli/main.cpp", '#include "catalog/run.hpp"\n', "cli/main.cpp:1: a front must not include catalog/"),
    "a folder that is no layer": ("src/misc/x.cpp", "\n", "src/misc/x.cpp:1: no layer of that name"),
    "a public header with the inside": ("include/resonance/x.hpp", '#include "base/text.hpp"\n', "a public header includes the library's inside"),
    "a public header with a third party": ("include/resonance/x.hpp", "#include <fmt/format.h>\n", "a public header shows a third party's type"),
    "a file opened elsewhere": ("src/catalog/x.cpp", "#include <fstream>\n", "src/catalog/x.cpp:1: <fstream> is for src/io/ only"),
    "a system call elsewhere": ("src/catalog/x.cpp", "void f(int d) { ::fsync(d); }\n", "src/catalog/x.cpp:1: ::fsync opens or changes a file"),
    "a layer that CMake does not name": (
        "src/catalog/CMakeLists.txt", "resonance_module(catalog LAYERS base SOURCES catalog.cpp)\n",
        "catalog/ includes sqlite/, which LAYERS in src/catalog/CMakeLists.txt does not name"),
    "a layer that CMake names in vain": (
        "src/wire/CMakeLists.txt", "resonance_module(wire LAYERS catalog SOURCES json.cpp)\n",
        "src/wire/CMakeLists.txt:1: LAYERS names catalog, but nothing in src/wire/ includes it"),
    "CMake against the order": (
        "src/base/CMakeLists.txt", "resonance_module(base LAYERS io SOURCES text.cpp)\n", "LAYERS of base must not name io"),
    "a file too long": ("src/base/long.cpp", "\n" * 801, "src/base/long.cpp:801: 801 lines"),
    "a function too long": ("src/base/long.cpp", "namespace n {\nint f() {\n" + "  g();\n" * 100 + "}\n}  // namespace n\n", "src/base/long.cpp:2: a function of 102 lines"),
    "a path of one machine": ("docs/tour.md", "## One frame\n\nLook in /" + "home/someone/data.\n", "docs/tour.md:3: a path of one machine"),
    "a registry": ("scripts/x", "pip install --index" + "-url x\n", "scripts/x:1: a package registry"),
    "a loose end": ("cli/main.cpp", "// TO" + "DO: later\n", "cli/main.cpp:1: a loose end"),
    "a script that does not parse": ("scripts/x.sh", "if true; then\n", "scripts/x.sh:2: bash does not parse it"),
    "a script that goes on after errors": ("scripts/x", "#!/usr/bin/env bash\ntrue\n", "scripts/x:1: a script without"),
    "a verb that is not there": ("docs/tour.md", "## One frame\n\nUse `resonance list x.db`.\n", "docs/tour.md:3: the command has no verb `list`"),
    "an option that is not there": ("docs/tour.md", "## One frame\n\n```\nresonance ls x.db \\\n  --until now\n```\n", "docs/tour.md:4: `resonance ls` has no option --until"),
    "an option alone that is not there": ("docs/tour.md", "## One frame\n\nAdd `--until`.\n", "docs/tour.md:3: no verb of the command, and no script, has the option --until"),
    "an invariant that is not there": ("src/base/text.cpp", "// as it must be (invariant F9)\n", "src/base/text.cpp:1: no page has an invariant F9"),
    "a rule by a number": ("src/base/text.cpp", "/// Values are bound (rule 3).\n", "src/base/text.cpp:1: rule 3 stands nowhere"),
    "an umbrella that lacks a header": ("include/resonance/resonance.hpp", "#pragma once\n", "include/resonance/resonance.hpp:1: it is all of the library, and lacks resonance/catalog.hpp"),
    "JSON that not every parser reads": ("cli/main.cpp", "void f() { out(value.dump()); }\n", "cli/main.cpp:1: JSON that leaves is written by wire::json_text()"),
    "a link to nothing": ("docs/tour.md", "## One frame\n\n[x](gone.md)\n", "docs/tour.md:3: the link gone.md leads nowhere"),
    "a link to no heading": ("docs/tour.md", "## Another\n", "README.md:3: the link docs/tour.md#one-frame names a heading that is not there"),
}


@pytest.mark.parametrize("what", FAULTS)
def test_finds(tree, what):
    file, content, expected = FAULTS[what]
    (tree / file).parent.mkdir(parents=True, exist_ok=True)
    (tree / file).write_text(content)
    status, said = check(tree)
    assert status == 1
    assert expected in said


def test_warns_of_a_file_that_grows_but_passes(tree):
    (tree / "src/base/long.cpp").write_text("\n".join(f"int x{i};" for i in range(401)) + "\n")
    status, said = check(tree)
    assert status == 0, said
    assert "src/base/long.cpp:401: warning: 401 lines" in said


@pytest.mark.skipif(not shutil.which("clang-format-19"), reason="clang-format-19 is not installed")
def test_finds_a_file_that_is_not_formatted(tree):
    (tree / "cli/main.cpp").write_text("int  main( ) { }\n")
    status, said = check(tree)
    assert status == 1
    assert "cli/main.cpp:1: not formatted" in said


def test_says_aloud_that_formatting_was_skipped(tree, monkeypatch):
    (tree / "bin").mkdir()
    for tool in ("git", "bash"):
        (tree / "bin" / tool).symlink_to(shutil.which(tool))
    monkeypatch.setenv("PATH", str(tree / "bin"))
    status, said = check(tree)
    assert status == 0, said
    assert "SKIPPED: formatting of" in said


def test_wants_the_command_for_the_documentation(tree):
    (tree / "build/resonance").unlink()
    status, said = check(tree)
    assert status == 1
    assert "cannot compare the documentation with the command" in said
    assert check(tree, "--no-cli")[0] == 0
