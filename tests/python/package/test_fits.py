"""FITS files come in as astropy reads them, pixel for pixel: a generated matrix of types, scalings, axes and codecs."""

from __future__ import annotations

import gzip
import io
import warnings

import numpy as np
import pytest
import resonance

fits = pytest.importorskip("astropy.io.fits")

TYPES = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}
UNSIGNED = {8: -128, 16: 1 << 15, 32: 1 << 31, 64: 1 << 63}
# astropy passes over BLANK = 0, and cannot read BLANK of signed bytes; both are tested below, against the standard.
SCALINGS = [{}, {"BZERO": "unsigned"}, {"BSCALE": 0.1}, {"BSCALE": 2}, {"BSCALE": -0.37, "BZERO": 12.5}, {"BZERO": 100},
            {"BLANK": 7}, {"BLANK": 7, "BSCALE": 1e-3}, {"BLANK": 7, "BZERO": "unsigned"}, {"BSCALE": 1.5, "BZERO": -1e6, "BLANK": 7}]


def card(name, value):
    text = ("T" if value else "F") if isinstance(value, bool) else f"'{value}'" if isinstance(value, str) else repr(value).upper()
    return f"{name:<8}= {text:>20}".ljust(80)


def header(cards):
    text = "".join(card(name, value) for name, value in cards) + "END".ljust(80)
    return (text + " " * (-len(text) % 2880)).encode()


def padded(data):
    return data + b"\0" * (-len(data) % 2880)


def image(shape, bitpix, data, extra=(), primary=True):
    """One HDU, without astropy: what it writes, it also reads."""
    first = ("SIMPLE", True) if primary else ("XTENSION", "IMAGE")
    axes = [(f"NAXIS{i + 1}", extent) for i, extent in enumerate(reversed(shape))]
    counts = [] if primary else [("PCOUNT", 0), ("GCOUNT", 1)]
    return header([first, ("BITPIX", bitpix), ("NAXIS", len(shape)), *axes, *counts, *extra]) + padded(data)


def stored(rng, shape, bitpix):
    """Any bits; among the integers the ends of the range and 7, among the floats NaN, infinities and subnormals."""
    kind = np.dtype(TYPES[bitpix])
    if bitpix > 0:
        ends = np.iinfo(kind)
        pixels = rng.integers(ends.min, ends.max, shape, dtype=kind.newbyteorder("="), endpoint=True)
        special = np.array([ends.min, ends.max, 0, 7, 7], kind)
    else:
        pixels = rng.normal(0, 1e3, shape)
        special = np.array([np.nan, np.inf, -np.inf, np.finfo(kind).smallest_subnormal, -0.0], kind)
    pixels = pixels.astype(kind)
    flat = pixels.reshape(-1)
    flat[: special.size] = special[: flat.size]
    return pixels


def as_astropy(data):
    """Images of a file as astropy has them, by HDU number."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with fits.open(io.BytesIO(data), memmap=False) as hdus:
            return {number: np.array(hdu.data) for number, hdu in enumerate(hdus) if hdu.is_image and hdu.data is not None}


def imported(folder, data, name="a.fits"):
    (folder / name).write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report = resonance.import_file(folder / name, folder / "x.db")
    return report, resonance.Catalog(folder / "x.db")[report["run_uid"]]


def same(ours, theirs):
    """The same type, apart from the byte order, and the same numbers; NaN is NaN."""
    assert ours.dtype == theirs.dtype.newbyteorder("=")
    np.testing.assert_array_equal(ours, theirs.reshape(ours.shape))


@pytest.mark.parametrize("seed", range(40))
def test_many_images_of_a_file_are_what_astropy_reads(tmp_path, seed):
    rng = np.random.default_rng(seed)
    parts = []
    for number in range(40):
        bitpix = int(rng.choice(list(TYPES)))
        shape = tuple(int(extent) for extent in rng.integers(2, 9, 2))
        scaling = dict(SCALINGS[rng.integers(len(SCALINGS))])
        if bitpix < 0:
            scaling.pop("BLANK", None)
        if scaling.get("BZERO") == "unsigned":
            scaling["BZERO"] = UNSIGNED.get(bitpix, 5)
            if bitpix == 8:
                scaling.pop("BLANK", None)
        pixels = stored(rng, shape, bitpix)
        parts.append(image(shape, bitpix, pixels.tobytes(), [*scaling.items(), ("EXTNAME", f"I{number}")], primary=number == 0))
    data = b"".join(parts)
    _, run = imported(tmp_path, data)
    theirs = as_astropy(data)
    assert sorted(run.fields) == sorted(f"I{number}" for number in range(40)) and len(theirs) == 40
    for number, expected in theirs.items():
        same(run.images(f"I{number}").read()[0], expected)


AXES = [((3, 4), 1), ((1, 3, 4), 1), ((1, 1, 3, 4), 1), ((3, 1, 4), 1), ((3, 4, 1), 1), ((1, 4), 1), ((4, 1), 1), ((1, 1), 1), ((1, 1, 4), 1),
        ((2, 3, 4), 2), ((1, 2, 3, 4), 2), ((2, 1, 3, 4), 2), ((2, 5, 3, 4), 10), ((2, 2, 2, 3, 4), 8)]


@pytest.mark.parametrize(("shape", "frames"), AXES)
def test_axes_of_length_one_are_none_and_a_cube_is_its_frames(tmp_path, shape, frames):
    pixels = np.arange(np.prod(shape)).reshape(shape).astype(">i2")
    report, run = imported(tmp_path, image(shape, 16, pixels.tobytes()))
    assert (report["frames"], report["events"]) == (frames, frames)
    images = run.images()
    np.testing.assert_array_equal(images.read().reshape(-1), pixels.reshape(-1))
    if min(shape) > 1 or np.squeeze(pixels).ndim >= 2:
        assert images.shape[1:] == np.squeeze(pixels).shape[-2:]
    assert list(images.seq_nums) == list(range(1, frames + 1))


def compressed(pixels, codec, **options):
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(pixels, compression_type=codec, **options)]).writeto(out)
    return out.getvalue()


def integers(kind, shape, rng):
    if np.dtype(kind).itemsize == 1:
        return rng.integers(0, 256, shape).astype(kind)
    return (rng.poisson(1000, shape) + np.arange(shape[-1]) * 3).astype(kind)


@pytest.mark.parametrize("codec", ["RICE_1", "GZIP_1", "GZIP_2", "HCOMPRESS_1", "PLIO_1", "NOCOMPRESS"])
@pytest.mark.parametrize("kind", ["u1", "i2", "i4", "u2", "u4"])
@pytest.mark.parametrize(("shape", "tile"), [((33, 47), None), ((40, 50), (16, 20)), ((3, 24, 20), None), ((64, 64), (64, 64))])
def test_compressed_integers_are_what_astropy_reads(tmp_path, codec, kind, shape, tile):
    rng = np.random.default_rng(3)
    options = {} if tile is None else {"tile_shape": tile}
    try:
        data = compressed(integers(kind, shape, rng), codec, **options)
    except (ValueError, OSError) as refused:
        pytest.skip(str(refused))
    _, run = imported(tmp_path, data, "a.fits.fz")
    same(run.images().read().reshape(shape), as_astropy(data)[1])


@pytest.mark.parametrize("codec", ["RICE_1", "GZIP_1", "GZIP_2", "HCOMPRESS_1"])
@pytest.mark.parametrize("kind", ["f4", "f8"])
@pytest.mark.parametrize("dither", [-1, 1, 2])
@pytest.mark.parametrize("level", [16.0, 0.0])
def test_compressed_floats_are_what_astropy_reads(tmp_path, codec, kind, dither, level):
    rng = np.random.default_rng(4)
    pixels = rng.normal(100, 5, (48, 40)).astype(kind)
    pixels[5, :] = 0
    if level == 0.0:
        pixels[3, 4:6] = np.nan, np.inf
    try:
        data = compressed(pixels, codec, quantize_level=level, quantize_method=dither, dither_seed=int(rng.integers(1, 10000)))
    except (ValueError, OSError) as refused:
        pytest.skip(str(refused))
    _, run = imported(tmp_path, data, "a.fits.fz")
    same(run.images().read()[0], as_astropy(data)[1])


@pytest.mark.parametrize("smooth", [0, 1])
@pytest.mark.parametrize("scale", [0.5, 3, 20])
def test_hcompress_with_loss_is_what_astropy_reads(tmp_path, scale, smooth):
    pixels = integers("i2", (37, 52), np.random.default_rng(8))
    data = compressed(pixels, "HCOMPRESS_1", hcomp_scale=scale, hcomp_smooth=smooth)
    _, run = imported(tmp_path, data, "a.fits.fz")
    same(run.images().read()[0], as_astropy(data)[1])


@pytest.mark.parametrize("seed", range(10))
def test_noise_of_any_size_survives_rice_and_hcompress(tmp_path, seed):
    rng = np.random.default_rng(seed)
    hdus = [fits.PrimaryHDU()]
    for number in range(12):
        shape = tuple(int(extent) for extent in rng.integers(4, 70, 2))
        pixels = (rng.normal(0, 10.0 ** rng.integers(0, 4), shape) + rng.integers(-5000, 5000)).astype(rng.choice(["i2", "i4"]))
        codec = str(rng.choice(["RICE_1", "HCOMPRESS_1"]))
        tile = shape if codec == "HCOMPRESS_1" else None
        hdus.append(fits.CompImageHDU(pixels, name=f"C{number}", compression_type=codec, tile_shape=tile))
    out = io.BytesIO()
    fits.HDUList(hdus).writeto(out)
    _, run = imported(tmp_path, out.getvalue())
    for number, expected in as_astropy(out.getvalue()).items():
        if number > 0:
            same(run.images(f"C{number - 1}").read()[0], expected)


def test_a_compressed_image_with_undefined_pixels_has_nan_there(tmp_path):
    hdu = fits.CompImageHDU(np.arange(60, dtype="i4").reshape(6, 10), compression_type="GZIP_1")
    hdu.header["FILLER1"], hdu.header["FILLER2"] = 1, 2
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(out)
    data = out.getvalue()
    for number, (name, value) in enumerate([("BLANK", 17), ("BSCALE", 0.5)], 1):
        at = data.index(f"FILLER{number} =".encode())
        data = data[:at] + card(name, value).encode() + data[at + 80 :]
    report, run = imported(tmp_path, data)
    ours = run.images().read()[0]
    assert ours.dtype == np.float64 and np.argwhere(np.isnan(ours)).tolist() == [[1, 7]] and ours[0, 3] == 1.5
    assert any("BLANK = 17" in note for note in report["notes"])


@pytest.mark.parametrize("bitpix", [8, 16, 32, 64])
def test_undefined_pixels_of_value_zero_are_nan(tmp_path, bitpix):
    """By the standard; astropy takes BLANK = 0 for none."""
    pixels = np.array([[0, 1], [2, 0]], TYPES[bitpix])
    report, run = imported(tmp_path, image((2, 2), bitpix, pixels.tobytes(), [("BLANK", 0)]))
    assert np.isnan(run.images().read()[0]).tolist() == [[True, False], [False, True]]
    assert any("undefined" in note and note.endswith("2") for note in report["notes"])


@pytest.mark.parametrize(("bitpix", "value"), [(8, "-121"), (16, "32775"), (32, "2147483655"), (64, "9223372036854775815")])
def test_undefined_pixels_among_unsigned_integers_are_told_with_the_value_that_they_have(tmp_path, bitpix, value):
    pixels = np.array([[7, 1]], TYPES[bitpix])
    report, run = imported(tmp_path, image((1, 2), bitpix, pixels.tobytes(), [("BZERO", UNSIGNED[bitpix]), ("BLANK", 7)]))
    assert str(run.images().read()[0][0, 0]) == value
    assert any(f"BLANK = 7) are {value}: 1" in note for note in report["notes"])


def test_integers_that_become_rounded_floats_are_told(tmp_path):
    pixels = np.array([[(1 << 53) + 1, 3]], ">i8")
    report, _ = imported(tmp_path, image((1, 2), 64, pixels.tobytes(), [("BLANK", -1)]))
    assert any("more digits than float64 keeps" in note and note.endswith(": 1") for note in report["notes"])


def test_a_file_in_gzip_is_read_by_its_content_not_by_its_name(tmp_path):
    pixels = np.arange(12, dtype=">i2").reshape(3, 4)
    _, run = imported(tmp_path, gzip.compress(image((3, 4), 16, pixels.tobytes())), "plain.dat")
    np.testing.assert_array_equal(run.images().read()[0], pixels)


def test_the_header_keeps_every_digit_and_every_line(tmp_path):
    cards = [("SERIAL", 12345678901234567890123), ("BIG", 9007199254740993), ("NEG", -99999999999999999999)]
    text = header([("SIMPLE", True), ("BITPIX", 8), ("NAXIS", 2), ("NAXIS1", 1), ("NAXIS2", 1), *cards]).decode()
    more = ["EXPO    =              1.5D-03", "CPLX    =         (1.0, -2.5)", "FLAG    =                    F / a flag",
            "HIERARCH ESO DET TEMP = -70.25 / [C] chip", "LONG    = 'begins here, &'", "CONTINUE  'goes on &'", "CONTINUE  'and ends' / so",
            "HISTORY first", "HISTORY second", "EMPTY   =", "TWICE   =                    1", "TWICE   =                    2",
            "QUOTE   = 'it''s / no comment' / but this is"]
    end = text.index("END" + " " * 77)
    text = text[:end] + "".join(line.ljust(80) for line in more) + "END".ljust(80)
    data = (text + " " * (-len(text) % 2880)).encode() + padded(b"\1")
    _, run = imported(tmp_path, data)
    kept = {name: entry["value"] for name, entry in run.metadata["fits"]["PRIMARY"].items()}
    for name, value in cards:
        assert kept[name] == value and isinstance(kept[name], int)
    assert kept["EXPO"] == 0.0015 and kept["CPLX"] == "(1.0, -2.5)" and kept["FLAG"] is False and kept["ESO DET TEMP"] == -70.25
    assert kept["LONG"] == "begins here, goes on and ends" and kept["HISTORY"] == "first\nsecond" and kept["EMPTY"] is None
    assert (kept["TWICE"], kept["TWICE (2)"]) == (1, 2) and kept["QUOTE"] == "it's / no comment"
