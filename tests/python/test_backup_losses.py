"""What `resonance backup` could not take is named frame by frame, and what an earlier backup has is never replaced by less."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import struct

import pytest

FRAMES = 6  # of each of the two runs that have some


@pytest.fixture
def source(beamtime, tmp_path):
    """A copy of the simulated beamtime that a test may damage."""
    database = tmp_path / "x.db"
    shutil.copy(beamtime, database)
    shutil.copytree(beamtime.with_suffix(".zarr"), database.with_suffix(".zarr"))
    return database


def arrays(database):
    return sorted(path.parent for path in database.with_suffix(".zarr").glob("runs/*/*/zarr.json"))


def number_of_frames(database):
    with sqlite3.connect(database) as connection:
        return dict(connection.execute("SELECT zarr_group, count(*) FROM image_refs GROUP BY 1").fetchall())


def lost(faults):
    """Frames by array, of all faults that name some."""
    out = {}
    for fault in faults:
        for first, last in fault["frames"]:
            out.setdefault(fault["group"], set()).update(range(first, last + 1))
    return out


def sums(folder):
    return {path.relative_to(folder): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def remove_store(database):
    shutil.rmtree(database.with_suffix(".zarr"))


def remove_arrays(database):
    for array in arrays(database):
        shutil.rmtree(array)


def remove_shards(database):
    for array in arrays(database):
        shutil.rmtree(array / "c")


def cut_shards(database):
    for array in arrays(database):
        shard = array / "c/0/0/0"
        shard.write_bytes(shard.read_bytes()[:-5])


def remove_metadata(database):
    for array in arrays(database):
        (array / "zarr.json").unlink()


def damage_metadata(database):
    for array in arrays(database):
        (array / "zarr.json").write_text("{")


def lead_out(database):
    for array in arrays(database):
        (array / "c/0/0/0").rename(database.parent / f"away-{array.parent.name}")
        (array / "c/0/0/0").symlink_to(database.parent / f"away-{array.parent.name}")


@pytest.mark.parametrize("loss", [remove_store, remove_arrays, remove_shards, cut_shards, remove_metadata, damage_metadata, lead_out])
def test_every_frame_that_is_missing_is_named_with_run_and_array(resonance, source, tmp_path, loss):
    named = number_of_frames(source)
    loss(source)
    bag = tmp_path / "bag"
    report = resonance("backup", source, bag, "--json", status=7).json()
    assert lost(report["faults"]) == {group: set(range(count)) for group, count in named.items()}
    for fault in report["faults"]:
        assert fault["run_uid"] in fault["group"] and fault["field"] == "detector_image" and fault["group"] in fault["message"]
    assert report["num_faults"] == len(report["faults"]) == len(named)
    lines = resonance("backup", source, tmp_path / "text", status=7).stdout.splitlines()
    assert len(lines) == len(named) and all("frames 0 to 11 of detector_image" in line for line in lines), lines
    checked = resonance("backup", "--check", bag, "--json", status=7).json()
    assert {fault["run_uid"] for fault in checked["faults"]} == {fault["run_uid"] for fault in report["faults"]}
    assert len(checked["faults"]) == len(named)
    again = resonance("backup", source, bag, "--json", status=7).json()
    assert lost(again["faults"]) == lost(report["faults"]), "nothing is forgotten because it is known"


def test_one_frame_without_an_entry_in_the_index_is_named(resonance, source, tmp_path):
    array = arrays(source)[0]
    shard = array / "c/0/0/0"
    content = bytearray(shard.read_bytes())
    entries = next(
        begin for begin in range(len(content) - 16, 0, -8) if struct.unpack_from("<Q", content, begin)[0] == 0 and 0 < struct.unpack_from("<Q", content, begin + 8)[0] < len(content)
    )
    struct.pack_into("<QQ", content, entries + 16 * 3, 2**64 - 1, 2**64 - 1)
    shard.write_bytes(content)
    [fault] = resonance("backup", source, tmp_path / "bag", "--json", status=7).json()["faults"]
    assert (fault["kind"], fault["frames"], fault["frame"]) == ("missing_frame", [[3, 3]], 3)


@pytest.mark.parametrize("loss", [remove_store, remove_arrays, remove_shards, cut_shards, remove_metadata, damage_metadata])
def test_what_an_earlier_backup_has_stays_as_it_is(resonance, source, tmp_path, loss):
    bag = tmp_path / "bag"
    resonance("backup", source, bag)
    before = sums(bag / "data")
    loss(source)
    report = resonance("backup", source, bag, "--json", status=7).json()
    assert {fault["kind"] for fault in report["faults"]} == {"kept_copy"}
    assert sums(bag / "data") == before
    resonance("backup", "--check", bag, "--frames")


def test_a_shard_that_was_damaged_in_place_does_not_replace_its_copy(resonance, source, tmp_path):
    bag = tmp_path / "bag"
    resonance("backup", source, bag)
    before = sums(bag / "data")
    shard = arrays(source)[0] / "c/0/0/0"
    content = bytearray(shard.read_bytes())
    content[len(content) // 3] ^= 0x10
    shard.write_bytes(content)
    [fault] = resonance("backup", source, bag, "--json", status=7).json()["faults"]
    assert fault["kind"] == "kept_copy" and fault["file"] == str(shard) and len(fault["frames"]) == 1
    assert sums(bag / "data") == before
    shard.write_bytes(shard.read_bytes())  # another time, the same damage
    assert resonance("backup", source, bag, status=7).stdout.count("\n") == 1
    content[len(content) // 3] ^= 0x10
    shard.write_bytes(content)
    resonance("backup", source, bag)


def test_a_shard_that_was_mended_does(resonance, source, tmp_path):
    shard = arrays(source)[0] / "c/0/0/0"
    good = shard.read_bytes()
    cut_shards(source)
    bag = tmp_path / "bag"
    resonance("backup", source, bag, status=7)
    shard.write_bytes(good)
    assert shard.parts[-6] not in resonance("backup", source, bag, status=7).stdout, "only the other one is damaged"
    assert (bag / "data" / shard.relative_to(source.parent)).read_bytes() == good


def delete_a_run(database):
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("DELETE FROM runs WHERE uid = (SELECT max(uid) FROM runs)")


def delete_events(database):
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("DELETE FROM events WHERE seq_num > 4")


def wreck_a_page(database):
    with sqlite3.connect(database) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'idx_events_seq'").fetchone()[0]
    with open(database, "r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"w" * 4096)


@pytest.mark.parametrize("loss", [delete_a_run, delete_events, wreck_a_page])
def test_a_database_that_has_less_does_not_replace_the_one_in_the_backup(resonance, source, tmp_path, loss):
    bag = tmp_path / "bag"
    resonance("backup", source, bag)
    before = sums(bag)
    loss(source)
    for _ in range(2):
        report = resonance("backup", source, bag, "--json", status=7).json()
        assert {fault["kind"] for fault in report["faults"]} == {"kept_copy"} and report["files_copied"] == 0
        assert sums(bag) == before
    resonance("backup", "--check", bag, "--frames")


def test_neither_does_another_beamtime_of_the_same_name(resonance, source, tmp_path):
    bag = tmp_path / "bag"
    resonance("backup", source, bag)
    before = sums(bag)
    (tmp_path / "other").mkdir()
    resonance("simulate", tmp_path / "other/x.db", "--runs", 1, "--events", 2, "--seed", 99)
    assert "no run in common" in resonance("backup", tmp_path / "other/x.db", bag, status=2).stderr
    assert sums(bag) == before
    resonance("backup", "--check", bag)


def test_files_of_others_in_a_bag_stay_and_the_bag_is_valid(resonance, source, tmp_path):
    bagit = pytest.importorskip("bagit")
    bag = tmp_path / "bag"
    resonance("backup", source, bag)
    (bag / "data/a note.txt").write_text("mine")
    (bag / "data/zz").mkdir()
    (bag / "data/zz/more.bin").write_bytes(bytes(1000))
    (bag / "metadata.xml").write_text("<mine/>")
    theirs = bagit.Bag(str(bag))
    theirs.info["Contact-Name"] = "M. E. Thod"
    theirs.save(manifests=True)
    for _ in range(2):
        report = resonance("backup", "--check", bag, "--json", status=None).json()
        assert all(fault["file"].endswith("bag-info.txt") for fault in report["faults"]), "the database is known by its record"
        report = resonance("backup", source, bag, "--json").json()
        assert report["faults"] == [] and [note["kind"] for note in report["notes"]] == ["extra_file"]
        assert bagit.Bag(str(bag)).validate() and bagit.Bag(str(bag)).info["Contact-Name"] == "M. E. Thod"
        resonance("backup", "--check", bag)
    (bag / "manifest-md5.txt").write_text(f"{'0' * 32}  data/x.db\n")
    resonance("backup", source, bag)
    assert bagit.Bag(str(bag)).validate()
    (bag / "data/link").symlink_to("x.db")
    assert "moved away" in resonance("backup", source, bag, status=7).stdout
    assert (bag / "data/a note.txt").read_text() == "mine"


def test_a_copy_without_its_log_gives_a_backup_that_says_the_same(resonance, tmp_path):
    database, copy, bag = tmp_path / "live.db", tmp_path / "copy.db", tmp_path / "bag"
    recording = resonance.start("simulate", database, "--runs", 1, "--events", 5000, "--live", "--rate", 50)
    try:
        while not (tmp_path / "live.db-wal").exists() or b"RSNW" not in database.read_bytes()[:100]:
            assert recording.poll() is None
        shutil.copy(database, copy)
    finally:
        recording.kill()
        recording.wait()
    for arguments in (("backup", copy, bag), ("backup", "--check", bag)):
        faults = resonance(*arguments, "--json", status=7).json()["faults"]
        assert [fault["kind"] for fault in faults] == ["missing_log"], faults
    resonance("backup", database, tmp_path / "whole")
    assert resonance("backup", "--check", tmp_path / "whole", "--json").json()["faults"] == []


@pytest.mark.parametrize("damage", [lambda file: file.unlink(), lambda file: file.write_text("{")], ids=["gone", "damaged"])
@pytest.mark.parametrize("group", ["", "runs", "run"])
def test_a_group_that_readers_of_zarr_cannot_open_is_told(resonance, source, tmp_path, group, damage):
    file = (arrays(source)[0].parent if group == "run" else source.with_suffix(".zarr") / group) / "zarr.json"
    damage(file)
    report = resonance("backup", source, tmp_path / "copy", "--json", status=7).json()
    assert [(fault["kind"], fault["file"]) for fault in report["faults"]] == [("damaged_group" if file.exists() else "missing_group", str(file))]
