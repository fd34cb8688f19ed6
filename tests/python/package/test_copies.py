"""Copies of a beamtime that lack something say so in Python, too; frames that are not as declared never get in."""

from __future__ import annotations

import shutil
import warnings

import numpy as np
import pytest

import resonance


@pytest.fixture
def live(tmp_path):
    writer = resonance.RunWriter(tmp_path / "live.db")
    writer.open_run("scan")
    writer.open_stream("primary", {"x": resonance.number_key("m"), "ccd": resonance.image_key("camera", 8, 8, "uint16")})
    writer.write_event("primary", {"x": 1.0}, frames={"ccd": np.zeros((8, 8), np.uint16)})
    yield tmp_path / "live.db"
    writer.close()


def test_a_copy_without_its_log_warns_and_says_what_is_missing(live, tmp_path):
    copy = tmp_path / "copy.db"
    shutil.copy(live, copy)
    with pytest.warns(resonance.IncompleteCopyWarning, match="copy.db-wal"):
        catalog = resonance.Catalog(copy)
    assert "copy.db-wal" in catalog.missing_log
    report = resonance.verify(copy)
    assert not report and "missing_log" in {fault["kind"] for fault in report.faults}


def test_a_live_beamtime_and_a_closed_one_lack_nothing(live):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        catalog = resonance.Catalog(live)
    assert catalog.missing_log is None and catalog.missing_store is None


def test_a_copy_without_its_frames_warns(live, tmp_path):
    copy = tmp_path / "frameless.db"
    shutil.copy(live, copy)
    shutil.copy(f"{live}-wal", f"{copy}-wal")
    with pytest.warns(resonance.IncompleteCopyWarning, match="frameless.zarr is not there"):
        catalog = resonance.Catalog(copy)
    assert catalog.missing_log is None and "frameless.zarr" in catalog.missing_store


@pytest.mark.parametrize("shape", [(16, 16), (8, 16)])
def test_frames_that_are_not_as_declared_are_refused_however_they_come(tmp_path, shape):
    writer = resonance.RunWriter(tmp_path / "x.db", codec="gzip")
    writer.open_run("scan")
    writer.open_stream("primary", {"ccd": resonance.image_key("camera", 8, 8, "uint16")})
    event = writer.write_event("primary", {})
    wrong = np.zeros(shape, np.uint16)
    for write in (
        lambda: writer.write_event("primary", {}, frames={"ccd": wrong}),
        lambda: writer.write_frame(event, "ccd", wrong),
        lambda: writer.write_frames([event], "ccd", wrong[None]),
        lambda: writer.write_encoded_frames([event], "ccd", [b"x", b"x"], height=shape[0], width=shape[1], dtype="uint16"),
        lambda: writer.write_frame(event, "ccd", np.zeros((8, 8), np.float32)),
    ):
        with pytest.raises(resonance.InvalidArgumentError, match="declared as 8x8 uint16"):
            write()
    writer.close()
    assert resonance.verify(tmp_path / "x.db", frames=True)["frames"] == 0
