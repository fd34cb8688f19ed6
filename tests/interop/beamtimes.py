"""Beamtimes as other programs write them."""

import json
import sqlite3
import uuid


def add_run(database, groups, codec="blosc"):
    """A run with one event per frame number, and a field for each of `groups`: field -> (zarr_group, shape, dtype).

    As the Python package does it: delete journal, random uids, and `codec` whatever zarr.json says. Returns the run's uid.
    """
    run, stream = uuid.uuid4().hex, uuid.uuid4().hex
    events = [uuid.uuid4().hex for _ in range(max((shape[0] for _, shape, _ in groups.values()), default=0))]
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute(
            "INSERT INTO runs(uid, plan_name, time_start, time_stop, exit_status, num_events, metadata) VALUES(?, 'scan', 1, 2, 'success', ?, '{}')",
            (run, len(events)))
        connection.execute("INSERT INTO streams VALUES(?, ?, 'primary', '{}', 1)", (stream, run))
        rows = [(event, stream, number + 1, 1 + number / 10, json.dumps({"number": number}), None) for number, event in enumerate(events)]
        connection.executemany("INSERT INTO events VALUES(?, ?, ?, ?, ?, ?)", rows)
        connection.executemany(
            "INSERT INTO image_refs(event_uid, field_name, zarr_group, index_in_stack, shape_x, shape_y, dtype, compression_codec) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
            [(events[number], field, group, number, *shape[1:], str(dtype), codec)
             for field, (group, shape, dtype) in groups.items() for number in range(shape[0])])
    connection.close()
    return run
