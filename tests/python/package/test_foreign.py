"""Stores that go from one package to the other: made with Python's sqlite3 and zarr-python as the original does it, and the reverse."""

import hashlib
import json
import sqlite3
import uuid

import numpy as np
import pytest
import resonance
import zarr
from resonance.api.data.catalog import Catalog
from resonance.api.data.models import SampleMetadata
from resonance.api.data.schema import create_beamtime_schema, migrate_beamtime_schema
from resonance.api.data.writer import RunWriter

FRAMES = np.random.default_rng(5).poisson(20, (6, 12, 20)).astype("uint16")
FRAMES[2] = 0  # zarr-python writes no file for a frame of zeros


def write_like_the_original(path, version=2):
    """One commit at the end, delete journal, random uids, one unsharded array that grows frame by frame, "blosc" whatever it is."""
    connection = sqlite3.connect(path)
    if version == 2:
        create_beamtime_schema(connection)
    else:
        migrate_beamtime_schema(connection, version)
    connection.execute("INSERT INTO samples(name, tags, extra) VALUES('PS', '[\"film\"]', '{\"nm\": 80}')")
    run, stream = uuid.uuid4().hex, uuid.uuid4().hex
    connection.execute("INSERT INTO runs VALUES(?,1,'en_scan',1.77e9,1.77e9+60,'success',6,NULL,'{\"edge\": \"carbon\"}')", (run,))
    connection.execute("INSERT INTO streams VALUES(?,?,'primary','{\"energy\": {\"units\": \"eV\"}, \"detector_image\": {}}',1.77e9)", (stream, run))
    group = zarr.open_group(str(path.with_suffix(".zarr")), mode="a")
    array = group.create_array(f"runs/{run}/detector_image", shape=(0, 12, 20), chunks=(1, 12, 20), dtype="uint16")
    for i, frame in enumerate(FRAMES):
        event = uuid.uuid4().hex
        data = {"energy": 280.0 + i, "note": "ok" if i else None, "big": 2**53 + 1 + i, "odd": float("nan") if i == 3 else 1e-7}
        connection.execute("INSERT INTO events VALUES(?,?,?,?,?,'{}')", (event, stream, i + 1, 1.77e9 + i, json.dumps(data)))
        array.resize((i + 1, 12, 20))
        array[i] = frame
        codec = ("blosc",) if version == 2 else ()
        names = "event_uid, field_name, zarr_group, index_in_stack, shape_x, shape_y, dtype" + (", compression_codec" if codec else "")
        values = (event, "detector_image", f"runs/{run}/detector_image", i, 12, 20, "uint16", *codec)
        connection.execute(f"INSERT INTO image_refs({names}) VALUES({','.join('?' * len(values))})", values)
    connection.commit()
    connection.close()
    return run


@pytest.mark.parametrize("version", [1, 2])
def test_a_store_of_the_original_opens_in_both_interfaces_and_is_not_changed(path, version):
    uid = write_like_the_original(path, version)
    before = hashlib.sha256(path.read_bytes()).digest()
    with Catalog(path) as c:
        run = c[uid]
        table = run.table("primary")
        assert table.energy.tolist() == [280.0 + i for i in range(6)] and table.big.tolist() == [2**53 + 1 + i for i in range(6)]
        assert np.isnan(table.odd[3]) and table.note.tolist()[1:] == ["ok"] * 5
        np.testing.assert_array_equal(run.images()[:], FRAMES)
        np.testing.assert_array_equal(run.images()[2], FRAMES[2])
        assert run.sample == SampleMetadata("PS", tags=["film"], extra={"nm": 80}, id=1)
    with resonance.Catalog(path) as c:
        assert c[uid].table().attrs["units"]["energy"] == "eV"
        assert c[uid].table().big.dtype == np.int64
        np.testing.assert_array_equal(np.asarray(c[uid].images()), FRAMES)
        assert c[uid].state == "closed"
    assert hashlib.sha256(path.read_bytes()).digest() == before


@pytest.mark.parametrize("version", [1, 2])
def test_runs_of_both_live_in_one_file(path, version):
    theirs = write_like_the_original(path, version)
    with RunWriter(path, SampleMetadata("PS")) as w:
        ours = w.open_run("after")
        w.open_stream("primary", {})
        w.write_image(w.write_event({"energy": 1.5}), "detector_image", FRAMES[0])
        w.close_run()
    assert w.sample.id == 1
    if version == 2:
        again = write_like_the_original_into(path)
    with Catalog(path) as c:
        assert {r.uid for r in c.recent(10)} == {theirs, ours} | ({again} if version == 2 else set())
        np.testing.assert_array_equal(c[theirs].images()[:], FRAMES)
        np.testing.assert_array_equal(c[ours].images()[0], FRAMES[0])
    assert resonance.verify(path, frames=True), resonance.verify(path, frames=True).faults


def write_like_the_original_into(path):
    """Its writer runs its statements again on a file that has our side tables, too."""
    connection = sqlite3.connect(path)
    create_beamtime_schema(connection)
    uid = uuid.uuid4().hex
    connection.execute("INSERT INTO runs(uid, sample_id, plan_name, time_start, exit_status, time_stop) VALUES(?, 1, 'theirs', 1.9e9, 'success', 1.9e9)", (uid,))
    connection.commit()
    connection.close()
    return uid


@pytest.mark.parametrize("codec", ["blosc", "none", "zstd", "gzip"])
def test_ours_is_read_with_sqlite3_and_zarr_alone(path, codec):
    with resonance.RunWriter(path, codec=codec) as w, w.run("scan", sample="PS"):
        w.open_stream("primary", {"energy": resonance.number_key("mono", "eV"), "ccd": resonance.image_key("camera", 12, 20)})
        for i, frame in enumerate(FRAMES):
            w.write_event("primary", {"energy": 280.0 + i}, frames={"ccd": frame})
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT e.seq_num, e.data, r.zarr_group, r.index_in_stack, r.shape_x, r.shape_y, r.dtype, r.compression_codec "
                              "FROM events e JOIN image_refs r ON r.event_uid = e.uid ORDER BY e.seq_num").fetchall()
    connection.close()
    group = zarr.open_group(str(path.with_suffix(".zarr")), mode="r")
    assert len(rows) == 6
    for seq_num, data, name, number, height, width, dtype, stored in rows:
        assert json.loads(data) == {"energy": 279.0 + seq_num} and (height, width, dtype, stored) == (12, 20, "uint16", codec)
        np.testing.assert_array_equal(group[name][number], FRAMES[seq_num - 1])


def test_the_real_scan_says_its_counts(data, tmp_path):
    """Every frame of a reflectivity scan of beamline 11.0.1.2, against the sum that the beamline wrote."""
    table = next((data / "als-rsoxs-znpc-80276").glob("*-AI.txt"), None)
    if table is None:
        pytest.skip("no ALS scan in the data")
    beamtime = resonance.Beamtime(tmp_path / "als.db")
    report = beamtime.import_file(table, sample="ZnPc")
    assert report["frames"] > 0 and not report["damaged_frames"]
    assert beamtime.import_file(table)["already_there"]
    run = beamtime[report["run_uid"]]
    images, events = run.images(), run.table()
    assert len(images) == report["frames"]
    counts = next(name for name in events.columns if name.lower().startswith("counts"))
    for image, seq_num in zip(images, images.seq_nums, strict=True):
        assert int(image.sum(dtype=np.int64)) == int(events.loc[seq_num, counts])
    np.testing.assert_array_equal(np.asarray(images).sum((1, 2), dtype=np.int64), events.loc[images.seq_nums, counts])
    assert beamtime.verify(frames=True)
    with Catalog(tmp_path / "als.db") as c:
        dropin = c[run.uid].images(run.fields[0])
        assert dropin.shape == images.shape and int(dropin[0].sum(dtype=np.int64)) == int(images[0].sum(dtype=np.int64))


def test_an_import_is_told_how_to_read_a_table(tmp_path):
    file = tmp_path / "t.csv"
    file.write_text("from a spreadsheet\ncode;when;x\n% note\n007;2026-03-14 12:00:00;1,234\n")
    with pytest.raises(resonance.Error, match="in none of the formats"):
        resonance.import_file(file, tmp_path / "x.db")
    report = resonance.import_file(file, tmp_path / "x.db", columns={"code": "integer", "when": "time"}, delimiter=";", decimal=",", comment="%", skip=1, zone="Europe/Berlin")
    run = resonance.Catalog(tmp_path / "x.db")[report["run_uid"]]
    table = run.table()
    assert list(table["code"]) == [7] and list(table["x"]) == [1.234] and list(table["time"]) == [1773486000.0]
    for wrong in ({"columns": {"code": "date"}}, {"columns": {"none": "text"}, "skip": 1}, {"decimal": ";"}, {"delimiter": "ab"}, {"zone": "Nowhere/At_All", "skip": 1}):
        with pytest.raises(resonance.Error):
            resonance.import_file(file, tmp_path / "y.db", **wrong)
    with pytest.raises(TypeError):
        resonance.import_file(file, tmp_path / "y.db", skip="one")
