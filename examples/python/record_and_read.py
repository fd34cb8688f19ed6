"""Record a small energy scan with frames, then find it and read it back: python record_and_read.py scan.db"""

from __future__ import annotations

import sys

import numpy as np
import resonance
from numpy.typing import NDArray


def take_frame(energy: float, noise: np.random.Generator) -> NDArray[np.uint16]:
    """What a camera would give: a ring that brightens at the carbon edge."""
    rows, columns = np.mgrid[-64:64, -64:64]
    ring = np.exp(-(((np.hypot(rows, columns) - 40) / 6) ** 2))
    brightness = 20 + 200 / (1 + np.exp(-(energy - 284) * 2))
    return np.asarray(noise.poisson(brightness * ring), dtype=np.uint16)


def record(database: str) -> str:
    noise = np.random.default_rng(1)
    keys = {
        "energy": resonance.number_key("mono", "eV"),
        "counts": resonance.integer_key("camera"),
        "camera": resonance.image_key("camera", 128, 128, "uint16"),
    }
    with resonance.RunWriter(database) as writer, writer.run("energy_scan", sample="PS-b-PMMA 3", metadata={"edge": "carbon"}) as uid:
        writer.open_stream("primary", keys)
        for energy in np.arange(280.0, 290.0, 0.5):
            frame = take_frame(float(energy), noise)
            writer.write_event("primary", {"energy": energy, "counts": int(frame.sum())}, frames={"camera": frame})
            # when this returns, event and frame survive the end of the process
    return uid  # and now a power cut


def read(database: str, uid: str) -> None:
    with resonance.Catalog(database) as catalog:
        print(catalog.runs())
        run = catalog[uid]
        table = run.table()
        print(table.head(3), table.attrs["units"])
        images = run.images()
        assert np.array_equal(np.asarray(images).sum(axis=(1, 2)), table["counts"])
        energy = run.to_numpy()["energy"]
        edge = images[np.flatnonzero(abs(energy - 284) < 1.5)]
        print(f"{len(edge)} frames around the edge, brightest pixel {edge.max()}")


def main() -> None:
    database = sys.argv[1] if len(sys.argv) > 1 else "scan.db"
    read(database, record(database))


if __name__ == "__main__":
    main()
