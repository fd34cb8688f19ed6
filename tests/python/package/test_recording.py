"""What the native writer takes, what it refuses, and what is then there."""

import collections
import decimal
import enum
import logging

import numpy as np
import pandas as pd
import pytest
import resonance


@pytest.fixture
def writer(path):
    with resonance.RunWriter(path, allow_undeclared=True) as w, w.run("scan"):
        w.open_stream("primary", {})
        yield w


def back(path):
    return [event.data for event in resonance.Catalog(path)[-1].events()]


class Colour(enum.IntEnum):
    RED = 3


VALUES = [None, True, False, 0, -1, 2**62, -(2**63), 2**63, 2**64 - 1, 2**64, -(10**40), 0.0, -0.0, 1e-300, 0.1, float("inf"), "", "ü\u0000\U0001f600\"\\", [], [1, [2, {"a": None}]], {},
          {"a": {"b": [1.5]}}]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_come_back_with_their_kind(path, writer, value):
    writer.write_event("primary", {"key": value})
    (event,) = back(path)
    assert event == {"key": value} and type(event["key"]) is type(value)


@pytest.mark.parametrize("value, wanted", [
    (np.float64(0.1), 0.1), (np.float32(0.5), 0.5), (np.int16(-3), -3), (np.uint64(2**64 - 1), 2**64 - 1), (np.bool_(True), True), (np.str_("x"), "x"),
    (np.array(5), 5), (np.arange(3), [0, 1, 2]), (np.array([[True], [False]]), [[True], [False]]), (np.array(["a", "b"]), ["a", "b"]),
    ((1, 2), [1, 2]), (Colour.RED, 3), (collections.OrderedDict(b=1, a=2), {"b": 1, "a": 2}), ({1: 2, None: 3, 1.5: 5}, {"1": 2, "null": 3, "1.5": 5}),
    (pd.Series([1.5, 2.5]), [1.5, 2.5]), (np.array([1, None], object), [1, None])], ids=lambda value: type(value).__name__)
def test_what_numpy_and_others_have_becomes_plain(path, writer, value, wanted):
    writer.write_event("primary", {"key": value})
    assert back(path) == [{"key": wanted}]


def test_nan_comes_back_as_nan(path, writer):
    writer.write_event("primary", {"key": np.float64("nan"), "list": [float("nan")]})
    (event,) = back(path)
    assert np.isnan(event["key"]) and np.isnan(event["list"][0])


@pytest.mark.parametrize("value, place", [({"a": [1, object()]}, r"\['key'\]\['a'\]\[1\]"), (b"bytes", "key"), ({1, 2}, "key"), (1j, "key"), (np.complex64(1), "key"),
                                          (decimal.Decimal(1), "key"), (np.datetime64("2026-01-01"), "key"), ({(1, 2): 3}, "keys are text")])
def test_what_json_cannot_hold_is_a_type_error_that_names_the_place(path, writer, value, place):
    with pytest.raises(TypeError, match=place):
        writer.write_event("primary", {"key": value})
    assert back(path) == []


def test_what_contains_itself_is_refused(writer):
    loop = []
    loop.append(loop)
    with pytest.raises(ValueError, match="128"):
        writer.write_event("primary", {"key": loop})
    with pytest.raises(ValueError):
        writer.write_event("primary", {"key": "\ud800"})
    with pytest.raises(TypeError):
        writer.write_event("primary", [1, 2])


FRAME = np.arange(12, dtype=np.uint16).reshape(3, 4)


@pytest.mark.parametrize("image", [
    FRAME, FRAME.astype(">u2"), np.asfortranarray(FRAME), np.repeat(FRAME, 2, axis=1)[:, ::2], FRAME[::-1][::-1], FRAME.copy().view(np.ma.MaskedArray),
    memoryview(FRAME), FRAME.tolist(), np.broadcast_to(FRAME, (3, 4)), pd.DataFrame(FRAME)], ids=lambda image: type(image).__name__)
def test_any_layout_of_a_frame_is_taken(path, writer, image):
    if isinstance(image, np.ndarray):
        image.flags.writeable = False
    writer.write_event("primary", {}, frames={"f": image})
    np.testing.assert_array_equal(resonance.Catalog(path)[-1].images("f")[0], FRAME)


@pytest.mark.parametrize("image, error", [(np.zeros(3), ValueError), (np.zeros((2, 2, 2, 2)), ValueError), (np.array([["a"]]), TypeError), (np.zeros((2, 2), complex), TypeError),
                                          (np.zeros((2, 2), object), TypeError), ([[1, 2], [3]], ValueError), (b"abcd", ValueError), (None, TypeError),
                                          (np.zeros((2, 2), "M8[s]"), TypeError), (np.zeros((2, 2), np.longdouble), TypeError)])
def test_what_is_no_frame_is_refused_clearly(path, writer, image, error):
    event = writer.write_event("primary", {})
    with pytest.raises(error):
        writer.write_frame(event, "f", image)
    assert len(resonance.Catalog(path)[-1].images("f")) == 0


def test_blocks_bursts_and_frames_of_their_own(path):
    stack = np.random.default_rng(1).integers(0, 99, (6, 5, 7)).astype(np.int32)
    with resonance.RunWriter(path) as w, w.run("fly", tags=["a", "b"], operator="jd", scan_id=77, metadata={"n": 1}) as uid:
        w.open_stream("primary", {"x": resonance.number_key("m"), "n": resonance.integer_key("m"), "ccd": resonance.image_key("c", 5, 7, np.int32)})
        w.open_stream("baseline", {"ring": resonance.number_key("r", "mA")})
        uids = w.write_events("primary", pd.DataFrame({"x": np.linspace(0, 1, 6), "n": range(6)}), time=1.7e9 + np.arange(6), frames={"ccd": stack},
                              timestamps={"x": 1.7e9 + np.arange(6)})
        assert len(uids) == 6
        event = w.write_event("primary", {"x": 9.0, "n": 9}, frames={"ccd": stack[:2]}, time=1.8e9)
        assert w.write_frames(event, "ccd", stack[2:5]) == 8
        assert w.write_frames(uids[:2], "ccd", stack[:2]) == 11
        assert w.write_frame(uids[0], "ccd", stack[5].astype(">i4")) == 13
        w.write_event("baseline", {"ring": 500.1})
        w.sync()
        assert w.durable() == 7 and w.durable("baseline") == 1
        with pytest.raises(ValueError, match="1 values"):
            w.write_events("primary", {"x": np.zeros(6), "n": [1]})
        with pytest.raises(ValueError):
            w.write_events("primary", {"x": np.zeros(5), "n": np.zeros(5, int)}, frames={"ccd": stack})
    run = resonance.Catalog(path)["77"]
    assert run.uid == uid and run.streams == ["primary", "baseline"] and run.tags == ["a", "b"] and run.operator == "jd"
    table = run.table()
    assert table.index.tolist() == [1, 2, 3, 4, 5, 6, 7] and table.time.tolist() == [*(1.7e9 + np.arange(6)), 1.8e9]
    assert next(run.events()).timestamps == {"x": 1.7e9}
    assert run.num_frames == 14 and run.num_events == 8
    assert sorted(run.images().seq_nums.tolist()) == sorted([1, 2, 3, 4, 5, 6, 7, 7, 7, 7, 7, 1, 2, 1])


def test_an_event_with_a_uid_is_written_once(path, writer):
    uid = "0" * 31 + "7"
    for _ in range(3):
        assert writer.write_event("primary", {"a": 1}, uid=uid, time=1.7e9) == uid
    assert back(path) == [{"a": 1}]
    with pytest.raises(FileExistsError):
        writer.write_event("primary", {"a": 2}, uid=uid, time=1.7e9)


def test_what_was_not_declared_is_refused(path):
    with resonance.RunWriter(path) as w, w.run("scan"):
        w.open_stream("primary", {"x": resonance.number_key("m"), "ccd": resonance.image_key("c", 2, 3)})
        for data, frames in [({"y": 1.0}, None), ({"x": "text"}, None), ({"x": 1.0}, {"other": np.zeros((2, 3), "u2")}), ({"x": 1.0}, {"ccd": np.zeros((3, 2), "u2")}),
                             ({"x": 1.0}, {"ccd": np.zeros((2, 3), "u4")})]:
            with pytest.raises(ValueError):
                w.write_event("primary", data, frames=frames)
        with pytest.raises(KeyError):
            w.write_event("other", {"x": 1.0})
    assert back(path) == []


def test_options_are_checked(path):
    for options in ({"codec": "lzma"}, {"durability": "never"}, {"shuffle": "cards"}):
        with pytest.raises(ValueError):
            resonance.RunWriter(path, **options)
    for options in ({"colour": "red"}, {"level": "high"}):
        with pytest.raises(TypeError):
            resonance.RunWriter(path, **options)
    assert not path.exists()


@pytest.mark.parametrize("durability", ["strict", "commit", "group"])
def test_each_durability_records(path, durability):
    with resonance.RunWriter(path, durability=durability, commit_interval=0.005) as w, w.run("x"):
        w.open_stream("primary", {"x": resonance.number_key("m"), "f": resonance.image_key("c", 4, 4, "uint8")})
        for i in range(20):
            w.write_event("primary", {"x": float(i)}, frames={"f": np.full((4, 4), i, "u1")})
        w.flush()
        assert len(resonance.Catalog(path)[-1].table()) == 20
    np.testing.assert_array_equal(resonance.Catalog(path)[-1].images()[:, 0, 0], np.arange(20))


def test_how_a_block_ends_is_how_the_run_ends(path):
    with resonance.RunWriter(path) as w:
        with w.run("good"):
            pass
        with pytest.raises(KeyError), w.run("bad"):
            raise KeyError("motor")
        with pytest.raises(KeyboardInterrupt), w.run("stopped"):
            raise KeyboardInterrupt
        with w.run("closed by hand"):
            w.close_run("aborted", reason="beam dump", time_stop=2e9)
    with resonance.RunWriter(path) as w:
        w.open_run("left open")
    with pytest.raises(ZeroDivisionError), resonance.RunWriter(path) as w:
        w.open_run("left open, badly")
        raise ZeroDivisionError("x")
    found = {run.plan_name: (run.exit_status, run.reason) for run in resonance.Catalog(path)}
    assert found == {"good": ("success", None), "bad": ("failed", "KeyError: 'motor'"), "stopped": ("aborted", "KeyboardInterrupt: "), "closed by hand": ("aborted", "beam dump"),
                     "left open": ("success", None), "left open, badly": ("failed", "ZeroDivisionError: x")}


def test_a_writer_that_is_forgotten_closes_its_run_and_says_nothing(path, caplog):
    w = resonance.RunWriter(path)
    w.open_run("x")
    with caplog.at_level(logging.WARNING, "resonance"):
        del w
    assert resonance.Catalog(path)[-1].exit_status == "failed"


def test_encoded_frames_are_taken_as_they_are(path):
    import zlib

    stack = np.arange(24, dtype="<u2").reshape(2, 3, 4)
    with resonance.RunWriter(path, codec="gzip", frames_per_chunk=1) as w, w.run("x"):
        w.open_stream("primary", {"f": resonance.image_key("c", 3, 4)})
        uids = w.write_events("primary", {}, time=[1.7e9, 1.7e9 + 1])
        packed = [zlib.compress(frame.tobytes(), wbits=31) for frame in stack]
        w.write_encoded_frames(uids, "f", packed, height=3, width=4, dtype="uint16")
        with pytest.raises(ValueError):
            w.write_encoded_frames(uids[:1], "f", packed[:1], height=3, width=5, dtype="uint16")
    np.testing.assert_array_equal(np.asarray(resonance.Catalog(path)[-1].images()), stack)
