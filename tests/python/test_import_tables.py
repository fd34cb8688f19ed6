"""Tables of text as people have them: what becomes of numbers, names, units and times, and what is told."""

from __future__ import annotations

import json
import os
import sqlite3

import pytest

MODIFIED = 1790000000  # 2026-09-21T14:13:20Z


class Imported:
    """One file, imported: its columns, and what was told."""

    def __init__(self, resonance, folder, content, *options, name="t.csv"):
        file = folder / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        os.utime(file, (MODIFIED, MODIFIED))
        beamtime = folder / "x.db"
        report = resonance("import", file, "--into", beamtime, "--json", *options).json()[0]
        self.notes = report["notes"]
        with sqlite3.connect(beamtime) as connection:
            uid = report["run_uid"]
            (keys,) = connection.execute("SELECT data_keys FROM streams WHERE run_uid = ?", (uid,)).fetchone()
            rows = connection.execute("SELECT time, data FROM events JOIN streams ON stream_uid = streams.uid WHERE run_uid = ? ORDER BY seq_num", (uid,)).fetchall()
        self.keys = json.loads(keys)
        self.times = [time for time, _ in rows]
        self.rows = [json.loads(data) for _, data in rows]

    def __getitem__(self, name):
        return [row[name] for row in self.rows]

    def type(self, name):
        return self.keys[name]["dtype"]

    def told(self, text):
        return any(text in note for note in self.notes)


@pytest.fixture
def imported(resonance, tmp_path):
    return lambda content, *options, **more: Imported(resonance, tmp_path, content, *options, **more)


@pytest.fixture
def refused(resonance, tmp_path):
    def refuse(content, *options):
        file = tmp_path / "t.csv"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        message = resonance("import", file, "--into", tmp_path / "x.db", *options, status=None)
        assert message.returncode != 0
        assert not (tmp_path / "x.db").exists()
        return message.stderr

    return refuse


# Numbers


def test_integers_keep_every_digit_wherever_they_stand(imported):
    table = imported("id,beside,hole,minus\n18446744073709551615,1.5,,-9223372036854775809\n20240301123456789012,9007199254740993,20240301123456789013,+7\n")
    assert table["id"] == [18446744073709551615, 20240301123456789012] and table.type("id") == "integer"
    assert table["beside"] == [1.5, 9007199254740993] and table.type("beside") == "number"
    assert table["hole"] == [None, 20240301123456789013]
    assert table["minus"] == [-9223372036854775809, 7]


def test_integers_of_a_scan_table_keep_every_digit(imported):
    table = imported("Scan Type: x\nTime\tFrame #\tticks\n19:43:33\t1.00000000\t9636911691583032833\n19:43:34\t2.00000000\t6369116913924\n", name="a-AI.txt")
    assert table["ticks"] == [9636911691583032833, 6369116913924.0]


@pytest.mark.parametrize("cells", [["7e3104", "1"], ["1E5", "PS-1"], ["12E4", "13E4"], ["0x1F", "0x20"], ["1_000", "2"], ["inf", "PS"], ["nan", "PS"],
                                   ["007", "008"], ["1e999", "2"], ["1e-999", "2"], ["infinity", "Infinity"]])  # fmt: skip
def test_text_that_looks_like_a_number_stays_text(imported, cells):
    assert imported("sample,i0\n" + "".join(f"{cell},1.5\n" for cell in cells))["sample"] == cells


def test_exponents_without_a_sign_are_numbers_where_their_neighbours_or_units_are(imported):
    table = imported("a,flux (1/s),name\n1e5,1e5,1E5\n1.5,2e5,2E5\n")
    assert table["a"] == [1e5, 1.5] and table["flux (1/s)"] == [1e5, 2e5] and table["name"] == ["1E5", "2E5"]
    assert table.told('column "name" is text: "1E5" (line 2) may be a name')


def test_words_of_other_languages_for_numbers(imported):
    table = imported("a,b,c\n1.5D-09,1.#QNAN,NaN\n-2.5d+03,1.#INF,\n+.5,-1.5,NaN\n")
    assert table["a"] == [1.5e-9, -2500, 0.5]
    assert str(table["b"]) == "[nan, inf, -1.5]" and str(table["c"]) == "[nan, None, nan]"


def test_words_for_missing_values_are_missing_in_columns_of_numbers_and_told(imported):
    table = imported("i0,name\n1.5,NA\nN/A,Fe\n-,null\n--,-\n,\n")
    assert table["i0"] == [1.5, None, None, None, None] and table["name"] == ["NA", "Fe", "null", "-", None]
    assert table.told('"i0": "N/A" (line 3) was taken as a missing value')


@pytest.mark.parametrize("text", ["energy;i0\n270,0;1,1E-9\n270,5;1,25E-9\n", "energy\ti0\n270,0\t1,1E-9\n270,5\t1,25E-9\n",
                                  'energy,i0\n"270,0","1,1E-9"\n"270,5","1,25E-9"\n', "energy i0\n270,0 1,1E-9\n270,5 1,25E-9\n",
                                  '# energy, i0\n"270,0", "1,1E-9"\n"270,5", "1,25E-9"\n'])  # fmt: skip
def test_decimal_commas_are_read_and_told(imported, text):
    table = imported(text)
    assert table["energy"] == [270.0, 270.5] and table["i0"] == [1.1e-9, 1.25e-9]
    assert table.told('"270,0" (line 2) was read as 270.0')


def test_decimal_commas_of_a_scan_table(imported):
    table = imported("Scan Type: x\nTime\tFrame #\tBeamline Energy\n19:43:33\t1,00000000\t282,49678857\n19:43:41\t2,00000000\t283,0\n", name="a-AI.txt")
    assert table["Beamline Energy"] == [282.49678857, 283.0] and table["Frame #"] == [1.0, 2.0]


def test_signs_between_groups_are_read_where_they_leave_no_doubt(imported):
    table = imported('energy,counts,euro\n270.0,"1,234,567","1,234.5"\n270.5,"999","2,000.25"\n')
    assert table["counts"] == [1234567, 999] and table["euro"] == [1234.5, 2000.25] and table.told("was read as 1234567")
    table = imported("energy;counts\n270,25;1.234.567\n270,5;12\n")
    assert table["energy"] == [270.25, 270.5] and table["counts"] == [1234567, 12]


def test_one_comma_before_three_digits_is_never_read_in_silence(imported):
    table = imported("a;b\n1,234;x\n5,678;y\n")
    assert table["a"] == ["1,234", "5,678"] and table.told("--decimal says which")
    assert imported("a;b\n1,234;x\n5,678;y\n", "--decimal", "comma")["a"] == [1.234, 5.678]
    assert imported("a;b\n1,234;x\n5,678;y\n", "--decimal", "point")["a"] == [1234, 5678]
    table = imported("a;b\n1,234;1,5\n5,678;2,5\n")
    assert table["a"] == [1.234, 5.678] and table.told('"1,234" (line 2) was read as 1.234')
    table = imported("a;b\n1,234;1.5\n5,678;2.5\n")
    assert table["a"] == [1234, 5678] and table.told('"1,234" (line 2) was read as 1234')
    assert imported("a;b\n1.234;1,5\n5.678;2,5\n")["a"] == ["1.234", "5.678"]


def test_a_cell_that_makes_a_column_text_is_named(imported):
    table = imported("energy,i0\n270.0,1\n270.5,beam lost\n271.0,2\n")
    assert table["i0"] == ["1", "beam lost", "2"] and table.told('column "i0" is text, as line 3 says "beam lost"')
    assert imported("a;b\n1'234,5;12%\n").told('"1\'234,5" (line 2) is no number as it stands')
    assert not imported("name,i0\nPS-1,1\n12,2\nPS-3,3\n").told("is text")


# What is said


def test_what_is_said_of_columns_is_done(imported):
    table = imported("code,name,n,x\n007,1,1,12E4\n008,2,2,7\n", "--column", "code=integer", "--column", "name=text", "--column", "x=number")
    assert table["code"] == [7, 8] and table["name"] == ["1", "2"] and table["n"] == [1, 2] and table["x"] == [120000.0, 7.0]


@pytest.mark.parametrize(("option", "message"), [("none=text", 'there is no column "none"; there are a, b'), ("b=integer", 'column "b" is said to be integer, but line 3 says "x"'),
                                                 ("a=integer", 'line 2 says "1.5"'), ("b=number", 'line 3 says "x"'), ("b=time", 'line 2 says "1"'), ("a=date", "text, number, integer or time"),
                                                 ("a", "NAME=text")])  # fmt: skip
def test_what_cannot_be_is_an_error_with_line_and_column(refused, option, message):
    assert message in refused("a,b\n1.5,1\n2.5,x\n", "--column", option)


def test_delimiter_decimal_skip_and_comment_are_taken_at_their_word(imported):
    text = "Instrument: X, Y\nDate; today\na:b\nREM 1:2\n1,5:#x\n"
    table = imported(text, "--skip", 2, "--delimiter", ":", "--decimal", "comma", "--comment", "REM")
    assert table.rows == [{"a": 1.5, "b": "#x"}]


def test_the_same_file_read_otherwise_is_another_run(imported):
    assert imported("a,b\n1,2\n")["a"] == [1] and imported("a,b\n1,2\n", "--column", "a=text")["a"] == ["1"]


# Lines, names and units


@pytest.mark.parametrize("first", ["sep=;\n", '"sep=;"\n', "\ufeffsep=;\n", "SEP=;\r\n"])
def test_a_line_sep_sets_the_delimiter(imported, first):
    assert imported(first + "energy;signal\n270.0;5\n270.5;6\n").rows == [{"energy": 270.0, "signal": 5}, {"energy": 270.5, "signal": 6}]


@pytest.mark.parametrize("text", ["energy|i0\n270.0|1\n", "energy  i0\n  270.0    1\n", "energy,i0\r270.0,1\r", "energy,i0,\n270.0,1,\n", "energy;i0\n270.0;1;\n",
                                  "# made by x\n% and y\nenergy,i0\n# a word, in between\n270.0,1\n", "#energy i0\n270.0 1\n", "// x\n\nenergy,i0\n270.0,1\n! end\n",
                                  '"energy" ,"i0"\n "270.0" , "1"\n', "; x\nenergy,i0\n270.0,1\n", "energy,i0\n\n270.0,1\n   \n"])  # fmt: skip
def test_tables_in_all_dresses_are_the_same_table(imported, text):
    assert imported(text).rows == [{"energy": 270.0, "i0": 1}]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "latin-1", "utf-8"])
def test_encodings(imported, encoding):
    assert imported("energy,i0 (µA)\n270.0,1\n270.5,2\n".encode(encoding)).keys["i0 (µA)"]["units"] == "µA"


def test_comments_behind_the_header_are_told_and_names_with_a_sign_are_rows(imported):
    assert imported("energy,i0\n270,1\n# beam lost\n271,2\n").told("line 3 was left out as a comment")
    assert imported("sample,i0\n#1,1\n#2,2\n")["sample"] == ["#1", "#2"]


def test_a_table_without_names_is_told(imported):
    table = imported("270.0,1\n270.5,2\n")
    assert table["column 1"] == [270.0, 270.5] and table.told("names no columns")


@pytest.mark.parametrize("text", ["time,energy,note\ns,eV,\n1710000000.0,270.0,ok\n1710000001.0,270.5,\n", "time\tenergy\tnote\n[s]\t[eV]\t\nclock\tlong name\twords\n1710000000.0\t270.0\tok\n1710000001.0\t270.5\t\n"])
def test_a_line_of_units_is_no_row(imported, text):
    table = imported(text)
    assert table["energy"] == [270.0, 270.5] and table.keys["energy"]["units"] == "eV" and table.times == [1710000000, 1710000001]
    assert table.told("line 2 was taken for the units of the columns") and table["note"] == ["ok", None]


def test_units_that_look_like_missing_values_are_units(imported):
    assert imported("energy,i0,comment\neV,nA,\n270,1.1,ok\n").keys["i0"]["units"] == "nA"


def test_a_row_of_missing_values_is_no_line_of_units(imported):
    assert imported("a,b\nN/A,N/A\n1,2\n")["a"] == [None, 1]


def test_units_are_read_before_names_are_made_unique(imported):
    table = imported("signal (V),signal (V),energy/eV,i0/i1\n1,2,3,4\n")
    assert [key.get("units") for key in table.keys.values()] == ["V", "V", "eV", None]
    assert list(table.keys) == ["signal (V)", "signal (V) (2)", "energy/eV", "i0/i1"]


@pytest.mark.parametrize(("text", "message"), [("a,b,c\n1,2\n", "line 2 has 2 cells, the header has 3"), ("a,b\n1,\"2\n3,4\n", "line 2: a quoted cell is not closed"), (b"a,b\n1,\0\n", "line 2 holds a byte 0"), ("a,b\n", "no rows"), ("", "empty"), ("a,b\n1,2\n3,4,5\n", "line 3 has 3 cells")])  # fmt: skip
def test_a_file_that_is_no_table_is_refused_with_the_reason_also_when_its_format_was_guessed(refused, text, message):
    assert message in refused(text) and message in refused(text, "--format", "csv")


def test_prose_is_no_table(refused):
    assert "in none of the formats fits, bcs, csv; as csv: its first line is one cell" in refused("Dear reader,\nthank you.\n")
    assert "how many lines to skip" in refused("Instrument: X\n\nenergy,i0\n270,1\n271,2\n")
    assert "JSON" in refused('{"a":1,"b":2}\n{"a":2,"b":3}\n')


# Times


def test_ticks_of_a_camera_are_no_date(imported):
    table = imported("frame,timestamp,counts\n1,90967194063,5\n2,90967294063,6\n")
    assert table.times == [MODIFIED, MODIFIED] and table.told('column "timestamp" is no time that is known') and table.told("modification time of the file")


@pytest.mark.parametrize(("name", "cell", "words"), [("time", "1710000000", "seconds since 1970"), ("timestamp (ms)", "1710000000000", "milliseconds"), ("time_us", "1710000000000000", "microseconds"),
                                                     ("Time [ns]", "1710000000000000000", "nanoseconds"), ("timestamp", "3792844800", "LabVIEW"), ("timestamp", "133544736000000000", "Windows"),
                                                     ("date", "45360.666666666664", "Excel"), ("time", "09.03.2024 16:00:00", "taken as UTC"),
                                                     ("time", "9-Mar-2024 16:00", "dates"), ("time", "2024/03/09 16:00:00,0", "dates")])  # fmt: skip
def test_what_is_believed_to_be_a_time_is_told(imported, name, cell, words):
    table = imported(f'{name},x\n"{cell}",1\n"{cell}",2\n')
    assert table.times == [1710000000, 1710000000] and table.told(words) and table.told("2024-03-09T16:00:00Z")


def test_a_time_with_its_zone_needs_no_word(imported):
    table = imported("time,x\n2024-03-09T17:00:00+01:00,1\n")
    assert table.times == [1710000000] and table.notes == []


def test_a_unit_that_does_not_fit_is_not_believed(imported):
    assert imported("time (ms),x\n1710000000,1\n").times == [MODIFIED]


def test_the_order_of_day_and_month_is_that_in_which_all_are_dates(imported):
    assert imported("time,x\n03/04/2024 16:00:00,1\n14/04/2024 16:00:00,2\n").times == [1712160000, 1713110400]
    assert imported("time,x\n03/04/2024 4:00:00 PM,1\n").told("begin with the month")
    table = imported("time,x\n03/04/2024 16:00:00,1\n")
    assert table.times == [MODIFIED] and table.told("may begin with the day or with the month")


def test_times_without_a_zone_are_in_the_zone_that_is_said_or_the_data_roots(imported, resonance, tmp_path):
    text = "time,x\n2026-03-14 12:00:00,1\n"
    table = imported(text, "--zone", "Europe/Berlin")
    assert table.times == [1773486000] and table.told("taken as Europe/Berlin")
    resonance("init", tmp_path / "root", "--zone", "America/New_York")
    (tmp_path / "t.csv").write_text(text)
    report = resonance("import", tmp_path / "t.csv", "--into", tmp_path / "root" / "y.db", "--json").json()[0]
    assert any("taken as America/New_York" in note for note in report["notes"])


def test_a_name_that_says_utc_is_believed_before_the_zone(imported):
    assert imported("Time (UTC),x\n2024-03-09 16:00:00,1\n", "--zone", "Asia/Tokyo").times == [1710000000]


def test_an_hour_that_comes_twice_goes_on(imported):
    table = imported("time,x\n2026-10-25 02:59:00,1\n2026-10-25 02:01:00,2\n2026-10-25 03:00:00,3\n", "--zone", "Europe/Berlin")
    assert [later - earlier for earlier, later in zip(table.times, table.times[1:], strict=False)] == [120, 3540] and table.told("twice")


def test_rows_that_go_back_are_told(imported):
    assert imported("time,x\n1710000010,1\n1710000000,2\n").told("back in time once, first in line 3 by 10 s")
    table = imported("Scan Type: x\nData File Path: C:\\230314\\CCD Scan 1\nTime\tFrame #\n19:43:33\t1\n19:43:30\t2\n", name="a-AI.txt")
    assert table.told("back in time once, first in line 5 by 3 s")


def test_times_of_day_alone_run_over_midnights_up_to_the_files_day(imported):
    table = imported("time,x\n23:59:58,1\n00:00:03,2\n23:00:00,3\n00:00:01,4\n")
    assert [time - table.times[0] for time in table.times] == [0, 5, 82802, 86403] and table.told("times of day")
    assert table.times[-1] == MODIFIED - MODIFIED % 86400 + 1


def test_dates_and_times_in_two_columns_are_taken_together(imported):
    assert imported("Date,Time,x\n09.03.2024,16:00:00,1\n").times == [1710000000]


def test_a_count_from_the_start_ends_when_the_file_was_modified(imported):
    table = imported("time (ms),x\n0,1\n500,2\n1000,3\n")
    assert table.times == [MODIFIED - 1, MODIFIED - 0.5, MODIFIED] and table.told("from the start")


def test_a_column_is_the_time_where_it_is_said(imported):
    assert imported("when,x\n1710000000,1\n", "--column", "when=time").times == [1710000000]


# What is easily taken for something else


def test_a_dash_among_the_units_is_no_unit_and_no_value(imported):
    t = imported("energy,i0,flag\neV,nA,-\n270,1.1,1\n271,1.2,0\n")
    assert t["energy"] == [270, 271] and t["flag"] == [1, 0]
    assert t.keys["i0"]["units"] == "nA" and "units" not in t.keys["flag"]


@pytest.mark.parametrize("line", ["sep=;", "sep= ;", "SEP=;", '"sep=;"', "sep=;;"])
def test_the_line_that_names_the_delimiter_is_no_header(imported, line):
    t = imported(f"{line}\nenergy;signal\n270.0;5\n270.5;6\n")
    assert t["energy"] == [270.0, 270.5] and t["signal"] == [5, 6]


def test_a_row_that_begins_with_an_error_of_the_spreadsheet_is_a_row(imported):
    t = imported("a,b\n1.5,1\n#N/A,2\n#DIV/0!,3\n2.5,4\n")
    assert t["b"] == [1, 2, 3, 4] and t["a"] == [1.5, None, None, 2.5]
    assert t.told("#N/A")


def test_a_column_may_be_called_by_a_sign_for_comments(imported):
    t = imported("#,energy\n1,270\n2,271\n")
    assert t["#"] == [1, 2] and t["energy"] == [270, 271]


def test_signs_of_windows_are_read_and_told(imported):
    t = imported("unit,\u2013 \u20ac\n1,2\n".encode("cp1252"))
    assert t["\u2013 \u20ac"] == [2] and t.told("Windows-1252")


def test_a_column_of_dates_is_the_time_whatever_it_is_called(imported):
    t = imported("Zeit;i\n19.03.2024 16:00:00;1\n19.03.2024 16:00:01;2\n")
    assert t.times == [1710864000, 1710864001] and t.told('"Zeit"')


def test_numbers_that_would_be_days_to_come_are_no_times(imported):
    t = imported("timestamp,counts\n4102444800,5\n4102444801,6\n")
    assert t.times == [MODIFIED, MODIFIED] and t.told("no date from 1980 to today")


def test_dates_to_come_are_told(imported):
    t = imported("time,i\n2093-01-01T00:00:00Z,1\n")
    assert t.told("in the future")


def test_scans_of_spec_are_not_rows_of_one_table(refused):
    text = "#F x.spec\n\n#S 1  ascan th 0 1 2 1\n#L th  I0\n0 1\n1 2\n\n#S 2  ascan en 0 1 2 1\n#L en  det\n5 1\n6 2\n"
    assert "SPEC" in refused(text)
