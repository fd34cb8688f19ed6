"""The master index from Python, its questions to one beamtime, and the drop-in's IndexWriter."""

import datetime
import sqlite3

import pytest
import resonance
from resonance.api.data.writer import IndexWriter


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A data root with two researchers, a beamtime of four runs each, indexed."""
    folder = tmp_path_factory.mktemp("root")
    resonance.init_data_root(folder)
    with resonance.MasterIndex(folder) as index:
        index.register_researcher("Jane Doe", email="jane@example.org", root_path="jane")
        index.register_researcher("Max", root_path="max")
    for name, seed in (("jane", 1), ("max", 2)):
        (folder / name).mkdir(exist_ok=True)
        resonance.simulate(folder / name / "march.db", runs=4, events=6, shape=(8, 8), seed=seed)
    with resonance.MasterIndex(folder) as index:
        report = index.sync()
        assert report and report["runs_written"] == 8
    return folder


def test_questions_about_all_beamtimes(root):
    index = resonance.MasterIndex(root)
    runs = list(index.search("plan:rsoxs*"))
    assert len(runs) == 4 and all(run.plan_name == "rsoxs_scan" for run in runs)
    assert {run.researcher for run in runs} == {"Jane Doe", "Max"} and runs[0].beamtime
    assert index.count() == 8 and index.count("plan:rsoxs*") == 4
    facets = index.facets("", ["plan", "researcher"])
    assert facets["plan"].values == {"nexafs_scan": 4, "rsoxs_scan": 4} and facets["researcher"].num_values == 2
    table = index.search("plan:nexafs*", limit=3).to_pandas()
    assert len(table) == 3 and table.index.name == "uid"
    found = index.run(runs[0].uid[:30])
    assert resonance.Catalog(index.database_of(found))[found.uid].plan_name == "rsoxs_scan"
    assert [r.name for r in index.researchers] == ["Jane Doe", "Max"] and len(index.beamtimes) == 2
    assert index.samples("ps*") and index.verify()
    assert list(index.search("plan:nothing")) == [] and index.search("plan:nothing").to_pandas().empty
    for thing in (index, index.search()):
        assert "resonance" in repr(thing)
    assert "<table" in index.search()._repr_html_()


def test_pages_follow_each_other(root):
    index = resonance.MasterIndex(root)
    from resonance import _index

    whole = [run.uid for run in index.search()]
    try:
        _index._PAGE, before = 3, _index._PAGE
        assert [run.uid for run in index.search()] == whole and len(set(whole)) == 8
        assert [run.uid for run in index.search(limit=5)] == whole[:5]
        assert list(index.search(limit=0)) == []
    finally:
        _index._PAGE = before


def test_a_mistake_in_a_query_is_told_at_once(root):
    with pytest.raises(ValueError):
        resonance.MasterIndex(root).search("plan:(")
    with pytest.raises(KeyError):
        resonance.MasterIndex(root).run("zzz")
    with pytest.raises(KeyError):
        resonance.MasterIndex(root / "jane")


def test_one_beamtime_answers_the_same_language(root):
    with resonance.Catalog(root / "jane" / "march.db") as catalog:
        assert [run.scan_id for run in catalog.search("plan:rsoxs*")] == [3, 1] and catalog.count("plan:rsoxs*") == 2
        assert catalog.facets("", ["plan"])["plan"].values == {"nexafs_scan": 2, "rsoxs_scan": 2}
        with pytest.raises(ValueError):
            catalog.search("(")


def test_a_writer_keeps_its_runs_indexed(tmp_path):
    resonance.init_data_root(tmp_path)
    with resonance.RunWriter(tmp_path / "x.db", data_root=tmp_path) as writer, writer.run("scan", sample="PS") as uid:
        pass
    with resonance.MasterIndex(tmp_path) as index:
        assert index.run(uid).exit_status == "success"
    with pytest.raises(RuntimeError):
        index.search()


@pytest.mark.parametrize("name", ["index.db", "another name.db"])
def test_the_index_writer_of_the_drop_in_works_and_is_idempotent(root, tmp_path, name):
    (tmp_path / "jd").mkdir()
    resonance.simulate(tmp_path / "jd" / "march.db", runs=2, events=2, shape=(4, 4))
    uids = [run.uid for run in resonance.Catalog(tmp_path / "jd" / "march.db")]
    for _ in range(2):
        with IndexWriter(tmp_path / name) as writer:
            researcher = writer.register_researcher("J. Doe", "jd", email="j@example.org")
            beamtime = writer.register_beamtime(researcher, "march", "jd/march.db")
            assert writer.register_beamtime(researcher, "march", tmp_path / "jd" / "march.db", time_start=1.7e9) == beamtime
            for uid in uids:
                writer.index_run(uid, researcher, beamtime, "given")
    connection = sqlite3.connect(tmp_path / name)
    assert connection.execute("SELECT name, email, root_path FROM researchers").fetchall() == [("J. Doe", "j@example.org", "jd")]
    assert connection.execute("SELECT researcher_id, label, db_path FROM beamtimes").fetchall() == [(researcher, "march", "jd/march.db")]
    assert {row[0] for row in connection.execute("SELECT uid FROM runs_index WHERE beamtime_id = ? AND researcher_id = ?", (beamtime, researcher))} == set(uids)
    assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    connection.close()
    with pytest.raises(sqlite3.IntegrityError):
        writer.register_beamtime(99, "nobody's", "x.db")
    with pytest.raises(KeyError):
        writer.index_run(uids[0], researcher, 99, "scan")
    with pytest.raises(sqlite3.IntegrityError):
        writer.index_run(uids[0], 99, beamtime, "scan")


def test_a_run_that_only_a_listing_knows_is_indexed_by_what_is_given(tmp_path):
    writer = IndexWriter(tmp_path / "index.db")
    researcher = writer.register_researcher("J", tmp_path / "j")
    beamtime = writer.register_beamtime(researcher, "away", "j/away.db")
    writer.index_run("1" * 32, researcher, beamtime, "scan", time_start=1.7e9, sample_name="PS", tags=["a"])
    writer.index_run("2" * 32, researcher, beamtime, "scan", time_start=1.8e9)
    connection = sqlite3.connect(tmp_path / "index.db")
    assert connection.execute("SELECT uid, plan_name, sample_name, time_start, tags FROM runs_index ORDER BY uid").fetchall() == [
        ("1" * 32, "scan", "PS", 1.7e9, '["a"]'), ("2" * 32, "scan", None, 1.8e9, "[]")]
    connection.close()


def test_a_query_that_finds_nothing_is_explained(root):
    index, catalog = resonance.MasterIndex(root), resonance.Catalog(root / "jane" / "march.db")
    for asked, count in ((index, 8), (catalog, 4)):
        explanation = asked.explain("rsoxs or nexafs")
        assert explanation.read_as == '"rsoxs" AND "or" AND "nexafs"'
        assert any(f"rsoxs OR nexafs finds {count} runs" in hint for hint in explanation.hints)
        assert asked.explain("energy>280 eV") == resonance.Explanation("energy>280eV", [])
        with pytest.raises(resonance.InvalidArgumentError, match="column 8"):
            asked.explain("sample:'PS")
        assert asked.explain("on:2026-03-15", zone="Asia/Tokyo").read_as == "on:2026-03-15"
    assert len(list(catalog.search("energy > 0.28 keV"))) == 4 and index.count("sample:'PS-b-PMMA 1'") == 4


def test_times_are_given_as_people_write_them(root):
    index, catalog = resonance.MasterIndex(root), resonance.Catalog(root / "jane" / "march.db")
    second = catalog.run(2).time_start
    moment = datetime.datetime.fromtimestamp(second, datetime.timezone.utc)
    assert [run.scan_id for run in catalog.find(since=moment)] == [run.scan_id for run in catalog.find(since=second)] == [4, 3, 2]
    assert [run.scan_id for run in catalog.find(until=f"{moment:%Y-%m-%dT%H:%M:%SZ}")] == [1]
    assert [run.scan_id for run in catalog.find(since="2000", until="yesterday", plan="rsoxs*", limit=1)] == [3]
    assert list(catalog.runs(since="2h").index) == []
    with pytest.raises(resonance.InvalidArgumentError, match="expected a time such as 2026-03-01"):
        catalog.find(since="noonish")
    for asked in (index, catalog):
        for zone, hours in (("UTC", 0), ("Etc/GMT-14", 14), ("Etc/GMT+12", -12)):
            local = moment + datetime.timedelta(hours=hours)
            assert asked.count(f"on:{local:%Y-%m-%d}", zone=zone) > 0 == asked.count(f"on:{local - datetime.timedelta(1):%Y-%m-%d}", zone=zone)


def test_the_newest_run_is_none_of_the_future(tmp_path):
    resonance.init_data_root(tmp_path)
    resonance.simulate(tmp_path / "a.db", runs=3, events=2, shape=(8, 8))
    connection = sqlite3.connect(tmp_path / "a.db")
    connection.execute("UPDATE runs SET time_start = 9.0949e10 WHERE rowid = 2")
    connection.commit()
    connection.close()
    index, catalog = resonance.MasterIndex(tmp_path), resonance.Catalog(tmp_path / "a.db")
    index.sync()
    for asked in (index, catalog):
        assert [asked.run(number).scan_id for number in (-1, -2, -3)] == [3, 1, 2]
        with pytest.raises(resonance.NotFoundError):
            asked.run(-4)
