"""The schema functions on any connection of Python's sqlite3."""

import sqlite3

import pytest
from resonance.api.data.schema import (
    BEAMTIME_SCHEMA_VERSION,
    INDEX_SCHEMA_VERSION,
    create_beamtime_schema,
    create_index_schema,
    migrate_beamtime_schema,
    migrate_index_schema,
)

CORE = ["samples", "runs", "streams", "events", "image_refs"]


def tables(connection):
    return [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY rowid")]


def version(connection):
    return connection.execute("PRAGMA user_version").fetchone()[0]


def columns(connection, table):
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


@pytest.fixture(params=[":memory:", "file"])
def connection(request, tmp_path):
    made = sqlite3.connect(":memory:" if request.param == ":memory:" else tmp_path / "x.db")
    yield made
    made.close()


def test_versions():
    assert (BEAMTIME_SCHEMA_VERSION, INDEX_SCHEMA_VERSION) == (2, 1)


def test_a_beamtime_is_created_on_any_connection(connection):
    create_beamtime_schema(connection)
    assert tables(connection)[: len(CORE)] == CORE
    assert version(connection) == 2
    assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
    assert columns(connection, "image_refs")[-1] == "compression_codec"
    assert not connection.in_transaction


def test_creating_twice_changes_nothing(connection):
    create_beamtime_schema(connection)
    before = connection.execute("SELECT * FROM sqlite_master").fetchall(), connection.execute("PRAGMA schema_version").fetchall()
    create_beamtime_schema(connection)
    migrate_beamtime_schema(connection, 2)
    assert (connection.execute("SELECT * FROM sqlite_master").fetchall(), connection.execute("PRAGMA schema_version").fetchall()) == before


def test_the_tables_are_those_that_the_library_makes_itself(connection, tmp_path):
    import resonance

    resonance.RunWriter(tmp_path / "ours.db").close()
    create_beamtime_schema(connection)
    with sqlite3.connect(tmp_path / "ours.db") as ours:
        wanted = ours.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall()
    ours.close()
    assert connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall() == wanted


def test_an_index_is_created_and_migrated(connection):
    migrate_index_schema(connection, 1)
    create_index_schema(connection)
    assert set(tables(connection)) >= {"researchers", "beamtimes", "runs_index"}
    assert version(connection) == 1
    with pytest.raises(RuntimeError, match="downgrade"):
        migrate_index_schema(connection, 0)
    with pytest.raises(NotImplementedError):
        migrate_index_schema(connection, 2)


def test_version_1_gets_its_column_and_keeps_its_rows(connection):
    migrate_beamtime_schema(connection, 1)
    assert version(connection) == 1 and "compression_codec" not in columns(connection, "image_refs")
    connection.execute("INSERT INTO samples(name) VALUES('PS')")
    connection.commit()
    migrate_beamtime_schema(connection, 2)
    assert version(connection) == 2 and "compression_codec" in columns(connection, "image_refs")
    assert connection.execute("SELECT name FROM samples").fetchall() == [("PS",)]


def test_a_file_that_was_stamped_2_without_its_column_is_mended(connection):
    migrate_beamtime_schema(connection, 1)
    connection.execute("PRAGMA user_version = 2")
    migrate_beamtime_schema(connection, 2)
    assert "compression_codec" in columns(connection, "image_refs")


def test_a_downgrade_is_a_runtime_error_and_no_path_is_not_implemented(connection):
    create_beamtime_schema(connection)
    with pytest.raises(RuntimeError, match="downgrade"):
        migrate_beamtime_schema(connection, 1)
    with pytest.raises(NotImplementedError):
        migrate_beamtime_schema(connection, 3)
    connection.execute("PRAGMA user_version = 3")
    with pytest.raises(NotImplementedError):
        create_beamtime_schema(connection)
    with pytest.raises(RuntimeError, match="downgrade"):
        migrate_beamtime_schema(connection, 2)


@pytest.mark.parametrize("isolation_level", ["", None, "IMMEDIATE"])
def test_inside_a_transaction_the_caller_decides(tmp_path, isolation_level):
    connection = sqlite3.connect(tmp_path / "x.db", isolation_level=isolation_level)
    connection.execute("CREATE TABLE mine(a)")
    connection.execute("BEGIN")
    connection.execute("INSERT INTO mine VALUES(1)")
    create_beamtime_schema(connection)
    assert connection.in_transaction
    connection.rollback()
    assert tables(connection) == ["mine"] and version(connection) == 0
    connection.execute("BEGIN")
    connection.execute("INSERT INTO mine VALUES(2)")
    create_beamtime_schema(connection)
    connection.commit()
    assert set(tables(connection)) >= {"mine", *CORE} and version(connection) == 2
    connection.close()


def test_a_failure_inside_a_transaction_leaves_it_open_with_what_it_had(tmp_path):
    connection = sqlite3.connect(tmp_path / "x.db")
    connection.execute("CREATE TABLE runs(something_else)")
    connection.execute("CREATE TABLE mine(a)")
    connection.execute("INSERT INTO mine VALUES(1)")
    assert connection.in_transaction
    with pytest.raises(sqlite3.DatabaseError, match="x.db"):
        create_beamtime_schema(connection)
    connection.commit()
    assert connection.execute("SELECT * FROM mine").fetchall() == [(1,)]
    assert tables(connection) == ["runs", "mine"]
    connection.close()


def test_a_savepoint_of_the_callers_stays(connection):
    connection.isolation_level = None
    connection.execute("SAVEPOINT outer_one")
    create_beamtime_schema(connection)
    connection.execute("ROLLBACK TO outer_one")
    connection.execute("RELEASE outer_one")
    assert tables(connection) == []


def test_row_and_text_factories_of_the_connection_do_not_matter(connection):
    connection.row_factory = lambda cursor, row: {"never": "mind"}
    connection.text_factory = bytes
    migrate_beamtime_schema(connection, 1)
    migrate_beamtime_schema(connection, 2)
    connection.row_factory, connection.text_factory = None, str
    assert "compression_codec" in columns(connection, "image_refs")


def test_a_file_that_is_no_database_is_a_database_error_that_names_it(tmp_path):
    file = tmp_path / "text.db"
    file.write_text("this is not a database\n" * 400)
    connection = sqlite3.connect(file)
    for call in (create_beamtime_schema, create_index_schema, lambda c: migrate_beamtime_schema(c, 2)):
        with pytest.raises(sqlite3.DatabaseError, match="text.db|not a database"):
            call(connection)
    connection.close()


def test_a_locked_file_is_an_operational_error_that_names_it(tmp_path):
    other = sqlite3.connect(tmp_path / "x.db")
    other.execute("BEGIN IMMEDIATE")
    connection = sqlite3.connect(tmp_path / "x.db", timeout=0)
    with pytest.raises(sqlite3.OperationalError, match="x.db"):
        create_beamtime_schema(connection)
    assert not connection.in_transaction
    other.close()
    create_beamtime_schema(connection)
    connection.close()


def test_a_read_only_file_is_an_operational_error(tmp_path):
    sqlite3.connect(tmp_path / "x.db").execute("CREATE TABLE a(b)").connection.close()
    connection = sqlite3.connect(f"file:{tmp_path / 'x.db'}?mode=ro", uri=True)
    with pytest.raises(sqlite3.OperationalError, match="x.db"):
        create_beamtime_schema(connection)
    connection.close()


def test_a_closed_connection_and_other_things_are_refused_as_python_does():
    connection = sqlite3.connect(":memory:")
    connection.close()
    with pytest.raises(sqlite3.ProgrammingError):
        create_beamtime_schema(connection)
    with pytest.raises(TypeError, match="sqlite3.Connection"):
        create_beamtime_schema("x.db")


def test_a_master_index_is_not_made_into_a_beamtime(connection):
    create_index_schema(connection)
    with pytest.raises(sqlite3.DatabaseError, match="master index"):
        create_beamtime_schema(connection)


def test_subclasses_of_connection_work():
    class Mine(sqlite3.Connection):
        pass

    connection = sqlite3.connect(":memory:", factory=Mine)
    create_beamtime_schema(connection)
    assert version(connection) == 2
    connection.close()
