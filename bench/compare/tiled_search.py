"""Tiled with the runs of bench/compare_search: how fast it takes them, and how fast it answers. Run by Tiled's own Python.

tiled_search.py FOLDER RUNS: one JSON object a line. The catalog is SQLite in FOLDER, the server in this process (no network),
the client Tiled's own; a page of 50 with the metadata, as its client fetches it.
"""

import json
import pathlib
import random
import sqlite3
import statistics
import sys
import time

from tiled.catalog import from_uri
from tiled.client import Context, from_context
from tiled.queries import Comparison, FullText, Key
from tiled.server.app import build_app


def runs_of(root: pathlib.Path):
    """Metadata of each run as the beamtimes have it, with the fields of the run beside."""
    for path in sorted(root.rglob("beamtime*.db")):
        connection = sqlite3.connect(path)
        rows = connection.execute(
            "SELECT r.uid, r.plan_name, p.name, r.operator, r.exit_status, r.time_start, r.metadata FROM runs r JOIN samples p ON p.id = r.sample_id"
        )
        for uid, plan, sample, operator, status, start, metadata in rows:
            about = {"uid": uid, "plan_name": plan, "sample": {"name": sample}, "operator": operator, "exit_status": status, "time": start}
            yield uid, {**json.loads(metadata), **about}
        connection.close()


def main() -> None:
    folder, count = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    tree = from_uri(f"sqlite:///{folder}/tiled.db", writable_storage=str(folder / "tiled-data"), init_if_not_exists=True)
    with Context.from_app(build_app(tree)) as context:
        client = from_context(context)
        begin = time.perf_counter()
        samples, words, done = set(), [], 0
        for uid, metadata in runs_of(folder / f"root-{count}"):
            client.create_container(key=uid, metadata=metadata)
            samples.add(metadata["sample"]["name"])
            words.append(metadata["comment"].split()[-1])
            done += 1
        print(json.dumps({"ingest": done / (time.perf_counter() - begin)}))
        names = sorted(samples)
        questions = {
            "newest first": lambda: client.sort(("time", -1)).items()[:50],
            "plan": lambda: client.search(Key("plan_name") == "rsoxs_scan").sort(("time", -1)).items()[:50],
            "sample": lambda: client.search(Key("sample.name") == random.choice(names)).sort(("time", -1)).items()[:50],
            "metadata, few runs": lambda: client.search(Comparison("ge", "sample_x", 5.0)).search(Comparison("le", "sample_x", 5.001)).items()[:50],
            "rare word": lambda: client.search(FullText(random.choice(words))).items()[:50],
            "facets of four keys": lambda: client.distinct("plan_name", "sample.name", "operator", "exit_status", counts=True),
        }
        random.seed(7)
        for name, ask in questions.items():
            times = []
            for _ in range(7):
                begin = time.perf_counter()
                ask()
                times.append((time.perf_counter() - begin) * 1000)
            print(json.dumps({"question": name, "ms": statistics.median(times)}), flush=True)


main()
