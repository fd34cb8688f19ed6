"""The tools for long runs (tests/crash/): every option is run once, what is told is what was done, and too little time is no success."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts/crash-test"
TOO_SHORT, SKIPPED = 3, 77


@pytest.fixture
def tool(resonance):
    def run(name, *arguments, status=(0,)):
        program = resonance.path.parent / name
        if not program.is_file():
            pytest.skip(f"{name} is not built")
        done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=250)
        assert done.returncode in status, f"{name} {arguments}: status {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    return run


def tried_and_planned(text):
    return [tuple(map(int, pair)) for pair in re.findall(r"(\d+) of (\d+) cases tried", text)]


def test_flips_come_to_both_beamtimes_and_count_what_was_tried(tool):
    said = tool("crash_flips", "--all", "--seconds", 4, "--seed", 1, status=(0, TOO_SHORT)).stdout
    closed, killed, both = tried_and_planned(said)
    assert 0 < closed[0] < closed[1] and 0 < killed[0] < killed[1], said
    assert both == (closed[0] + killed[0], closed[1] + killed[1])


def test_flips_of_one_file_are_all_of_them_and_none_is_missed(tool):
    said = tool("crash_flips", "--file", "runs/zarr.json", "--jobs", 1, "--list", "--seed", 1).stdout
    told = tried_and_planned(said)
    assert len(told) == 3 and all(tried == planned > 10 for tried, planned in told), said
    assert told[0][1] > 67, "each byte of the closed one, and cuts"
    assert "a bit flipped" in tool("crash_flips", "--file", "runs/zarr.json", "--byte", 5, "--seed", 1).stdout


def test_mutants_that_were_not_looked_at_are_not_called_uncaught(tool):
    done = tool("crash_mutants", "--seconds", 1, "--seed", 1, status=(0, TOO_SHORT))
    assert "NOT CAUGHT" not in done.stdout
    caught, planned = map(int, re.search(r"(\d+) of (\d+) caught", done.stdout).groups())
    assert (done.returncode == 0) == (caught == planned)
    told = done.stdout.count("caught by image") + done.stdout.count("not looked at") + done.stdout.count("too few to tell")
    assert told == planned


@pytest.mark.parametrize(
    "call, said",
    [
        (["crash_power", "--scenario", "commit-raw", "--images", 3, "--seed", 1], "3 images of commit-raw"),
        (["crash_points", "--scenario", "recover-alone", "--seconds", 2, "--seed", 1], "recover-alone"),
        (["crash_kill", "--kills", 3, "--seed", 1], "processes killed"),
        (["crash_io_errors", "--scenario", "migrate", "--fault", "EIO once", "--call", 3, "--seed", 1], "1 cases"),
        (["crash_memory", "--cases", 2, "--go-on", "--seed", 1], "2 cases"),
        (["crash_many", "--threads", "--seconds", 1, "--seed", 1], "looks at runs"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_every_option_does_what_the_help_says(tool, call, said):
    assert said in tool(*call, status=(0, TOO_SHORT)).stdout


@pytest.mark.parametrize("name", ["crash_power", "crash_points", "crash_mutants", "crash_kill", "crash_flips", "crash_io_errors", "crash_full_disk", "crash_memory", "crash_many"])
def test_help_is_given_and_what_is_no_option_refused(tool, name):
    assert "--seconds" in tool(name, "--help").stdout
    tool(name, "--no-such-option", "1", status=(2,))


@pytest.mark.parametrize("call", [["crash_power", "--scenario", "none"], ["crash_points", "--scenario", "none"], ["crash_io_errors", "--fault", "none"]])
def test_a_scenario_that_there_is_not_is_no_success(tool, call):
    tool(*call, status=(1, 2))


@pytest.fixture
def built(tmp_path):
    """A build folder whose programs are scripts: they note how long they were told to run, and leave with a status."""
    (tmp_path / "bin").mkdir()

    def program(name, status, text="seed 7"):
        path = tmp_path / "bin" / name
        path.write_text(f'#!/bin/sh\necho "$0 $@" >> {tmp_path}/calls\necho "{text}"\nexit {status}\n')
        path.chmod(0o755)

    def script(*arguments):
        return subprocess.run([SCRIPT, *map(str, arguments), "--built", tmp_path], capture_output=True, text=True, timeout=100, env={**os.environ, "LC_ALL": "C"})

    program.folder, program.script = tmp_path, script
    return program


def seconds_told(folder):
    return [int(number) for number in re.findall(r"--seconds (\d+)", (folder / "calls").read_text())]


def test_the_script_divides_its_minutes_and_gives_what_is_left_to_the_next(built):
    for name in ("crash_kill", "crash_many", "crash_power"):
        built(name, 0)
    done = built.script(1, "--seed", 42)
    assert done.returncode == 0 and "0 of 3 programs found something broken" in done.stdout
    first, second, third = seconds_told(built.folder)
    assert first == 20 and second >= 29 and third >= 58, "each is over at once here, so the next has more"
    assert (built.folder / "calls").read_text().count("--seed 42") == 3


def test_the_script_says_what_is_broken_short_or_skipped_and_its_status_says_so(built):
    built("crash_kill", 0)
    built("crash_many", SKIPPED, "SKIPPED: no")
    done = built.script(1)
    assert done.returncode == 0 and "skipped: crash_many" in done.stdout and "seed 7" in done.stdout
    built("crash_mutants", TOO_SHORT)
    done = built.script(1)
    assert done.returncode == TOO_SHORT and "too little time to come to everything: crash_mutants" in done.stdout
    built("crash_flips", 1, "BROKEN: a promise")
    done = built.script(1)
    assert done.returncode == 1 and "1 of 4 programs found something broken: crash_flips" in done.stdout and "BROKEN: a promise" in done.stdout
    assert built.script(1, "crash_kill").returncode == 0, "only that one"


def test_the_script_refuses_what_it_does_not_know(built):
    built("crash_kill", 0)
    for call in ([], ["0"], ["soon"], [1, "--seed", "x"], [1, "crash_nothing"], [1, "crash_power"]):
        assert built.script(*call).returncode == 2, call
    assert "MINUTES" in subprocess.run([SCRIPT, "--help"], capture_output=True, text=True).stdout
