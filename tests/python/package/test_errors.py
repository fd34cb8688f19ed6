"""Errors by the border table: what a program catches is what it expects."""

import builtins
import errno
import pickle
import sqlite3

import pytest
import resonance
from resonance import _core, errors


def raised(code, **detail):
    with pytest.raises(resonance.Error) as caught:
        _core._raise(code, "reading x.db: it is broken", **detail)
    return caught.value


@pytest.mark.parametrize("code, name, python", _core._error_rows())
def test_each_code_is_the_class_of_the_border_table_and_a_resonance_error(code, name, python):
    error = raised(code)
    wanted = getattr(builtins, python, None) or getattr(resonance, python)
    assert isinstance(error, wanted)
    assert isinstance(error, resonance.Error)
    assert error.code == name
    assert str(error) == "reading x.db: it is broken"


@pytest.mark.parametrize("code, name, python", _core._error_rows())
def test_each_code_of_a_database_keeps_its_class_and_tells_file_and_byte(code, name, python):
    error = raised(code, file="x.db", offset=17, database=True)
    assert isinstance(error, getattr(builtins, python, None) or getattr(resonance, python))
    assert (error.file, error.offset) == ("x.db", 17)


@pytest.mark.parametrize("name, wanted", [("corrupt", sqlite3.DatabaseError), ("busy", sqlite3.OperationalError), ("io", sqlite3.OperationalError),
                                          ("no_space", sqlite3.OperationalError), ("not_found", sqlite3.OperationalError)])
def test_what_sqlite_reports_is_a_sqlite3_error_too(name, wanted):
    code = next(code for code, each, _ in _core._error_rows() if each == name)
    assert isinstance(raised(code, database=True), wanted)


def test_os_errors_have_an_errno_and_a_file_name():
    error = raised(9, file="x.zarr/c/0", errno=errno.EDQUOT)
    assert (error.errno, error.filename) == (errno.EDQUOT, "x.zarr/c/0")
    assert raised(8).errno == errno.ENOSPC


def test_errors_can_be_sent_to_another_process():
    error = pickle.loads(pickle.dumps(raised(6, file="x.db", offset=3, database=True)))
    assert isinstance(error, resonance.CorruptError) and isinstance(error, sqlite3.DatabaseError)
    assert (str(error), error.file, error.offset, error.code) == ("reading x.db: it is broken", "x.db", 3, "corrupt")


def test_the_module_lists_every_public_class():
    classes = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, (errors.Error, Warning)) and not name.startswith("_")}
    assert classes == set(errors.__all__)
    assert all(getattr(resonance, name) is getattr(errors, name) for name in classes)


def test_errors_raised_in_python_are_sent_as_they_are(tmp_path):
    from resonance.api.data import catalog, writer

    for kind in (resonance.NotFoundError, writer._StreamExistsError, writer._NoSuchEventError, catalog._ClosedError, errors._DatabaseNotFoundError, resonance.IoError):
        error = pickle.loads(pickle.dumps(kind("what happened")))
        assert type(error) is kind and str(error) == "what happened" and error.args == ("what happened",)


def test_a_missing_file_is_a_file_not_found_error_and_sent_as_one(tmp_path, simulated):
    for call in (lambda: resonance.import_file(tmp_path / "none.csv", tmp_path / "x.db"), lambda: resonance.MasterIndex(tmp_path / "no"), lambda: resonance.check_backup(tmp_path / "no"),
                 lambda: resonance.Catalog(tmp_path / "none.db")):
        with pytest.raises(FileNotFoundError) as caught:
            call()
        error = pickle.loads(pickle.dumps(caught.value))
        assert isinstance(error, resonance.NotFoundError) and isinstance(error, KeyError) and type(error) is type(caught.value)
        assert error.filename == error.file == caught.value.file and error.errno == errno.ENOENT and str(error) == str(caught.value)
    with pytest.raises(KeyError) as caught:
        resonance.Catalog(simulated)["zz"]
    assert not isinstance(caught.value, FileNotFoundError)
