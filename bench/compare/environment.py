"""The Python environment with the peers: build/compare/venv."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FOLDER = ROOT / "build/compare"
PYTHON = FOLDER / "venv/bin/python"
REQUIREMENTS = HERE / "requirements.txt"


def wanted() -> list[str]:
    lines = (line.strip() for line in REQUIREMENTS.read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def make() -> dict[str, str]:
    """Install what is missing. Returns the packages that could not be, each with the last thing that pip said."""
    base = os.environ.get("RESONANCE_PYTHON") or "/usr/bin/python3"
    base = base if os.access(base, os.X_OK) else sys.executable
    version = subprocess.run([base, "--version"], capture_output=True, text=True, check=True).stdout
    stamp, mark = FOLDER / "installed.json", hashlib.sha256((version + REQUIREMENTS.read_text()).encode()).hexdigest()
    if stamp.is_file() and PYTHON.exists() and (was := json.loads(stamp.read_text()))["mark"] == mark:
        return was["failed"]
    FOLDER.mkdir(parents=True, exist_ok=True)
    print(f"compare_frames: installing the peers into {FOLDER / 'venv'}", file=sys.stderr)
    subprocess.run([base, "-m", "venv", "--clear", str(FOLDER / "venv")], check=True)
    failed = {}
    for package in wanted():
        pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--quiet", package]
        done = subprocess.run(pip, capture_output=True, text=True)
        if done.returncode:
            failed[package] = (done.stderr.strip().splitlines() or ["pip failed"])[-1]
            print(f"compare_frames: {package} cannot be installed: {failed[package]}", file=sys.stderr)
    stamp.write_text(json.dumps({"mark": mark, "failed": failed}))
    return failed
