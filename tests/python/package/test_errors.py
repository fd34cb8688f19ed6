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
    classes = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, errors.Error) and not name.startswith("_")}
    assert classes == set(errors.__all__)
    assert all(getattr(resonance, name) is getattr(errors, name) for name in classes)
