"""What several tests of the command share."""

import os
import pty
import sqlite3
import subprocess

import pytest


def rows(path, statement, *values):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        return connection.execute(statement, values).fetchall()


def with_frames(resonance, path):
    return next(run for run in resonance("ls", path, "--json").json() if run["num_frames"])


def on_terminal(resonance, *arguments, env=None):
    """What a terminal of 80 columns gets to see on standard output."""
    try:
        leader, follower = pty.openpty()
    except OSError as error:
        pytest.skip(f"no pseudo terminal here: {error}")
    env = {key: value for key, value in {**resonance.env, "TERM": "xterm", **(env or {})}.items() if key != "COLUMNS"}
    process = subprocess.Popen(resonance.arguments(*arguments), stdout=follower, stderr=subprocess.PIPE, env=env)
    os.close(follower)
    shown = b""
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:  # the end, on Linux
            break
        if not part:
            break
        shown += part
    os.close(leader)
    process.communicate()
    return shown.decode(), process.returncode
