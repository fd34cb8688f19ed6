"""What several tests of the command share."""

import sqlite3


def rows(path, statement, *values):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        return connection.execute(statement, values).fetchall()


def with_frames(resonance, path):
    return next(run for run in resonance("ls", path, "--json").json() if run["num_frames"])
