"""Queries on the command line: what is a query and what an option, columns in messages, and results for spreadsheets."""

from __future__ import annotations

import csv
import datetime
import io
import os
import pty
import subprocess

import pytest


@pytest.fixture(scope="module")
def root(resonance, tmp_path_factory):
    """Eight runs in two beamtimes; only read in these tests."""
    folder = tmp_path_factory.mktemp("search") / "data"
    resonance("init", folder, "--zone", "America/Los_Angeles")
    for seed, name in enumerate(["march", "a long name of a beamtime"]):
        resonance("simulate", folder / f"{name}.db", "--runs", 4, "--events", 3, "--shape", "8,8", "--seed", seed, "--quiet")
    resonance("tag", folder / "march.db", -1, "bad")
    return folder


def uids(done):
    found = done.json()
    return [run["uid"] for run in (found if isinstance(found, list) else found["runs"])]


@pytest.mark.parametrize("verb", ["search", "ls"])
def test_a_query_may_begin_with_a_minus(resonance, root, verb):
    path = root if verb == "search" else root / "march.db"
    every = uids(resonance(verb, path, "--json"))
    good = uids(resonance(verb, path, "NOT tag:bad", "--json"))
    assert len(good) == len(every) - 1
    for call in (["-tag:bad"], ["--", "-tag:bad"], ["--limit", "50", "-tag:bad"], ["-tag:bad", "-has:nothing"], ["-has:nothing", "--", "-tag:bad"],
                 ["plan:*", "-tag:bad", "--limit=50"]):
        assert uids(resonance(verb, path, "--json", *call)) == good
    assert uids(resonance("--json", verb, "--", path, "-tag:bad")) == good
    assert uids(resonance(verb, path, "-has:nothing", "--json")) == every
    assert "Usage" not in resonance(verb, path, "-has:operator").stdout
    assert "Usage: resonance " + verb in resonance(verb, path, "-h").stdout
    assert "Usage: resonance " + verb in resonance(verb, path, "-tag:bad", "--help").stdout
    assert "-- '--tag:bad'" in resonance(verb, path, "--tag:bad", status=2).stderr
    assert " -- -" in resonance(verb, "--help").stdout


def test_names_of_facets_are_one_value(resonance, root):
    plans = resonance("search", root, "--facets", "plan", "sample:*2", "--json").json()
    assert [facet["name"] for facet in plans] == ["plan"] and sum(value["count"] for value in plans[0]["values"]) == 4
    both = resonance("search", root, "--facets", "plan,sample", "sample:*2", "--json").json()
    assert [facet["name"] for facet in both] == ["plan", "sample"]
    assert resonance("search", root, "--facets", "plan", "--facets", "sample", "sample:*2", "--json").json() == both


def test_facets_are_csv_on_request_and_no_count(resonance, root):
    table = list(csv.DictReader(io.StringIO(resonance("search", root, "--facets", "plan", "--format", "csv").stdout)))
    assert table == [{"facet": "plan", "value": plan, "count": "4"} for plan in ("nexafs_scan", "rsoxs_scan")]
    assert resonance("search", root, "--facet", "--format", "json").json() == resonance("search", root, "--facet", "--json").json()
    assert "--count" in resonance("search", root, "--facet", "--count", status=2).stderr


def test_an_empty_query_is_every_run(resonance, root):
    for path in (root, root / "march.db"):
        every = uids(resonance("ls", path, "--json"))
        assert uids(resonance("ls", path, "", "--json")) == every
        assert uids(resonance("ls", path, "  ", "--plan", "*", "--json")) == every
    assert len(uids(resonance("search", root, "", "--json"))) == 8


@pytest.mark.parametrize(
    "call, words",
    [
        (["foo OR"], "column 7: expected a term behind 'OR', not the end"),
        (["foo OR", "--plan", "x", "--since", "2020-01-01"], "column 7: expected a term behind 'OR', not the end"),
        (["a) (b", "--plan", "x"], "column 2"),
        (["--sample", ""], "--sample: its value is empty"),
        (["foo", "--tag", " "], "--tag: its value is empty"),
        (["--since", ""], "--since: its value is empty"),
    ],
)
def test_messages_name_the_column_of_the_query_and_the_option(resonance, root, call, words):
    for path in (root, root / "march.db"):
        done = resonance("ls", path, *call, status=2)
        assert words in done.stderr and done.stderr.count("\n") == 1


def test_conditions_hold_for_the_whole_query(resonance, root):
    path = root / "march.db"
    plan = uids(resonance("ls", path, "--plan", "rsoxs*", "--json"))
    assert uids(resonance("ls", path, "sample:*1 OR sample:*2", "--plan", "rsoxs*", "--json")) == plan


def test_a_cursor_that_is_none_is_told_in_words_of_the_command(resonance, root):
    said = resonance("search", root, "--cursor", "garbage", status=2).stderr
    assert "--cursor 'garbage'" in said and "::" not in said


def test_csv_has_its_header_always_and_times_that_people_read(resonance, root):
    runs = resonance("search", root, "--json").json()["runs"]
    done = resonance("search", root, "--format", "csv", env={"TZ": "America/Los_Angeles"})
    table = list(csv.DictReader(io.StringIO(done.stdout)))
    assert list(table[0]) == list(runs[0])
    for row, run in zip(table, runs, strict=True):
        for name in ("time_start", "time_stop"):
            assert row[name].endswith("-07:00")
            assert datetime.datetime.fromisoformat(row[name]).timestamp() == pytest.approx(run[name], abs=1e-6)
    zone = resonance("search", root, "--format", "csv", "--limit", 1, "--zone", "Asia/Tokyo").stdout
    assert "+09:00" in zone
    assert resonance("search", root, "plan:none", "--format", "csv").stdout == done.stdout.splitlines()[0] + "\n"


def test_that_there_are_more_stands_behind_the_table(resonance, root):
    done = subprocess.run(resonance.arguments("search", root, "--limit", 2), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=resonance.env)
    lines = done.stdout.splitlines()
    assert len(lines) == 4 and lines[0].startswith("uid") and "--cursor " in lines[3]
    following = resonance("search", root, "--limit", 2, "--cursor", lines[3].split()[-1], "--json")
    assert uids(following) == uids(resonance("search", root, "--json"))[2:4]


def test_on_a_terminal_there_is_no_cursor_to_read(resonance, root):
    try:
        leader, follower = pty.openpty()
    except OSError as error:
        pytest.skip(f"no pseudo terminal here: {error}")
    subprocess.run(resonance.arguments("search", root, "--limit", 2), stdout=follower, stderr=follower, env=resonance.env)
    os.close(follower)
    last = os.read(leader, 65536).decode().splitlines()[-1]
    os.close(leader)
    assert "there are more" in last and "--limit" in last and len(last) <= 80


def test_narrow_columns_keep_what_tells_runs_apart(resonance, root):
    lines = resonance("search", root).stdout.splitlines()
    assert max(map(len, lines)) <= 80 and "…" in lines[1]
    for line, run in zip(lines[1:], resonance("search", root, "--json").json()["runs"], strict=True):
        assert f"{run['sample'][-3:]} " in line, line
    assert any("march.db" in line for line in lines)
