"""A program for `resonance.api.data`, as it was written for the package that Resonance replaces: python as_before.py scan.db"""

from __future__ import annotations

import sys

import numpy as np
from resonance.api.data.catalog import Catalog
from resonance.api.data.models import SampleMetadata
from resonance.api.data.writer import RunWriter


def main() -> None:
    path = sys.argv[1] if len(sys.argv) > 1 else "scan.db"
    sample = SampleMetadata(name="PS-b-PMMA 3", formula="C8H8", tags=["film"])
    with RunWriter(path, sample) as writer:
        uid = writer.open_run("en_scan", metadata={"edge": "carbon"})
        writer.open_stream("primary", {"energy": {"dtype": "number", "shape": [], "source": "mono", "units": "eV"}})
        for energy in (283.0, 284.0, 285.0):
            event = writer.write_event({"energy": energy}, {"energy": 1.77e9})
            writer.write_image(event, "detector_image", np.full((64, 64), int(energy), np.uint16))
        writer.close_run()
    with Catalog(path) as catalog:
        run = catalog[uid]
        print(run.table("primary"), run.images().shape, run.images()[-1].mean())


if __name__ == "__main__":
    main()
