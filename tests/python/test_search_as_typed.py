"""Queries as people type them: understood, or the empty answer says how they were read and what may have been meant."""

from __future__ import annotations

import sqlite3

import pytest


@pytest.fixture(scope="module")
def root(resonance, tmp_path_factory):
    """Four runs of 15 March 2026; only read in these tests."""
    folder = tmp_path_factory.mktemp("typed") / "data"
    resonance("init", folder, "--zone", "America/Los_Angeles")
    resonance("simulate", folder / "a.db", "--runs", 4, "--events", 3, "--shape", "8,8", "--seed", 1, "--quiet")
    resonance("tag", folder / "a.db", 1, "good")
    resonance("tag", folder / "a.db", 2, "bad")
    resonance("tag", folder / "a.db", 1, "Jane Doe")
    return folder


def scans(resonance, path, query, verb="search"):
    found = resonance(verb, path, query, "--json").json()
    return sorted(run["scan_id"] for run in (found if isinstance(found, list) else found["runs"]))


@pytest.mark.parametrize(
    "typed, meant",
    [
        ("energy>280 eV", "energy>280eV"),
        ("energy > 0.28 keV", "energy>280eV"),
        ("energy >= 280eV", "energy>=280eV"),
        ("energy => 280", "energy>=280"),
        ("energy≥280", "energy>=280"),
        ("280<energy<290", "energy:280..290"),
        ("280 eV < energy", "energy>280eV"),
        ("energy:280-290", "energy:280..290"),
        ("energy:280 - 290", "energy:280..290"),
        ("energy:280–290 eV", "energy:280..290eV"),
        ("energy:280 to 290", "energy:280..290"),
        ("energy: 280..290", "energy:280..290"),
        ("energy between 280 and 290", "energy:280..290"),
        ("sample:'PS-b-PMMA 1'", 'sample:"PS-b-PMMA 1"'),
        ("sample:“PS-b-PMMA 1”", 'sample:"PS-b-PMMA 1"'),
        ("sample = ‘PS-b-PMMA 1’", 'sample:"PS-b-PMMA 1"'),
        ("plan: rsoxs*", "plan:rsoxs*"),
        ("plan : rsoxs*", "plan:rsoxs*"),
        ("PLAN=RSOXS*", "plan:rsoxs*"),
        ("rsoxs || nexafs", "rsoxs OR nexafs"),
        ("rsoxs && simulated", "rsoxs simulated"),
        ("simulated !rsoxs", "simulated -rsoxs"),
        ("simulated –rsoxs", "simulated -rsoxs"),
        ("date:2026-03-15", "on:2026-03-15"),
        ("date:15.03.2026", "on:2026-03-15"),
        ("date:2026-03", "on:2026-03"),
        ("date:2026-3-15", "on:2026-03-15"),
        ("date>2026-03-01", "after:2026-03-02"),
        ("on:2026-03-15 - 2026-03-16", "on:2026-03-15..2026-03-16"),
        ("after:2026-03-15 01:00", 'after:"2026-03-15 01:00"'),
        ("#3", "scan:3"),
        ("scan:1-2", "scan:1..2"),
        ("duration<10 min", "duration<10min"),
    ],
)
def test_is_understood(resonance, root, typed, meant):
    wanted = scans(resonance, root, meant)
    assert wanted, "the test needs runs to find"
    assert scans(resonance, root, typed) == wanted
    assert scans(resonance, root / "a.db", typed, "ls") == wanted
    assert scans(resonance, root, typed, "ls") == wanted


@pytest.mark.parametrize(
    "typed, words",
    [
        ("rsoxs or nexafs", ['read as: "rsoxs" AND "or" AND "nexafs"', "operators are in upper case", "rsoxs OR nexafs finds 4 runs"]),
        ("rsoxs and not nexafs", ["rsoxs AND NOT nexafs finds 2 runs"]),
        ("plan:rsoxs*||plan:nexafs*", ["operator", "plan:rsoxs* || plan:nexafs* finds 4 runs"]),
        ("tag:Jane Doe", ['tag:"Jane Doe" finds 1 run']),
        ("smaple:PS*", ["no run has a value named 'smaple'", "sample:PS* finds 4 runs"]),
        ("enrgy>280", ["no run has a value named 'enrgy'", "energy>280 finds 4 runs"]),
        ("sample:PS", ["no sample is 'PS'", "sample:*PS* finds 4 runs"]),
        ("sample:PS-b-PMNA-1", ['sample:"PS-b-PMMA 1" finds 2 runs']),
        ("plan=rsoxs", ["plan=*rsoxs* finds 2 runs"]),
        ("tag:good,bad", ["'good,bad' is one value", "(tag:good OR tag:bad) finds 2 runs"]),
        ("energy:280,5", ["decimals stand behind a point", "energy:280.5 finds 4 runs"]),
        ("energy>5 mm", ["read as: energy>5mm", "in these runs energy is", "eV"]),
        ("energy>400", ["in these runs energy is", "eV"]),
        ("scan 17", ["'scan' is looked for as a word", "that is scan:17"]),
        ("energy 280..290", ["energy:280..290 finds 4 runs"]),
        ("after 2026-03-01", ["after:2026-03-01 finds 4 runs"]),
        ("since last year polymerx", ["'since' is looked for as a word"]),
        ("2026-03-15", ["a time needs a name in front", "on:2026-03-15 finds 4 runs"]),
        ("operator:Jane Doe", ['that is operator:"Jane Doe"', "no operator is 'Jane'; there is Simulation"]),
        ("energy:[280,290]", ["'[280,290]' is one value", "energy:280..290 finds 4 runs"]),
        ("energy:280±5", ["energy:275..285 finds 4 runs"]),
        ("energy:~280", ["energy:280 finds 4 runs"]),
        ("energy~280", ["energy:280 finds 4 runs"]),
        ("energy in 280..290", ["energy:280..290 finds 4 runs"]),
        ("energy above 270 sample contains PMMA", ["energy>270 sample:*PMMA* finds 4 runs"]),
        ("energy greater than 270", ["energy>270 finds 4 runs"]),
        ("tag in (good, bad)", ["(tag:good OR tag:bad) finds 2 runs"]),
        ("tag:good|bad", ["(tag:good OR tag:bad) finds 2 runs"]),
        ("tag:!good", ["-tag:good finds 3 runs"]),
        ("without tag:good", ["NOT tag:good finds 3 runs"]),
        ("failed", ["that is status:failed"]),
        ("after 2026-03-01 before 2027", ["after:2026-03-01 before:2027 finds 4 runs"]),
        ("2026-03-15..2026-03-16", ["on:2026-03-15..2026-03-16 finds 4 runs"]),
        ("date:03/15/2026", ["the year stands first", "date:2026-03-15 finds 4 runs"]),
        ("date:04/03/2026", ["that is date:2026-04-03", "that is date:2026-03-04"]),
        ("date:spring", ["'spring' is no time here", "2026-03-15"]),
        ("user:Simulation", ["operator:Simulation finds 4 runs"]),
        ("size>1kB", ["bytes>1kB finds 2 runs"]),
        ("en>280", ["energy>280 finds 4 runs"]),
        ("duration>1h", ["in these runs duration is", " s"]),
        ("energy!=280", ["each run that has energy has 280 among its values"]),
        ("untagged", ["no text has the word 'untagged'"]),
        ("nexaf", ["no text has the word 'nexaf'", "nexaf* finds 2 runs"]),
        ("after:2027", ["began from 2026-03-15", "to 2026-03-15"]),
        ("after:2026-03-16 before:2026-03-15", ["no time is both"]),
        ("plan:rsoxs* tag:bad", ["no run fits all: plan:rsoxs* 2 runs, tag:bad 1 run"]),
    ],
)
def test_or_the_empty_answer_says_how_it_was_read(resonance, root, typed, words):
    for call in (["search", root, typed], ["search", root, typed, "--count"], ["search", root, typed, "--format", "csv"], ["search", root, typed, "--facet"],
                 ["ls", root, typed], ["ls", root / "a.db", typed]):
        done = resonance(*call)
        for each in ["no run is like that", "read as: ", *words]:
            assert each in done.stderr, done.stderr
        assert "--quiet" in call or resonance(*call, "--quiet").stderr == ""


def test_programs_get_the_explanation_as_members(resonance, root):
    done = resonance("search", root, "rsoxs or nexafs", "--json")
    found = done.json()
    assert done.stderr == "" and found["runs"] == [] and found["next"] is None
    assert found["explanation"]["read_as"] == '"rsoxs" AND "or" AND "nexafs"' and "finds 4 runs" in found["explanation"]["hints"][0]
    count = resonance("search", root, "rsoxs or nexafs", "--count", "--json").json()
    assert count == {"count": 0, "explanation": found["explanation"]}
    assert resonance("ls", root / "a.db", "rsoxs or nexafs", "--json").json() == []
    assert set(resonance("search", root, "rsoxs", "--json").json()) == {"runs", "next"}


def test_what_is_said_of_a_query_is_read_as_the_same(resonance, root):
    for query in ["energy>280 eV plan:rsoxs*", "rsoxs OR 42", "date:2026-03-15 -tag:bad", "280<energy<290 sample!='PS'"]:
        said = resonance("search", root, f"({query}) zzz", "--json").json()["explanation"]["read_as"]
        again = resonance("search", root, said, "--json").json()["explanation"]["read_as"]
        assert again == said


@pytest.mark.parametrize(
    "typed, words",
    [
        ("sample:'PS", "column 8: this quote is never closed"),
        ('x sample:"PS', "column 10: this quote is never closed"),
        ("(a b", "column 1: this '(' is never closed"),
        ("a) b", "column 2: this ')' closes nothing"),
        ("energy>280,5", "column 8: expected a number such as 280 or 280eV behind 'energy>', not '280,5': decimals stand behind a point"),
        ("after:lst week", "column 7: expected a time"),
        ("🧪", "column 1: expected a word"),
        ("plan:", "column 6: expected a value"),
        ("280<energy>290", "column 11: expected both ends in one direction"),
    ],
)
def test_a_mistake_is_told_under_its_column(resonance, root, typed, words):
    for call in (["search", root], ["ls", root], ["ls", root / "a.db"]):
        assert words in resonance(*call, typed, status=2).stderr


# --- the options of ls are terms of a query -------------------------------------------------------------------------

OPTIONS = [
    ("--plan", "plan", ["rsoxs_scan", "RSOXS_scan", "NEXAFS*", "*exafs*", "nexafs_sca?", "none"]),
    ("--sample", "sample", ["PS-b-PMMA 1", "ps-b-pmma 1", "PS*", "*pmma 2", 'no "such" \\ one']),
    ("--status", "status", ["success", "failed", "open"]),
    ("--tag", "tag", ["good", "GOOD", "b*", "carbon edge", "none"]),
    ("--since", "after", ["2026-03-15", "2026-03-15 01:01", "2026-03-15T08:01Z", "yesterday", "friday", "last week", "2h", "15.03.2026", "2026"]),
    ("--until", "before", ["2026-03-15", "2026-03-15 01:01", "2026-03-15T08:01Z", "today", "fri", "last month", "1w", "2026"]),
]


@pytest.mark.parametrize("option, field, text", [(option, field, text) for option, field, texts in OPTIONS for text in texts])
def test_an_option_of_ls_is_the_term_of_that_name(resonance, root, option, field, text):
    term = field + ':"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    for path in (root, root / "a.db"):
        wanted = scans(resonance, path, term, "ls")
        assert wanted == scans(resonance, root, term)
        for more in ([], ["*"], [""], ["plan:*"]):
            found = resonance("ls", path, option, text, *more, "--json").json()
            assert sorted(run["scan_id"] for run in found) == wanted
            listed = resonance("ls", path, option, text, *more).stdout.splitlines()[1:]
            assert len(listed) == len(wanted)


def test_an_option_that_is_wrong_is_named(resonance, root):
    for path in (root, root / "a.db"):
        assert "--since 'tuesdy': expected a time such as" in resonance("ls", path, "--since", "tuesdy", status=2).stderr
        assert "column" not in resonance("ls", path, "--until", "tuesdy", "rsoxs", status=2).stderr
        swapped = resonance("ls", path, "--since", "2026-03-16", "--until", "2026-03-15").stderr
        assert "no run meets these conditions" in swapped and "no time is both" in swapped
        assert resonance("ls", path, "--limit", 0).stderr == "" and resonance("ls", path, "--limit", 0, "--json").json() == []


def test_ls_lists_the_same_fields_with_and_without_conditions(resonance, root):
    every = resonance("ls", root / "a.db", "--json").json()
    assert resonance("ls", root / "a.db", "--plan", "*", "--json").json() == every
    assert resonance("ls", root / "a.db", "--plan", "*").stdout == resonance("ls", root / "a.db").stdout


def test_a_run_that_begins_in_another_age_is_told(resonance, tmp_path):
    resonance("init", tmp_path / "r", "--zone", "UTC")
    resonance("simulate", tmp_path / "r" / "a.db", "--runs", 2, "--events", 2, "--shape", "8,8", "--quiet")
    for path in ("r", "r/a.db"):
        assert resonance("ls", tmp_path / path).stderr == ""
    with sqlite3.connect(tmp_path / "r" / "a.db") as database:
        database.execute("UPDATE runs SET time_start = 9.0949e10 WHERE rowid = 1")
    resonance("index", "rebuild", tmp_path / "r", "--quiet")
    for call in (["ls", tmp_path / "r" / "a.db"], ["ls", tmp_path / "r"], ["ls", tmp_path / "r" / "a.db", "plan:*"], ["search", tmp_path / "r"]):
        done = resonance(*call)
        assert "4852-01-2" in done.stdout and "1 of these runs begins in the future" in done.stderr
        assert resonance(*call, "--json").stderr == ""
    for number, scan in ((-1, 2), (-2, 1)):
        assert resonance("show", tmp_path / "r" / "a.db", number, "--json").json()["scan_id"] == scan, "the newest is none of the future"


def test_a_start_that_is_text_is_told(resonance, tmp_path):
    resonance("simulate", tmp_path / "a.db", "--runs", 2, "--events", 2, "--shape", "8,8", "--quiet")
    with sqlite3.connect(tmp_path / "a.db") as database:
        database.execute("UPDATE runs SET time_start = 'noon' WHERE rowid = 2")
    database.close()
    assert "1 of these runs has no start that is a number" in resonance("ls", tmp_path / "a.db").stderr
    assert resonance("show", tmp_path / "a.db", -1, "--json").json()["scan_id"] == 1


@pytest.mark.parametrize(
    "call, words",
    [
        (["nosuchverb", "--help"], "'nosuchverb' is no verb"),
        (["--help", "nosuchverb"], "'nosuchverb' is no verb"),
        (["lss", "-h"], "did you mean 'ls'?"),
        (["--nosuch"], "'--nosuch' is no option"),
        (["index", "snyc", "--help"], "did you mean 'sync'?"),
        (["index", "nosuch"], "is none of add, sync, rebuild"),
        (["ls", "x.db", "--plan", "a", "--plan", "b"], "--plan: it is given more than once"),
        (["ls", "x.db", "--limit", "-1"], "is no whole number"),
        (["ls", "x.db", "--limit", "x"], "is no whole number"),
        (["ls", ""], "the name of the beamtime is empty"),
        (["search", ""], "the name of the data root is empty"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused(resonance, call, words):
    assert words in resonance(*call, status=2).stderr
    assert words in resonance("--json", *call, status=2).stderr


def test_help_stays_help(resonance):
    for call in (["--help"], ["ls", "--help"], ["index", "--help"], ["index", "sync", "--help"], ["ls", "--help", "extra"], ["search", "-h", "x:y"]):
        assert "Usage" in resonance(*call).stdout
