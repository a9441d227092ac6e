"""numpy's arrays and scalars arrive with type, shape and items; what is no array's type is refused."""

import json

import pytest

from procure_kit.running.crossing import arrays
from procure_kit.running.crossing.held import Table
from procure_kit.running.crossing.plain_data import Values, contents, refill

np = pytest.importorskip("numpy")
RECORDS = [("n", "i4"), ("s", "U3"), ("d", "M8[D]"), ("o", "O")]
ARRAYS = [
    np.array([[1, 2]]), np.array([0.5], "float32"), np.array([True, False]), np.array([]), np.zeros((0, 3), "i2"),
    np.array(5), np.array([1, 2], ">i4"), np.array([1j]), np.array([1, 3], np.longdouble) / 3, np.array(["a", "bcd"]),
    np.array([b"x"]), np.array(["2024-01-01"], "M8[D]"), np.array([5], "m8[ms]"),
    np.array([[1, "a"], [None, [2]]], object),
    np.array([(1, "a", "2024-01-01", [1])], RECORDS), np.arange(6).reshape(2, 3).T, np.array([np.nan, np.inf]),
]  # fmt: skip
SCALARS = [
    np.float64(0.5), np.int8(3), np.bool_(True), np.longdouble(1) / 3, np.datetime64("2024-01-01"), np.str_("a"),
    np.complex64(1j), np.timedelta64(3, "D"), np.bytes_(b"x"),
]  # fmt: skip


def crossed(value: object) -> object:
    here, there = Values(), Values()
    found = there.decode(json.loads(json.dumps(here.encode(value, Table()))), Table())
    assert here.doubts and here.doubts == there.doubts
    return found


@pytest.mark.parametrize("array", ARRAYS, ids=repr)
def test_arrays(array):
    found = crossed(array)
    assert type(found) is np.ndarray and found.dtype == array.dtype and found.shape == array.shape
    assert repr(found) == repr(array) and found.flags.writeable


@pytest.mark.parametrize("scalar", SCALARS, ids=repr)
def test_scalars(scalar):
    found = crossed(scalar)
    assert type(found) is type(scalar) and found == scalar and repr(found) == repr(scalar)


def test_lists_behind_an_array_are_the_ones_that_they_were():
    row = [3]
    found = crossed({"names": np.array(["a"]), "objects": np.array([row, None], object), "one": row, "other": row})
    assert found["one"] == [3] and found["one"] is found["other"] is found["objects"][0]


def test_an_array_is_refilled_where_it_can_be():
    target, other = np.array([1, 2]), np.array([7, 8])
    refill(target, contents(other))
    assert target.tolist() == [7, 8]
    target.flags.writeable = False
    refill(target, contents(np.array([0, 0])))
    refill(other, contents(np.array([1])))
    assert target.tolist() == [7, 8] and other.tolist() == [7, 8]


@pytest.mark.parametrize("kind", [np.matrix, np.recarray])
def test_subclasses_are_no_arrays(kind):
    value = np.matrix([[1]]) if kind is np.matrix else np.recarray((1,), [("a", "i4")])
    assert Values().encode(value, Table())[0] == "handle"


def test_types_that_cannot_be_told_are_no_plain_data():
    assert arrays.described(np.dtype([("a", "V3")])) is None and arrays.described(np.dtype(("i4", (2,)))) is None


@pytest.mark.parametrize(
    "data",
    [
        ["array", "<f99", [1], "00"], ["array", "V8", [1], "00"], ["array", "<f8", [-1], "00" * 8],
        ["array", "<f8", [10**12], "00" * 8], ["array", "<f8", [2], "00" * 8], ["array", "O", [10**7], []],
        ["array", "O", [1], [1, 2]], ["array", "|b1", [1], ["x", 2]], ["array", "<f8", ["x"], ""],
        ["array", [["a", "<f8"]], [1], []], ["array", [["a"]], [1], []], ["scalar", "<U3", []], ["scalar", "<f8", "0"],
    ],
)  # fmt: skip
def test_what_no_encoder_sends_is_refused(data):
    try:
        found = Values().decode(data, Table())
    except (ValueError, TypeError, IndexError, KeyError):
        return
    assert isinstance(found, np.generic) and found.size == 1
