"""One beamtime by many names, from Python: links, the working folder, and what is no beamtime."""

import os
import sqlite3

import numpy as np
import pytest
import resonance
from resonance.api import data as dropin

KEYS = {"x": resonance.number_key("m"), "det": resonance.image_key("c", 4, 6, "uint16")}


@pytest.fixture
def folder(tmp_path):
    for name in ("data", "home", "elsewhere"):
        (tmp_path / name).mkdir()
    return tmp_path


def write(writer, count):
    for i in range(count):
        writer.write_event("primary", {"x": float(i)}, frames={"det": np.full((4, 6), i, "u2")})


def test_who_imports_by_a_link_leaves_the_run_alone_that_is_recorded_by_the_file(folder):
    real, link = folder / "data/scan.db", folder / "home/today.db"
    link.symlink_to("../data/scan.db")
    (folder / "table.csv").write_text("energy,i0\n270.0,1.1\n270.5,1.2\n")
    with resonance.RunWriter(real) as writer:
        uid = writer.open_run("live")
        writer.open_stream("primary", KEYS)
        write(writer, 20)
        resonance.import_file(folder / "table.csv", link)
        with resonance.Catalog(link) as catalog:
            assert catalog.database == real and catalog[uid].state == "live"
            assert np.array_equal(catalog[uid].images("det")[19], np.full((4, 6), 19, "u2"))
        write(writer, 5)
        writer.close_run()
    assert resonance.verify(real, frames=True)
    assert resonance.Catalog(link)[uid].summary().num_events == 25
    assert os.listdir(folder / "home") == ["today.db"]


def test_a_beamtime_is_the_one_that_its_name_led_to_at_first(folder, monkeypatch):
    resonance.simulate(folder / "data/scan.db", runs=1, events=2, shape=(8, 8))
    resonance.simulate(folder / "elsewhere/scan.db", runs=2, events=2, shape=(8, 8))
    monkeypatch.chdir(folder / "data")
    beamtime, catalog = resonance.Beamtime("scan.db"), resonance.Catalog("scan.db")
    images = catalog[-1].images("detector_image")
    monkeypatch.chdir(folder / "elsewhere")
    assert len(beamtime.runs()) == len(catalog.runs()) == 1
    assert images[0].shape == (8, 8) and beamtime.database == catalog.database == folder / "data/scan.db"

    link = folder / "home/current.db"
    link.symlink_to(folder / "data/scan.db")
    beamtime = resonance.Beamtime(link)
    link.unlink()
    link.symlink_to(folder / "elsewhere/scan.db")
    assert len(beamtime.runs()) == 1 and beamtime.database == folder / "data/scan.db"
    assert len(resonance.Beamtime(link).runs()) == 2


def test_a_link_to_nothing_makes_no_beamtime(folder):
    link = folder / "home/today.db"
    link.symlink_to("../data/scan.db")
    for make in (lambda: resonance.RunWriter(link), lambda: resonance.Beamtime(link).writer(), lambda: resonance.simulate(link, runs=1)):
        with pytest.raises(KeyError, match=r"today\.db is a link to .*scan\.db"):
            make()
    with pytest.raises(FileNotFoundError):
        resonance.Catalog(link)
    assert os.listdir(folder / "data") == []


def test_a_beamtime_is_registered_once_by_whatever_name(folder):
    root = folder / "root"
    resonance.init_data_root(root, "Ada")
    (root / "a").mkdir()
    resonance.simulate(root / "a/scan.db", runs=1, events=2)
    (root / "today.db").symlink_to("a/scan.db")
    (folder / "root too").symlink_to("root")
    with dropin.IndexWriter(root / "index.db") as index:
        ada = index.register_researcher("Ada")
        ids = {index.register_beamtime(ada, "March", name) for name in (root / "a/scan.db", root / "today.db", "today.db", folder / "root too/a/scan.db")}
    assert len(ids) == 1
    with resonance.MasterIndex(root) as index:
        index.register_beamtime(root / "today.db")
        assert [beamtime.db_path for beamtime in index.beamtimes] == ["a/scan.db"]


def test_what_is_no_beamtime_is_one_error(folder):
    text, empty = folder / "text.db", folder / "empty.db"
    text.write_text("no database " * 1000)
    empty.touch()
    sqlite3.connect(folder / "other.db").execute("CREATE TABLE t(x)").connection.close()
    resonance.init_data_root(folder / "root")
    for path in (text, empty, folder / "other.db", folder / "root/index.db"):
        for ask in (resonance.Catalog, resonance.statistics, resonance.verify, resonance.repair, lambda p: resonance.back_up(p, folder / "bag")):
            with pytest.raises(resonance.CorruptError):
                ask(path)
    for ask in (resonance.Catalog, resonance.statistics, resonance.verify, resonance.repair, resonance.RunWriter):
        with pytest.raises(ValueError):
            ask(folder)
