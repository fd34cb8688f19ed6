"""What the command says when something is wrong, and that saying it never decides how it ends."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess

import pytest
from looking import rows, with_frames


def closed_pipe():
    reading, writing = os.pipe()
    os.close(reading)
    return os.fdopen(writing, "wb")


@pytest.mark.parametrize("error", ["closed", "full", "pipe"])
def test_messages_that_nobody_can_read_change_no_exit_status(resonance, tmp_beamtime, error):
    resonance("simulate", tmp_beamtime, "--runs", 1, "--events", 2, "--shape", "8,8", "--quiet")
    for call, status in ([("ls", "nosuch"), 3], [("tag", tmp_beamtime, "-1", "x"), 0], [("frobnicate",), 2], [("ls", "nosuch", "--json"), 3],
                         [("table", tmp_beamtime, "-1", "-o", tmp_beamtime.with_name("t.csv")), 0]):
        if error == "closed":
            done = subprocess.run(["sh", "-c", 'exec "$@" 2>&-', "sh", *resonance.arguments(*call)], stdout=subprocess.PIPE)
        else:
            with open("/dev/full", "wb") if error == "full" else closed_pipe() as sink:
                done = subprocess.run(resonance.arguments(*call), stdout=subprocess.PIPE, stderr=sink)
        assert done.returncode == status, call
    assert rows(tmp_beamtime, "SELECT count(*) FROM run_tags WHERE tag = 'x'") == [(1,)]
    assert rows(tmp_beamtime, "PRAGMA integrity_check") == [("ok",)]


def test_no_file_takes_the_place_of_a_closed_standard_file(resonance, tmp_beamtime):
    """Messages would be written into it."""
    call = resonance.arguments("simulate", tmp_beamtime, "--runs", 1, "--events", 3, "--shape", "8,8")
    done = subprocess.run(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *call])
    assert done.returncode == 10  # standard output cannot be written
    assert resonance("verify", tmp_beamtime, "--frames").stderr.splitlines()[0].endswith("0 faults")


@pytest.mark.parametrize(
    "call, words",
    [
        (["search", "x", "--limit"], "--limit: its value is missing"),
        (["--frobnicate"], "'--frobnicate' is no option; name a verb"),
        (["ls", ""], "the name of the beamtime is empty"),
        (["simulate", "x.db", "--level", "99"], "--level 99: blosc takes 0 to 9"),
        (["simulate", "x.db", "--codec", "gzip", "--level", "-2"], "--level -2: gzip takes 0 to 9"),
        (["import", "scan.csv", "--into", "x.db", "--codec", "zstd", "--level", "23"], "--level 23: zstd takes"),
        (["simulate", "x.db", "--shard-mib", "0"], "--shard-mib 0: write 1 to 65536"),
        (["search", ""], "the name of the data root is empty"),
        (["ls", "x.db", "--nonsense"], "put -- in front of it"),
    ],
)
def test_wrong_calls_say_what_is_wrong_in_the_words_of_the_command(resonance, tmp_path, call, words):
    (tmp_path / "scan.csv").write_text("energy,signal\n280.0,1.5\n")
    done = resonance(*call, status=2, cwd=tmp_path)
    assert words in done.stderr and done.stderr.count("\n") == 1 and done.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == ["scan.csv"]


def test_an_import_that_fails_in_part_has_one_json_object_on_standard_error(resonance, tmp_path):
    (tmp_path / "f.csv").write_text("energy,signal\n280.0,1.5\n")
    done = resonance("import", "none.csv", "f.csv", "no2.csv", "--into", "z.db", "--json", status=3, cwd=tmp_path)
    assert json.loads(done.stderr)["error"]["code"] == "not_found" and "none.csv" in done.stderr
    assert ["error" in report for report in done.json()] == [True, False, True]


def test_verify_tells_a_broken_page_once_and_names_repair(resonance, tmp_beamtime):
    resonance("simulate", tmp_beamtime, "--runs", 2, "--events", 200, "--shape", "8,8", "--quiet")
    [(page,)] = rows(tmp_beamtime, "SELECT rootpage FROM sqlite_schema WHERE name = 'streams'")
    [(size,)] = rows(tmp_beamtime, "PRAGMA page_size")
    with open(tmp_beamtime, "r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    done = resonance("verify", tmp_beamtime, status=7)
    faults = done.stdout.splitlines()
    assert faults and len(faults) == len(set(faults))
    assert f"'resonance repair {tmp_beamtime}'" in done.stderr
    told = resonance("verify", tmp_beamtime, "--json", status=7).json()
    assert len(told["faults"]) == told["num_faults"] == len(faults)
    assert f"{len(faults)} fault" in done.stderr


def test_the_end_of_the_terminal_closes_the_run(resonance, tmp_beamtime):
    process = resonance.start("simulate", tmp_beamtime, "--runs", 1, "--live", "--json", "--rate", 50, "--events", 5000, stderr=subprocess.PIPE)
    process.stdout.readline()
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGHUP
    run = resonance("ls", tmp_beamtime, "--json").json()[0]
    assert run["exit_status"] in ("aborted", "failed") and run["time_stop"] is not None


def test_under_nohup_it_goes_on(resonance, tmp_beamtime):
    call = resonance.arguments("simulate", tmp_beamtime, "--runs", 1, "--live", "--json", "--rate", 50, "--events", 40)
    process = subprocess.Popen(["sh", "-c", 'trap "" HUP; exec "$@"', "sh", *call], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    process.stdout.readline()
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert resonance("ls", tmp_beamtime, "--json").json()[0]["num_events"] == 40


def test_uids_are_taken_in_upper_case_and_with_hyphens(resonance, beamtime, tmp_path):
    uid = with_frames(resonance, beamtime)["uid"]
    hyphens = "-".join([uid[:8], uid[8:12], uid[12:16], uid[16:20], uid[20:]])
    for name in (uid.upper(), hyphens, hyphens.upper(), hyphens[:20], uid[:12].upper()):
        assert resonance("show", beamtime, name, "--json").json()["uid"] == uid
    for call in (["table"], ["tag"], ["note"], ["tail"], ["verify"], ["image", "-o", tmp_path / "f.png"]):
        resonance(call[0], beamtime, hyphens.upper(), *call[1:])
    resonance("show", beamtime, "ZZZZ", status=3)


def test_a_uid_that_was_recorded_with_hyphens_is_found_as_it_is(resonance, tmp_beamtime):
    resonance("simulate", tmp_beamtime, "--runs", 1, "--events", 2, "--shape", "8,8", "--quiet")
    uid = "01234567-89AB-cdef-0123-456789abcdef"
    with sqlite3.connect(tmp_beamtime) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("UPDATE runs SET uid = ?", (uid,))
    assert resonance("show", tmp_beamtime, uid, "--json").json()["uid"] == uid
