"""What a wheel must be able to do where nothing else is installed: record, read, copy, repair, and be one with Python's sqlite3."""

import pathlib
import sqlite3
import sys

import numpy as np
import resonance
from resonance import _core, _sqlite
from resonance.api.data.catalog import Catalog
from resonance.api.data.models import SampleMetadata
from resonance.api.data.writer import RunWriter

path = pathlib.Path(sys.argv[1])
frames = np.random.default_rng(0).poisson(9, (8, 40, 30)).astype("u2")
for codec in ("blosc", "zstd", "gzip", "none"):
    with resonance.RunWriter(path, codec=codec) as writer, writer.run(codec, sample="PS"):
        writer.open_stream("primary", {"n": resonance.integer_key("m"), "ccd": resonance.image_key("camera", 40, 30)})
        writer.write_events("primary", {"n": range(8)}, frames={"ccd": frames})
    assert np.array_equal(np.asarray(resonance.Catalog(path)[-1].images()), frames), codec
with RunWriter(path, SampleMetadata("PS")) as writer:
    uid = writer.open_run("scan")
    writer.open_stream("primary", {})
    writer.write_image(writer.write_event({"n": 1}), "detector_image", frames[0])
    writer.close_run()
with Catalog(path) as catalog:
    assert np.array_equal(catalog[uid].images()[0], frames[0]) and catalog[uid].table("primary").n.tolist() == [1]
assert resonance.verify(path, frames=True) and resonance.back_up(path, path.parent / "copy")
assert resonance.Catalog(path)[-2]._repr_html_()
assert sqlite3.connect(path).execute("SELECT count(*) FROM runs").fetchone() == (5,)
for needs in (lambda: resonance.Catalog(path)[-1].arrow(), lambda: resonance.Catalog(path)[-1].images().xarray()):
    try:
        needs()
    except ModuleNotFoundError as error:
        assert "pip install 'resonance[" in str(error)
print(f"resonance {resonance.__version__} on Python {sys.version.split()[0]}, SQLite {_core.sqlite_version()}, shared: {_sqlite.shared}")
