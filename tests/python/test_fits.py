"""FITS files at the command: what is read, what is told of the rest, and which time is believed."""

from __future__ import annotations

import bz2
import gzip

import numpy as np
import pytest

UNSUPPORTED = 8
CORRUPT = 7
SCAN = """Scan Type: From File
Data File Path: C:\\x\\230314\\CCD Scan 7
Time\tFrame #\tSample X\tBeamline Energy\tFilename
"""


def cards(*lines):
    text = "".join(line.ljust(80) for line in (*lines, "END"))
    return (text + " " * (-len(text) % 2880)).encode()


def hdu(first, shape, bitpix, data, *more):
    lines = [first, f"BITPIX  = {bitpix:20}", f"NAXIS   = {len(shape):20}"]
    lines += [f"NAXIS{i + 1}  = {extent:20}" for i, extent in enumerate(reversed(shape))]
    if not first.startswith("SIMPLE"):
        lines += ["PCOUNT  =                    0", "GCOUNT  =                    1"]
    return cards(*lines, *more) + data + b"\0" * (-len(data) % 2880)


def numbered(shape):
    return np.arange(np.prod(shape, dtype=int) if shape else 0, dtype=">i2").tobytes()


def primary(shape, bitpix=16, data=None, *more):
    data = numbered(shape) if data is None else data
    return hdu("SIMPLE  =                    T", shape, bitpix, data, *more)


def extension(shape, *more):
    return hdu("XTENSION= 'IMAGE   '", shape, 16, numbered(shape), *more)


@pytest.fixture
def put(resonance, tmp_path):
    def run(data, name="a.fits", status=0):
        (tmp_path / name).write_bytes(data)
        return resonance("import", tmp_path / name, "--into", tmp_path / "x.db", "--json", status=status)

    return run


@pytest.fixture
def pixels(resonance, tmp_path):
    def read(*options):
        resonance("image", tmp_path / "x.db", -1, *options, "-o", tmp_path / "x.npy")
        return np.load(tmp_path / "x.npy")

    return read


@pytest.fixture
def show(resonance, tmp_path):
    return lambda: resonance("show", tmp_path / "x.db", -1, "--json").json()


def test_undefined_pixels_of_a_scaled_image_are_nan_and_told(put, pixels):
    data = np.array([[-32768, 1, 2], [3, -32768, 5]], ">i2").tobytes()
    report = put(primary((2, 3), 16, data, "BSCALE  = 0.5", "BZERO   = 100.0", "BLANK   = -32768")).json()[0]
    ours = pixels()
    assert ours.dtype == np.float32 and np.isnan(ours).tolist() == [[True, False, False], [False, True, False]] and ours[0, 1] == 100.5
    assert any("undefined (BLANK = -32768) are NaN: 2" in note for note in report["notes"])


@pytest.mark.parametrize("shape", [(1, 3, 4), (1, 1, 3, 4), (3, 4, 1), (1, 3, 1, 4)])
def test_axes_of_length_one_make_one_frame(put, pixels, shape):
    assert put(primary(shape)).json()[0]["frames"] == 1
    assert pixels().tolist() == np.arange(12).reshape(3, 4).tolist()


def test_a_cube_is_an_event_with_a_frame_for_each_of_its_images(put, pixels):
    report = put(primary((2, 3, 4))).json()[0]
    assert (report["events"], report["frames"]) == (2, 2) and any("cube" in note for note in report["notes"])
    assert pixels("--frames", "0:2").tolist() == np.arange(24).reshape(2, 3, 4).tolist()


def test_every_image_of_a_file_is_a_field_of_its_own(put, pixels):
    parts = [primary((2, 2)), extension((2, 3), "EXTNAME = 'SCI     '", "EXTVER  =                    1"),
             extension((3, 2), "EXTNAME = 'SCI     '", "EXTVER  =                    2"), extension((1, 4)),
             extension((2, 2), "EXTNAME = 'SCI     '")]
    assert put(b"".join(parts)).json()[0]["frames"] == 5
    shapes = {"detector_image": (2, 2), "SCI": (2, 3), "SCI_2": (3, 2), "detector_image_4": (1, 4), "SCI_HDU5": (2, 2)}
    for field, shape in shapes.items():
        assert pixels("--field", field).shape == shape


@pytest.mark.parametrize("first", [primary((1, 1)), primary(()), primary((0, 0), 16, b""), primary((5,))],
                         ids=["one pixel", "none", "no pixels", "one axis"])
def test_a_primary_image_that_is_none_hides_nothing(put, pixels, first):
    report = put(first + extension((2, 3), "EXTNAME = 'SCI     '")).json()[0]
    assert report["frames"] == 1 and pixels().tolist() == [[0, 1, 2], [3, 4, 5]]


def test_what_is_left_out_is_told_by_its_name(put):
    table = hdu("XTENSION= 'BINTABLE'", (2, 4), 8, bytes(8), "TFIELDS =                    1", "TFORM1  = 'J       '", "EXTNAME = 'EVENTS  '")
    text = hdu("XTENSION= 'TABLE   '", (1, 4), 8, b"1234", "TFIELDS =                    1", "TFORM1  = 'I4      '", "TBCOL1  =                    1")
    notes = put(primary((2, 2)) + table + text + extension((7,), "EXTNAME = 'LINE    '") + b"rubbish").json()[0]["notes"]
    for part in ("left out: HDU 2, EVENTS: a table", "left out: HDU 3, HDU 3: a table", "left out: HDU 4, LINE: an image with one axis", "behind the last HDU"):
        assert any(part in note for note in notes), notes


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (primary((9,)), "one axis"),
        (primary(()), "headers alone"),
        (hdu("SIMPLE  =                    T", (2, 0), 16, bytes(6), "GROUPS  =                    T", "PCOUNT  =                    1", "GCOUNT  =                    1"), "random groups"),
        (bz2.compress(primary((2, 2))), "bzip2"),
        (b"\x1f\x9d\x90" + bytes(100), "compress (.Z)"),
        (b"PK\x03\x04" + bytes(100), "zip"),
        (gzip.compress(b"a,b\n1,2\n"), "gzip"),
    ],
    ids=["one axis", "headers", "random groups", "bzip2", "Z", "zip", "gzip of something else"],
)
def test_a_sound_file_that_is_not_read_is_unsupported_by_its_reason(put, data, word):
    error = put(data, status=UNSUPPORTED).json()[0]["error"]
    assert error["code"] == "unsupported" and word in error["message"]


@pytest.mark.parametrize("data", [primary((40, 40))[:4000], gzip.compress(primary((2, 2)))[:-20]], ids=["cut", "cut gzip"])
def test_a_damaged_file_is_corrupt(put, data):
    assert put(data, status=CORRUPT).json()[0]["error"]["code"] == "corrupt"


def test_a_bomb_of_gzip_is_refused_within_bounds(put):
    assert "more than" in put(gzip.compress(bytes(1 << 30) + b"1", 9), status=UNSUPPORTED).json()[0]["error"]["message"]


def test_frames_of_a_scan_are_read_in_every_form_or_told_by_their_reason(resonance, tmp_path):
    (tmp_path / "a-1.fits").write_bytes(primary((1, 3, 4)))
    (tmp_path / "a-2.fits.gz").write_bytes(gzip.compress(primary((3, 4))))
    (tmp_path / "a-3.fits").write_bytes(primary(()) + extension((3, 4), "EXTNAME = 'SCI     '"))
    (tmp_path / "a-4.fits").write_bytes(primary((2, 3, 4)))
    (tmp_path / "a-5.fits.bz2").write_bytes(bz2.compress(primary((3, 4))))
    (tmp_path / "a-6.fits").write_bytes(primary((3, 4))[:2890])
    rows = "".join(f"19:43:3{i}\t{i}.0\t21.5\t28{i}.5\ta-{i}\n" for i in range(1, 8))
    (tmp_path / "a-AI.txt").write_text(SCAN + rows)
    report = resonance("import", tmp_path / "a-AI.txt", "--into", tmp_path / "x.db", "--json").json()[0]
    assert (report["events"], report["frames"]) == (7, 3)
    assert report["missing_frames"] == ["a-7"] and len(report["damaged_frames"]) == 1
    assert "a-6.fits: the file is cut off" in report["damaged_frames"][0]
    unsupported = sorted(report["unsupported_frames"])
    assert len(unsupported) == 2 and "holds 2 frames" in unsupported[0] and "bzip2" in unsupported[1]


TIMES = [
    (["DATE-OBS= '2023-03-14T12:00:00'", "DATE    = '2024-01-01T00:00:00'"], "2023-03-14T12:00:00Z", "DATE-OBS", "UTC"),
    (["DATE    = '2024-01-01T00:00:00'", "DATE-OBS= '2023-03-14T12:00:00.5'"], "2023-03-14T12:00:00.5Z", "DATE-OBS", "UTC"),
    (["DATE-OBS= '2023-03-14T12:00:00+02:00'"], "2023-03-14T10:00:00Z", "DATE-OBS", "written"),
    (["DATE-OBS= '2023-03-14'", "TIME-OBS= '12:00:00'"], "2023-03-14T12:00:00Z", "DATE-OBS and TIME-OBS", "UTC"),
    (["DATE-OBS= '2023-03-14'", "UT      = '12:00:00.25'"], "2023-03-14T12:00:00.25Z", "DATE-OBS and UT", "UTC"),
    (["DATE-OBS= '14/03/98'", "TIME-OBS= '12:00:00'"], "1998-03-14T12:00:00Z", "DATE-OBS and TIME-OBS", "UTC"),
    (["MJD-OBS =           60017.5"], "2023-03-14T12:00:00Z", "MJD-OBS", "UTC"),
    (["DATE-BEG= '2023-03-14T12:00:00'", "MJD-OBS =           60018.5"], "2023-03-14T12:00:00Z", "DATE-BEG", "UTC"),
    (["TIMESYS = 'TAI     '", "DATE-OBS= '2023-03-14T12:00:37'"], "2023-03-14T12:00:00Z", "DATE-OBS", "TAI"),
    (["TIMESYS = 'TT      '", "DATE-OBS= '2023-03-14T12:01:09.184'"], "2023-03-14T12:00:00Z", "DATE-OBS", "TT"),
    (["TIMESYS = 'GPS     '", "DATE-OBS= '2023-03-14T12:00:18'"], "2023-03-14T12:00:00Z", "DATE-OBS", "GPS"),
    (["TIMESYS = 'TAI     '", "DATE-OBS= '1999-01-01T00:00:31'"], "1998-12-31T23:59:60Z", "DATE-OBS", "TAI"),
    (["DATE-OBS= 'yesterday'", "DATE    = '2023-03-14T12:00:00'"], "2023-03-14T12:00:00Z", "DATE", "UTC"),
    (["DATE-OBS= '0000-00-00T00:00:00'", "MJD-OBS =           60017.5"], "2023-03-14T12:00:00Z", "MJD-OBS", "UTC"),
]


def epoch(text):
    if ":60Z" in text:
        return epoch(text.replace(":60Z", ":59Z")) + 1
    day, clock = text[:-1].split("T")
    hour, minute, second = clock.split(":")
    return (np.datetime64(day) - np.datetime64("1970-01-01")).astype(int) * 86400 + int(hour) * 3600 + int(minute) * 60 + float(second)


@pytest.mark.parametrize(("lines", "time", "card", "zone"), TIMES, ids=[str(i) for i in range(len(TIMES))])
def test_the_time_is_that_of_the_exposure_and_its_card_and_scale_are_told(put, show, lines, time, card, zone):
    notes = put(primary((2, 2), 16, None, *lines)).json()[0]["notes"]
    assert show()["time_start"] == pytest.approx(epoch(time), abs=1e-3)
    assert any(f"time is that of the card {card}," in note and zone in note for note in notes), notes


def test_the_frames_of_the_beamlines_cameras_have_their_date_in_local_time(put, show):
    put(primary((), 8, b"", "DATE    = '2023-03-14T19:43:33'") + extension((2, 2), "EXTNAME = 'Images  '"))
    assert show()["time_start"] == epoch("2023-03-15T02:43:33Z")


@pytest.mark.parametrize("scale", ["LOCAL", "TCG"])
def test_a_scale_that_is_not_known_is_taken_as_utc_and_told(put, show, scale):
    notes = put(primary((2, 2), 16, None, f"TIMESYS = '{scale:<8}'", "DATE-OBS= '2023-03-14T12:00:00'")).json()[0]["notes"]
    assert show()["time_start"] == epoch("2023-03-14T12:00:00Z") and any(f"TIMESYS is {scale}" in note for note in notes)


def test_a_time_that_is_not_likely_is_told(put):
    notes = put(primary((2, 2), 16, None, "DATE-OBS= '2190-01-01T00:00:00'")).json()[0]["notes"]
    assert any("in the future" in note for note in notes)
    notes = put(primary((2, 2), 16, None, "DATE-OBS= '1970-01-01T00:00:00'", "FOO = 1"), "b.fits").json()[0]["notes"]
    assert any("no time of a measurement" in note for note in notes) and any("modification time" in note for note in notes)
