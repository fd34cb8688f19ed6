"""The verbs that make and change files: what a user sees, and what is on disk afterwards."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess

from looking import rows, with_frames


def test_simulate_is_repeatable_and_quiet_on_request(resonance, tmp_path):
    for name in ("a.db", "b.db"):
        done = resonance("simulate", tmp_path / name, "--runs", 1, "--events", 3, "--shape", "16,16", "--seed", 5, "--quiet")
        assert done.stdout == done.stderr == ""
    tables = [[{k: v for k, v in row.items() if k != "time"} for row in resonance("table", tmp_path / n, -1, "--json").json()] for n in ("a.db", "b.db")]
    assert tables[0] == tables[1] and len(tables[0]) == 3
    told = resonance("simulate", tmp_path / "c.db", "--runs", 2, "--events", 3, "--shape", "16,16", "--json").json()
    assert (len(told["run_uids"]), told["events"], told["frames"]) == (2, 6, 3)


def test_live_simulation_tells_each_event_once_it_is_there(resonance, tmp_beamtime):
    process = resonance.start("simulate", tmp_beamtime, "--runs", 1, "--events", 20, "--rate", 50, "--shape", "16,16", "--live", "--json")
    for number, line in enumerate(process.stdout, start=1):
        told = json.loads(line)
        assert told == {"run": told["run"], "seq_num": number, "acknowledged": True}
        assert rows(tmp_beamtime, "SELECT count(*) FROM events WHERE seq_num = ?", number) == [(1,)]
    assert process.wait(30) == 0 and number == 20


def test_ctrl_c_closes_the_run(resonance, tmp_beamtime):
    process = resonance.start("simulate", tmp_beamtime, "--runs", 1, "--live", "--json", "--rate", 50, "--events", 5000, stderr=subprocess.PIPE)
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    rest, message = process.communicate(timeout=30)
    assert process.returncode == 130 and "interrupted" in message
    run = resonance("ls", tmp_beamtime, "--json").json()[0]
    assert run["exit_status"] in ("aborted", "failed") and run["time_stop"] is not None
    assert run["num_events"] >= 1 + len(rest.splitlines())


def scan(folder, name="scan.csv"):
    path = folder / name
    path.write_text("energy,signal,note\n280.0,1.5,first\n281.0,2.5,\n282.0,3.5,last\n")
    return path


def test_import_goes_on_after_a_bad_file_and_is_idempotent(resonance, tmp_path, tmp_beamtime):
    good = scan(tmp_path)
    call = ("import", tmp_path / "missing.csv", good, tmp_path, "--into", tmp_beamtime, "--sample", "PS", "--tag", "a", "--tag", "b")
    done = resonance(*call, status=3)
    assert done.stdout.startswith("scan.csv: csv, run ") and "3 events, 0 frames" in done.stdout
    assert "missing.csv" in done.stderr and "is a folder" in done.stderr and "1 imported, 0 already there, 2 failed" in done.stderr
    again = resonance("import", good, "--into", tmp_beamtime, "--json").json()
    assert again[0]["already_there"] is True
    runs = resonance("ls", tmp_beamtime, "--json").json()
    assert len(runs) == 1 and runs[0]["sample"] == "PS" and runs[0]["tags"] == ["a", "b"]
    assert resonance("ls", tmp_beamtime, "--tag", "b", "--json").json() == runs
    mixed = json.loads(resonance("import", tmp_path / "missing.csv", good, "--into", tmp_beamtime, "--json", status=3).stdout)
    assert mixed[0]["error"]["code"] == "not_found" and mixed[1]["run_uid"] == runs[0]["uid"]


def test_import_of_a_real_scan_with_its_frames(resonance, data, tmp_beamtime):
    table = next((data / "als-rsoxs-znpc-80276").glob("*-AI.txt"))
    done = resonance("import", table, "--into", tmp_beamtime, "--sample", "ZnPc")
    assert "bcs" in done.stdout and "453 events, 49 frames" in done.stdout
    assert "missing" in done.stdout
    assert "nothing changed" in resonance("import", table, "--into", tmp_beamtime).stdout


def test_init_makes_a_root_with_its_index(resonance, tmp_path):
    root = tmp_path / "data root"
    told = resonance("init", root, "--researcher", "Ada Example", "--json").json()
    assert told["index"] == str(root / "index.db") and told["researcher"] == "Ada Example"
    assert "index.db" in resonance("init", root, "--researcher", "Ada Example").stdout
    assert rows(root / "index.db", "SELECT name FROM researchers") == [("Ada Example",)]
    assert resonance("schema", root / "index.db", "--json").json()["kind"] == "index"


def test_schema_names_version_tables_and_faults(resonance, beamtime):
    text = resonance("schema", beamtime).stdout
    assert "beamtime, version 2 (current)" in text and "no faults" in text
    assert max(map(len, text.splitlines())) <= 80
    told = resonance("schema", beamtime, "--json").json()
    assert (told["kind"], told["user_version"], told["faults"]) == ("beamtime", 2, [])
    assert {t["name"]: t["rows"] for t in told["tables"] if t["core"]}["events"] == 48


def version_1(resonance, path):
    resonance("simulate", path, "--runs", 1, "--events", 2, "--shape", "8,8")
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE image_refs DROP COLUMN compression_codec")
        connection.execute("PRAGMA user_version = 1")


def test_migrate_raises_a_version_1_file_with_a_backup(resonance, tmp_path):
    path = tmp_path / "old.db"
    version_1(resonance, path)
    assert "version 1 would become 2" in resonance("migrate", path, "--dry-run").stdout
    assert rows(path, "PRAGMA user_version") == [(1,)]
    done = resonance("migrate", path)
    assert "version 1 is now 2" in done.stdout and "backup: " in done.stdout
    assert rows(path, "PRAGMA user_version") == [(2,)]
    assert rows(tmp_path / "old.db.v1.bak", "PRAGMA user_version") == [(1,)]
    assert "nothing to do" in resonance("migrate", path).stdout
    assert "downgrade" in resonance("migrate", path, "--to", 1, status=5).stderr
    resonance("migrate", path, "--to", 3, status=8)


def test_stat_counts_what_is_there(resonance, beamtime):
    told = resonance("stat", beamtime, "--json").json()
    assert (told["runs"], told["events"], told["frames"]) == (4, 48, 24)
    assert told["frame_bytes"] == 24 * 32 * 48 * 2 and told["store_bytes"] > 0
    text = resonance("stat", beamtime).stdout
    assert "4 runs" in text and "48 events" in text and "24 frames" in text and "KiB" in text


def test_reading_changes_nothing(resonance, beamtime, tmp_path):
    def state():
        return {path: path.read_bytes() for path in beamtime.parent.rglob("*") if path.is_file()}

    before = state()
    run = with_frames(resonance, beamtime)["uid"]
    for call in (["ls"], ["stat"], ["schema"], ["show", run], ["table", run], ["image", run, "-o", tmp_path / "f.npy"], ["migrate", "--dry-run"]):
        resonance(call[0], beamtime, *call[1:])
    assert state() == before
