#!/usr/bin/env python3
"""One round of one peer, in a process of its own: worker.py PEER append|random|stack|prepare|check|describe FOLDER WORK PIXELS

WORK is a JSON object (works.Work), PIXELS the .npy file with the frames. The answer is one line of JSON on standard output.
"""

import json
import pathlib
import shutil
import sys
import time

sys.dont_write_bytecode = True
import peers  # noqa: E402


def append(peer, folder: pathlib.Path, work, pixels) -> dict:
    """Making the empty store is not counted; closing it and bringing all to stable storage is."""
    folder.mkdir(exist_ok=True)
    store = folder / "store"
    writer = peer.create(store, work)
    started = time.perf_counter()
    writer.append(pixels)
    writer.close()
    peers.sync_tree(store)
    return {"frames": work.frames, "seconds": time.perf_counter() - started}


def append_warm(peer, folder, work, pixels) -> dict:
    """The first round of a process pays for pages, threads and modules that the others find: done in a store of its own."""
    few = work.with_frames(min(work.frames, max(8, work.block)))
    append(peer, folder / "warm", few, pixels)
    shutil.rmtree(folder / "warm")
    return append(peer, folder, work, pixels)


def prepare(peer, folder, work, pixels) -> dict:
    """The store that the reading rounds read."""
    return append(peer, folder, work, pixels)


def random(peer, folder, work, pixels) -> dict:
    reader = peer.open(folder / "store", work)
    order = peers.random_order(work.frames, work.reads)
    reader.frame(0)
    started = time.perf_counter()
    for number in order:
        reader.frame(number)
    return {"frames": work.reads, "seconds": time.perf_counter() - started}


def stack(peer, folder, work, pixels) -> dict:
    reader = peer.open(folder / "store", work)
    reader.stack()
    started = time.perf_counter()
    for _ in range(work.reads):
        reader.stack()
    return {"frames": work.reads * work.frames, "seconds": time.perf_counter() - started}


def check(peer, folder, work, pixels) -> dict:
    """The store holds what was given; read back as the peer reads it."""
    reader = peer.open(folder / "store", work)
    for number in (0, work.frames // 2, work.frames - 1):
        if not (reader.frame(number) == pixels[number % len(pixels)]).all():
            raise ValueError(f"frame {number} of {work.frames} is not what was written")
    if work.kind == "stack":
        everything = reader.stack()
        if everything.shape != (work.frames, work.side, work.side) or not (everything[-1] == pixels[(work.frames - 1) % len(pixels)]).all():
            raise ValueError("the stack is not what was written")
    return {}


VERBS = {"append": append_warm, "prepare": prepare, "random": random, "stack": stack, "check": check}


def main() -> None:
    name, verb, folder, work, pixels = sys.argv[1:]
    peer = peers.find(name)
    if verb == "describe":
        print(json.dumps({"versions": peer.versions(), "how": peer.HOW}))
        return
    work = peers.Work(**json.loads(work))
    if why := peer.cannot(work):
        print(json.dumps({"unsupported": why}))
        return
    import numpy

    print(json.dumps(VERBS[verb](peer, pathlib.Path(folder), work, numpy.load(pixels))))


if __name__ == "__main__":
    main()
