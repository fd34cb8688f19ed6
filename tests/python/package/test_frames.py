"""Frames that differ within a run, come from several streams, or are taken in ways that NumPy knows."""

import pickle

import numpy as np
import pytest
import resonance
from resonance.api.data.catalog import Catalog

SHAPES = [(2, 3), (4, 5), (4, 5)]
FRAMES = [np.arange(np.prod(shape), dtype="u1").reshape(shape) for shape in SHAPES]


@pytest.fixture(params=["blosc", "none"])
def grown(request, path):
    """A detector whose region was made larger after the first frame."""
    with resonance.RunWriter(path, allow_undeclared=True, codec=request.param) as w, w.run("scan"):
        w.open_stream("primary", {})
        for frame in FRAMES:
            w.write_event("primary", {}, frames={"ccd": frame})
    return resonance.Catalog(path)[-1].images()


def test_frames_of_another_shape_than_the_first_are_not_cut(grown):
    for found in (grown[1], grown[1, ...], grown[1, :, :], grown.read(1), grown[-2]):
        np.testing.assert_array_equal(found, FRAMES[1])
    for found in (grown[1:], grown[[1, 2]], grown[[2, 1]], grown[-2:, :], grown.read([False, True, True]), grown[:0:-1]):
        np.testing.assert_array_equal(found, np.stack(FRAMES[1:]))
    assert grown[-1, -1, -1] == 19 and grown[1:, 3].shape == (2, 5) and grown[[0, 0]].shape == (2, 2, 3)
    np.testing.assert_array_equal(grown.read(2, out=np.empty((4, 5), "u1")), FRAMES[2])
    with pytest.raises(IndexError):
        grown[0, 3]


def test_frames_of_several_shapes_are_no_array(grown):
    for taking in (lambda: grown[:], lambda: grown[[0, 2]], lambda: grown[::2], lambda: np.asarray(grown), lambda: grown.xarray()):
        with pytest.raises(ValueError, match="different geometries"):
            taking()


def test_the_drop_in_does_not_cut_them_either(grown):
    images = Catalog(grown._run.database)[grown._run.uid].images("ccd")
    np.testing.assert_array_equal(images[1:], np.stack(FRAMES[1:]))
    np.testing.assert_array_equal(images[-1], FRAMES[2])
    with pytest.raises(ValueError, match="different geometries"):
        images[:]


def test_the_dtype_is_that_of_the_chosen_frames(path):
    with resonance.RunWriter(path, allow_undeclared=True) as w, w.run("scan"):
        w.open_stream("primary", {})
        for dtype in ("u1", "f4"):
            w.write_event("primary", {}, frames={"ccd": np.full((2, 2), 7, dtype)})
    images = resonance.Catalog(path)[-1].images()
    assert images.read(0).dtype == np.uint8 and images.read(1).dtype == np.float32 and images[1, 0, 0] == 7


def recorded_in_two(path, first, second, other=0):
    keys = {"energy": resonance.number_key("m", "eV"), "ccd": resonance.image_key("c", 2, 2)}
    with resonance.RunWriter(path, allow_undeclared=bool(other)) as w, w.run("scan"):
        for stream, numbers, base in (("primary", first, 0), ("dark", second, 100)):
            w.open_stream(stream, keys)
            for i in range(1, max(numbers) + 1):
                frames = {"ccd": np.full((2, 2), base + i, "u2")} if i in numbers else {}
                w.write_event(stream, {"energy": base + float(i)}, frames={**frames, **({"eye": np.zeros((2, 2), "u2")} if i == other else {})})
    return resonance.Catalog(path)[-1].images("ccd")


@pytest.mark.parametrize("first, second", [([1, 2, 3], [1, 2, 3]), ([1], [1, 2, 3]), ([1, 2], [3, 4]), ([2], [1])])
def test_coordinates_are_those_of_the_frames_own_stream(path, first, second):
    images = recorded_in_two(path, first, second)
    with pytest.raises(ValueError, match="primary, dark"):
        images.xarray()
    for stream, numbers, base in (("primary", first, 0), ("dark", second, 100)):
        array = images.xarray(stream)
        assert array.energy.values.tolist() == [base + i for i in numbers] == array.values[:, 0, 0].tolist()
        np.testing.assert_array_equal(images.xarray(stream, chunks=1).values, array.values)


def test_frames_of_one_of_two_declaring_streams_need_no_name(path):
    images = recorded_in_two(path, [1, 2], [9])
    assert len(images) == 3
    (path.parent / "b").mkdir()
    with resonance.RunWriter(path.parent / "b" / "x.db") as w, w.run("scan"):
        for stream in ("primary", "dark"):
            w.open_stream(stream, {"ccd": resonance.image_key("c", 2, 2)})
            w.write_event(stream, {}, frames={"ccd": np.ones((2, 2), "u2")} if stream == "dark" else {})
    assert resonance.Catalog(path.parent / "b" / "x.db")[-1].images().xarray().shape == (1, 2, 2)


def test_each_frame_knows_its_stream(path):
    images = recorded_in_two(path, [1, 2], [3, 4], other=2)
    assert images.streams == {"primary": range(2), "dark": range(2, 4)}
    assert images.xarray("primary").energy.values.tolist() == [1.0, 2.0]


def test_a_key_named_like_a_dimension_and_lists_are_no_index(path):
    with resonance.RunWriter(path, allow_undeclared=True) as w, w.run("scan"):
        w.open_stream("primary", {})
        for i in range(3):
            w.write_event("primary", {"frame": 7.0, "any": [1, "x"], "n": i}, frames={"ccd": np.zeros((2, 2), "u2")})
    array = resonance.Catalog(path)[-1].images().xarray()
    assert "frame" not in array.indexes and array["data.frame"].values.tolist() == [7, 7, 7] and "any" not in array.coords
    assert array.swap_dims(frame="n").sel(n=2).shape == (2, 2)


@pytest.fixture
def images(recorded):
    return resonance.Catalog(recorded(4, (3, 4)))[-1].images()


def test_numbers_are_taken_in_every_form_but_not_truth(images):
    for key in (True, np.True_, np.array(True), (0, True), (0, 0, False)):
        with pytest.raises(TypeError, match="bool"):
            images[key]
    np.testing.assert_array_equal(images[np.array(3)], images[3])
    assert images[0, 0, 0] == images[0][0, 0] and np.isscalar(images[0, 0, 0])


def test_without_a_copy_means_without_a_copy(recorded, tmp_path):
    compressed = resonance.Catalog(recorded(4, (32, 64)))[-1].images()
    with resonance.RunWriter(tmp_path / "raw.db", codec="none") as w, w.run("x"):
        w.open_stream("primary", {"ccd": resonance.image_key("c", 32, 64)})
        w.write_events("primary", {}, frames={"ccd": compressed[:]})
    raw = resonance.Catalog(tmp_path / "raw.db")[-1].images()
    for taking in (lambda: np.asarray(compressed, copy=False), lambda: np.asarray(raw, dtype=float, copy=False)):
        with pytest.raises(ValueError, match="without a copy"):
            taking()
    whole = np.asarray(raw, copy=False)
    assert not whole.flags.writeable and not whole.flags.owndata
    np.testing.assert_array_equal(whole, compressed[:])
    assert np.asarray(compressed, dtype=float).dtype == float


def test_a_sequence_that_was_sent_follows_without_a_gap(path):
    with resonance.RunWriter(path) as w, w.run("scan"):
        w.open_stream("primary", {"ccd": resonance.image_key("c", 2, 2)})

        def record(first, end):
            for i in range(first, end):
                w.write_event("primary", {}, frames={"ccd": np.full((2, 2), i, "u2")})

        record(0, 3)
        sent = pickle.dumps(resonance.Catalog(path)[-1].images())
        record(3, 6)
        again = pickle.loads(sent)
        record(6, 7)
    assert len(again) == 3
    assert [int(frame[0, 0]) for frame in again.follow()] == [0, 1, 2, 3, 4, 5, 6]


def test_a_field_that_there_is_not_is_named_with_those_there_are(recorded):
    run = resonance.Catalog(recorded())[-1]
    with pytest.raises(KeyError, match="'nosuch'; it has frames of: ccd"):
        run.images("nosuch")
    assert len(Catalog(run.database)[run.uid].images("nosuch")) == 0


def test_a_field_that_may_still_come_is_waited_for(path):
    with resonance.RunWriter(path) as w, w.run("scan"):
        live = resonance.Catalog(path)[-1].images("ccd")
        w.open_stream("primary", {"ccd": resonance.image_key("c", 2, 2), "unused": resonance.image_key("c", 2, 2)})
        w.write_event("primary", {}, frames={"ccd": np.ones((2, 2), "u2")})
    assert len(live) == 0 and len(list(live.follow())) == 1
    assert len(resonance.Catalog(path)[-1].images("unused")) == 0


def test_masked_pixels_are_no_measurement(path):
    frame = np.ma.masked_greater(np.arange(4, dtype="u2").reshape(2, 2), 2)
    with resonance.RunWriter(path, allow_undeclared=True) as w, w.run("scan"):
        w.open_stream("primary", {})
        with pytest.raises(ValueError, match="masked"):
            w.write_event("primary", {}, frames={"f": frame})
        with pytest.raises(ValueError, match="masked"):
            w.write_events("primary", {}, frames={"f": np.ma.stack([frame])})
        w.write_event("primary", {}, frames={"f": frame.filled(0)})
    assert resonance.Catalog(path)[-1].images("f")[:].tolist() == [[[0, 1], [2, 0]]]


class Clearing:
    """Its conversion changes the dict that it is in."""

    def __init__(self, frames):
        self.frames = frames

    def __array__(self, dtype=None, copy=None):
        self.frames.clear()
        self.junk = ["q" * 40 for _ in range(200)]
        return np.zeros((2, 2), "u2")


def test_frames_that_change_while_they_are_read_do_not_crash(path, run_python):
    field = "".join(["detector_", str(12345)])
    with resonance.RunWriter(path, allow_undeclared=True) as w, w.run("scan"):
        w.open_stream("primary", {})
        for _ in range(50):
            frames = {}
            frames[field + "_a"], frames[field + "_b"] = Clearing(frames), Clearing(frames)
            w.write_event("primary", {}, frames=frames)
    assert resonance.Catalog(path)[-1].fields == [field + "_a", field + "_b"]
