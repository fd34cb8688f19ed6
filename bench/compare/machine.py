"""What is measured on: the machine in words, and its limits in figures."""

from __future__ import annotations

import json
import os
import pathlib
import platform
import subprocess


def first_value(file: str, key: str) -> str:
    for line in pathlib.Path(file).read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return "unknown"


def file_system(folder: pathlib.Path) -> str:
    """Type and device of the mount that the folder is on."""
    best = ("", "unknown")
    for line in pathlib.Path("/proc/self/mounts").read_text().splitlines():
        device, place, kind, options, *_ = line.split(" ")
        if folder.is_relative_to(place) and len(place) >= len(best[0]):
            best = (place, f"{kind} on {pathlib.Path(device).name} ({options})")
    return best[1]


def describe(folder: pathlib.Path) -> list[tuple[str, str]]:
    kilobytes = int(first_value("/proc/meminfo", "MemTotal").split()[0])
    return [
        ("cores", f"{os.cpu_count()} × {first_value('/proc/cpuinfo', 'model name')}, {first_value('/proc/cpuinfo', 'cpu MHz')} MHz"),
        ("memory", f"{kilobytes / 1e6:.1f} GB"),
        ("kernel", f"{platform.system()} {platform.release()}"),
        ("file system", file_system(folder.resolve())),
        ("load before", f"{os.getloadavg()[0]:.1f}"),
    ]


def limits(program: pathlib.Path, folder: pathlib.Path) -> list[tuple[str, str]]:
    """memcpy, writing and syncing, as bench/table measures them."""
    command = [str(program), "--benchmark_format=json", "--benchmark_filter=^machine/"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "TMPDIR": str(folder)})
    out = []
    for benchmark in json.loads(done.stdout)["benchmarks"]:
        name = benchmark["run_name"].removeprefix("machine/").split("/")[0]
        if "bytes_per_second" in benchmark:
            out.append((name, f"{benchmark['bytes_per_second'] / 1e9:.2f} GB/s"))
        else:
            out.append((name, f"{benchmark['real_time']:.0f} {benchmark['time_unit']}"))
    return out
