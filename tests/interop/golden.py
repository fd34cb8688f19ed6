"""Golden stores: what a release wrote, frozen in tests/golden/<version>/, and what its readers must find.

golden.py [VERSION]   makes a new folder of what the program beside the command writes today; tests/golden/make calls it.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile

import numpy as np

from pixels import CODECS, difference, pixels
from readers import READERS

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests/golden"
UID = "01a318ff9c0070008000000000000000"  # as in write_golden.cpp; the last digit numbers the codecs from 1
FIELDS = {"image": ("uint16", pixels(0, (40, 4, 6), "uint16")), "wave": ("float32", pixels(1, (5, 3, 7), "float32"))}


def versions():
    """The golden folders, oldest first."""
    return sorted((path.parent for path in GOLDEN.glob("v*/manifest.json")), key=lambda path: int(path.name[1:]))


def as_text(frames):
    """Pixels as JSON takes them: what is no finite number, and -0, as text."""
    return [[[str(pixel) if frames.dtype.kind == "f" else int(pixel) for pixel in row] for row in frame] for frame in frames]


def manifest():
    return {
        "runs": [{"uid": UID[:-1] + str(number), "codec": codec} for number, codec in enumerate(CODECS, 1)],
        "fields": {name: {"dtype": dtype, "frames": as_text(frames)} for name, (dtype, frames) in FIELDS.items()},
    }


def expected(described):
    return np.array(described["frames"]).astype(described["dtype"])


def write_today(program, folder):
    """The golden beamtime as it is written now. Returns the path of its database."""
    done = subprocess.run([program, folder / "golden.db"], capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return folder / "golden.db"


def unpack(version, folder):
    with tarfile.open(version / "golden.tar.gz") as archive:
        archive.extractall(folder, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))  # the option is not in all of 3.11
    return folder / "golden.db"


def pack(folder, target):
    """The database and its store, without owner and date."""

    def plain(entry):
        entry.uid = entry.gid = entry.mtime = 0
        entry.uname = entry.gname = ""
        return entry

    with tarfile.open(target, "x:gz") as archive:
        for path in [folder / "golden.db", *sorted((folder / "golden.zarr").rglob("*"))]:
            archive.add(path, path.relative_to(folder), recursive=False, filter=plain)


def main():
    known = versions()
    name = sys.argv[1] if len(sys.argv) > 1 else f"v{int(known[-1].name[1:]) + 1 if known else 1}"
    if not name.startswith("v") or not name[1:].isdigit():
        sys.exit(f"golden: '{name}' is no version; write v2, v3, …")
    target = GOLDEN / name
    if target.exists():
        sys.exit(f"golden: {target} is there; golden stores are never overwritten")
    program = pathlib.Path(os.environ.get("RESONANCE_COMMAND") or ROOT / "build/release/bin/resonance").parent / "write_golden"
    with tempfile.TemporaryDirectory() as folder:
        database = write_today(program, pathlib.Path(folder))
        for run in manifest()["runs"]:
            for field, (_, frames) in FIELDS.items():
                for reader, read in READERS.items():
                    if fault := difference(read(database.with_suffix(".zarr"), f"runs/{run['uid']}/{field}"), frames):
                        sys.exit(f"golden: {reader} reads {field} of {run['codec']} wrong: {fault}")
        target.mkdir(parents=True)
        pack(database.parent, target / "golden.tar.gz")
    (target / "manifest.json").write_text(json.dumps(manifest()).replace("]], [[", "]],\n[[") + "\n")
    print(f"golden: made {target.relative_to(ROOT)}, {(target / 'golden.tar.gz').stat().st_size} bytes")


if __name__ == "__main__":
    main()
