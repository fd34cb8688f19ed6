"""Follows arrays while they grow, as a stock reader does that knows nothing of Resonance.

follow.py READER STOP GROUP...     GROUP: the folder of an array
Polls each array in turn: opens it anew, reads the frames that are new and a few old ones. Ends after a last look when the file STOP
is there. Prints a JSON object: per array the lengths it saw in their order, the pixel sums of each frame (more than one when they
were not always the same), and what went wrong.
"""

import json
import pathlib
import sys
import time

import numpy as np

from readers import open_tensorstore, zarr

OLD_FRAMES = 3  # read again at each poll: their shard may have been sealed in between


def open_zarr(folder):
    return zarr.open_array(folder, mode="r")


def open_array(reader, folder):
    """The array's length, and what reads the frames [first, end)."""
    if reader == "tensorstore":
        array = open_tensorstore(folder.parent, folder.name)
        return array.shape[0], lambda first, end: np.asarray(array[first:end].read().result())
    array = open_zarr(folder)
    return array.shape[0], lambda first, end: array[first:end]


class Follower:
    def __init__(self, reader, folder, seed):
        self.reader, self.folder, self.random = reader, folder, np.random.default_rng(seed)
        self.lengths, self.sums, self.errors = [], {}, []

    def poll(self):
        try:
            self.look()
        except Exception as error:  # whatever it is, it is what a user would have seen
            self.errors.append(f"{type(error).__name__}: {error}"[:300])

    def look(self):
        seen = len(self.sums)
        length, read = open_array(self.reader, self.folder)
        if not self.lengths or self.lengths[-1] != length:
            self.lengths.append(length)
        if length > seen:
            self.note(seen, read(seen, length), length - seen)
        for _ in range(OLD_FRAMES if length else 0):
            old = int(length - 1 - min(self.random.integers(300), length - 1))
            self.note(old, read(old, old + 1), 1)

    def note(self, first, frames, count):
        if len(frames) != count:
            raise ValueError(f"{len(frames)} frames read where {count} were asked for")
        for number, total in enumerate(frames.sum(axis=(1, 2), dtype="int64").tolist(), first):
            sums = self.sums.setdefault(number, [])
            if total not in sums:
                sums.append(total)

    def report(self):
        return {"lengths": self.lengths, "sums": [self.sums[number] for number in sorted(self.sums)], "errors": self.errors}


def main():
    reader, stop, folders = sys.argv[1], pathlib.Path(sys.argv[2]), [pathlib.Path(name) for name in sys.argv[3:]]
    if reader == "zarrs":
        zarr.config.set({"codec_pipeline.path": "zarrs.ZarrsCodecPipeline"})
    followers = [Follower(reader, folder, number) for number, folder in enumerate(folders)]
    last = False
    while not last:
        last = stop.exists()  # looked for first, so that the last poll sees the finished arrays
        for follower in followers:
            follower.poll()
        time.sleep(0.02)
    json.dump([follower.report() for follower in followers], sys.stdout)


if __name__ == "__main__":
    main()
