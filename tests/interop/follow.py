"""Follows arrays while they grow, as a stock reader does that knows nothing of Resonance.

follow.py READER STOP
Prints a line when it is ready, then takes the folders of the arrays as a JSON list from standard input. Polls each in turn: opens
it anew, reads frames that are new and a few old ones. When the file STOP is there it reads what it has not seen yet, and ends.
Prints a JSON list, for each array the lengths it saw in their order, the pixel sums of each frame (more than one when they were
not always the same), and what went wrong.
"""

import json
import pathlib
import sys
import time

import numpy as np

from readers import open_tensorstore, zarr

NEW_FRAMES = 100  # at most in one look, so that a slow reader looks often, too
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
        self.seen, self.lengths, self.sums, self.errors = 0, [], {}, []

    def poll(self):
        """Returns whether there is more to read."""
        try:
            return self.look()
        except Exception as error:  # whatever it is, it is what a user would have seen
            self.errors.append(f"{type(error).__name__}: {error}"[:300])

    def look(self):
        length, read = open_array(self.reader, self.folder)
        if not self.lengths or self.lengths[-1] != length:
            self.lengths.append(length)
        end = min(length, self.seen + NEW_FRAMES)
        if end > self.seen:
            self.note(self.seen, read(self.seen, end), end - self.seen)
            self.seen = end
        for _ in range(OLD_FRAMES if length else 0):
            old = int(length - 1 - min(self.random.integers(300), length - 1))
            self.note(old, read(old, old + 1), 1)
        return length > self.seen

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
    reader, stop = sys.argv[1], pathlib.Path(sys.argv[2])
    if reader == "zarrs":
        zarr.config.set({"codec_pipeline.path": "zarrs.ZarrsCodecPipeline"})
    print("ready", flush=True)
    followers = [Follower(reader, pathlib.Path(folder), number) for number, folder in enumerate(json.loads(sys.stdin.readline()))]
    ending = more = False
    while not ending or more:
        ending = stop.exists()  # looked for first, so that the last looks see the finished arrays
        more = any([follower.poll() for follower in followers])
        time.sleep(0.02)
    json.dump([follower.report() for follower in followers], sys.stdout)


if __name__ == "__main__":
    main()
