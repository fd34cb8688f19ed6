"""Times as people meet them: those of the facility, whichever machine looks; and what is shown of runs that are not over."""

from __future__ import annotations

import re
import signal

import pytest


def start_in(text):
    """The first time in a table of runs."""
    return re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d", text)[0]


@pytest.fixture
def root(resonance, tmp_path):
    """A run that began in the evening of 13 March on Samoa, which is the morning of 14 March in London."""
    resonance("init", tmp_path / "data", "--zone", "Pacific/Pago_Pago")
    resonance("simulate", tmp_path / "data/march.db", "--runs", 1, "--events", 2, "--shape", "4,4", "--seed", 0)
    return tmp_path / "data"


@pytest.mark.parametrize("machine", ["UTC", "Asia/Tokyo", ":/etc/localtime", "CET-1CEST"])
def test_a_day_that_is_shown_finds_its_run_wherever_one_looks(resonance, root, machine):
    env = {"TZ": machine}
    shown = {start_in(resonance(verb, path, env=env).stdout) for verb, path in (("search", root), ("ls", root), ("ls", root / "march.db"))}
    assert len(shown) == 1, "every verb shows one time"
    day = shown.pop()[:10]
    for verb, path in (("search", root), ("ls", root), ("ls", root / "march.db")):
        assert len(resonance(verb, path, f"on:{day}", "--json", env=env).stdout) > 100
    assert len(resonance("ls", root / "march.db", "--since", day, "--json", env=env).json()) == 1
    assert resonance("ls", root / "march.db", "--until", day, "--json", env=env).json() == []
    assert day == "2026-03-13"
    assert f"{day} 21:00:00 SST" in resonance("show", root / "march.db", -1, env=env).stdout


def test_a_zone_that_is_given_holds_for_questions_and_answers(resonance, root):
    start = start_in(resonance("search", root, "--zone", "Asia/Tokyo").stdout)
    assert start != start_in(resonance("search", root).stdout)
    assert resonance("search", root, f"on:{start[:10]}", "--zone", "Asia/Tokyo", "--count").stdout == "1\n"
    assert resonance("search", root, f"after:{start.replace(' ', 'T')}", "--zone", "Asia/Tokyo", "--count").stdout == "1\n"


def test_init_says_which_zone_it_is(resonance, root):
    assert "Pacific/Pago_Pago" in resonance("init", root).stdout
    assert resonance("init", root, "--json").json()["zone"] == "Pacific/Pago_Pago"
    assert "Europe/Berlin" in resonance("init", root, "--zone", "Europe/Berlin").stdout


def test_a_run_whose_program_is_gone_is_shown_as_dead(resonance, tmp_path):
    db = tmp_path / "x.db"
    live = resonance.start("simulate", db, "--live", "--json", "--rate", 50, "--events", 5000, "--shape", "4,4", "--runs", 1)
    assert live.stdout.readline()
    assert " open" in resonance("ls", db).stdout
    live.send_signal(signal.SIGKILL)
    live.communicate()
    assert " dead" in resonance("ls", db).stdout
    assert "dead" in resonance("show", db, -1).stdout.split("status")[1].splitlines()[0]
    assert resonance("ls", db, "--json").json()[0]["exit_status"] is None


def test_the_index_does_not_claim_to_know_how_far_an_open_run_is(resonance, root):
    live = resonance.start("simulate", root / "live.db", "--live", "--json", "--rate", 50, "--events", 5000, "--shape", "4,4", "--runs", 1)
    try:
        assert live.stdout.readline()
        for _ in range(100):
            line = resonance("search", root, "status:open").stdout.splitlines()
            if line:
                break
        assert line[1].split()[-4:-2] == ["…", "…"]
    finally:
        live.terminate()
        live.communicate()
