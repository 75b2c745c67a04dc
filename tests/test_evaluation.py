from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgekit.errors import DataError
from edgekit.evaluation import encode_npz, load_evaluation_set, make_evaluation_set, quantize
from edgekit.tflite_model import TfliteModel, read_model
from tests.tiny_model import Tensor, build_dense, build_file

_MODEL = read_model(build_dense())
_X = np.array([[1, 2, 3, 4], [-5, 6, -7, 8]], np.int8)
_FLOAT_MODEL = read_model(build_file([Tensor("x", (1, 4), "float32", None)], [], [0], [0]))
_AUTOENCODER = read_model(build_dense(np.ones((4, 4))))
_ANOMALIES = {
    "inputs": np.array([[1, 2, 3, 4], [5, 6, 7, 8], [0, 0, 0, 0]], np.int8),
    "labels": np.array([0, 0, 1]),
    "task": np.array("anomaly"),
}
_TWO_INPUTS = read_model(build_file([Tensor("a", (1, 4)), Tensor("b", (3,))], [], [0, 1], [0]))


def _save(path: Path, **arrays: Any) -> Path:
    np.savez(path / "eval.npz", **arrays)
    return path / "eval.npz"


def test_integers_of_the_models_dtype_are_taken_as_they_are(tmp_path: Path) -> None:
    found = load_evaluation_set(_save(tmp_path, inputs=_X, labels=np.array([0, 2])), _MODEL)
    np.testing.assert_array_equal(found.inputs[0], _X)
    assert found.inputs[0].dtype == np.int8
    assert found.labels is not None
    assert (found.labels.dtype, found.labels.tolist(), len(found)) == (np.int64, [0, 2], 2)


@pytest.mark.parametrize(
    "names", [("inputs", "labels"), ("x_test", "y_test"), ("x", "y"), ("input_0", "labels")]
)
def test_arrays_may_go_by_their_usual_names(tmp_path: Path, names: tuple[str, str]) -> None:
    found = load_evaluation_set(_save(tmp_path, **{names[0]: _X, names[1]: np.array([1, 1])}), _MODEL)
    assert found.labels is not None
    assert (len(found), found.labels.tolist()) == (2, [1, 1])


def test_labels_may_be_absent_or_a_column(tmp_path: Path) -> None:
    assert load_evaluation_set(_save(tmp_path, inputs=_X), _MODEL).labels is None
    found = load_evaluation_set(_save(tmp_path, inputs=_X, labels=np.array([[0], [2]], np.uint8)), _MODEL)
    assert found.labels is not None
    assert found.labels.tolist() == [0, 2]


def test_samples_may_carry_the_models_batch_axis(tmp_path: Path) -> None:
    found = load_evaluation_set(_save(tmp_path, inputs=_X[:, np.newaxis]), _MODEL)
    np.testing.assert_array_equal(found.inputs[0], _X)


def test_several_inputs_are_numbered(tmp_path: Path) -> None:
    second = np.zeros((2, 3), np.int8)
    found = load_evaluation_set(_save(tmp_path, input_0=_X, input_1=second), _TWO_INPUTS)
    assert [each.shape for each in found.inputs] == [(2, 4), (2, 3)]


def test_floats_are_quantized_half_away_from_zero_and_saturated(tmp_path: Path) -> None:
    # scale 0.5, zero point -1
    reals = np.array([[0.25, -0.25, 0.24, 1000.0]], np.float64)
    found = load_evaluation_set(_save(tmp_path, x_test=reals), _MODEL)
    assert found.inputs[0].tolist() == [[0, -2, -1, 127]]


def test_a_file_without_a_task_is_one_of_classification_with_the_digest_that_it_always_had(
    tmp_path: Path,
) -> None:
    """So that what was measured before there were tasks need not be measured again."""
    labels = np.array([0, 2])
    old = load_evaluation_set(_save(tmp_path, inputs=_X, labels=labels), _MODEL)
    assert (old.task, old.groups) == ("classification", None)
    assert old.sha256 == "23a4cb6d5efd6c83f5063eec9fded332038e0ab7077e3b2b0d7e3959de81dd44"
    named = _save(tmp_path, inputs=_X, labels=labels, task=np.array("classification"))
    assert load_evaluation_set(named, _MODEL).sha256 == old.sha256


@pytest.mark.parametrize("name", ["groups", "group_test"])
def test_an_anomaly_set_has_labels_and_recordings(tmp_path: Path, name: str) -> None:
    arrays = {**_ANOMALIES, name: np.array([4, 4, 8], np.int16)}
    found = load_evaluation_set(_save(tmp_path, **arrays), _AUTOENCODER)
    assert found.task == "anomaly"
    assert found.labels is not None
    assert found.groups is not None
    assert (found.labels.tolist(), found.groups.tolist(), found.groups.dtype) == (
        [0, 0, 1],
        [4, 4, 8],
        np.int64,
    )
    alone = load_evaluation_set(_save(tmp_path, **_ANOMALIES), _AUTOENCODER)
    assert alone.groups is None
    others = load_evaluation_set(_save(tmp_path, **{**arrays, name: np.array([4, 5, 8])}), _AUTOENCODER)
    assert len({found.sha256, alone.sha256, others.sha256}) == 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"task": np.array("regression")}, "task is 'regression'; expected the text 'classification' or"),
        ({"task": np.array(["anomaly", "anomaly"])}, "task is .*; expected the text"),
        ({"task": np.array(1.5)}, "task is '1.5'"),
        ({"labels": None}, "has no labels; expected 0 or 1 for each sample"),
        ({"labels": np.array([0, 0, 2])}, "holds the class 2; .* classes 0 to 1"),
        ({"labels": np.array([0, 1])}, "need the same number of samples; found 3, 2"),
        ({"labels": np.array([0, 0, 0])}, "all labels are 0; expected normal samples, 0, and anomalies, 1"),
        ({"groups": np.array([4, 4])}, r"groups are int64 of shape \[2\]; expected 3 integers"),
        ({"groups": np.array([4.0, 4.0, 8.0])}, "groups are float64"),
        ({"groups": np.array([4, 8, 8])}, "samples of recording 8 are labelled both 0 and 1"),
    ],
)
def test_an_anomaly_set_that_cannot_be_judged_is_refused(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    arrays = {key: each for key, each in {**_ANOMALIES, **changes}.items() if each is not None}
    with pytest.raises(DataError, match=message) as caught:
        load_evaluation_set(_save(tmp_path, **arrays), _AUTOENCODER)
    assert "\n" not in str(caught.value)


def test_a_model_that_does_not_reproduce_its_input_finds_no_anomalies(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"outputs have \[3\] elements and its inputs \[4\]"):
        load_evaluation_set(_save(tmp_path, **_ANOMALIES), _MODEL)


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=20))
def test_quantizing_equals_roundf_on_every_value(values: list[float]) -> None:
    tensor = _MODEL.inputs[0]
    expected = []
    for value in values:
        quotient = float(np.float32(value) / np.float32(0.5))
        whole = int(quotient)  # towards zero
        whole += (abs(quotient - whole) >= 0.5) * (1 if quotient > 0 else -1)
        expected.append(max(-128, min(127, whole - 1)))
    assert quantize(np.array(values, np.float32), tensor).tolist() == expected


def test_a_float_model_takes_floats_of_any_width(tmp_path: Path) -> None:
    found = load_evaluation_set(_save(tmp_path, x=_X.astype(np.float64)), _FLOAT_MODEL)
    assert found.inputs[0].dtype == np.float32


@pytest.mark.parametrize(
    ("model", "arrays", "message"),
    [
        (_MODEL, {"inputs": _X[:, :3]}, r"has shape \[2, 3\]; the model's input needs \(samples, 4\)"),
        (_MODEL, {"inputs": _X[0]}, r"has shape \[4\]"),
        (_MODEL, {"inputs": np.int8(3)}, r"has shape \[\]"),
        (_MODEL, {"inputs": _X.astype(np.uint8)}, "is uint8; the model's input needs int8 or floats"),
        (_MODEL, {"inputs": _X.astype(np.int64)}, "is int64"),
        (_MODEL, {"inputs": _X.astype("U4")}, "is str128"),
        (_MODEL, {"inputs": np.full((2, 4), np.nan)}, "8 values that are not finite"),
        (_FLOAT_MODEL, {"inputs": np.full((2, 4), np.inf, np.float32)}, "8 values that are not finite"),
        (_FLOAT_MODEL, {"inputs": _X}, "is int8; the model's input needs float32"),
        (_MODEL, {"inputs": _X[:0]}, "has no samples"),
        (_MODEL, {"labels": np.array([0, 1])}, "expected 'inputs'; found 'labels'"),
        (_MODEL, {"images": _X}, "no array named 'inputs', 'x_test' or 'x'; found images"),
        (_MODEL, {}, "no array named .*; found none"),
        (_MODEL, {"inputs": _X, "labels": np.array([0, 1, 2])}, "same number of samples; found 2, 3"),
        (_MODEL, {"inputs": _X, "labels": np.array([0.0, 1.0])}, "is float64; expected integers"),
        (_MODEL, {"inputs": _X, "labels": np.array([0, 3])}, "holds the class 3; .* classes 0 to 2"),
        (_MODEL, {"inputs": _X, "labels": np.array([0, -1])}, "holds the class -1"),
        (_MODEL, {"inputs": _X, "labels": np.eye(2, dtype=int)}, r"has shape \[2, 2\]; expected one class"),
        (_TWO_INPUTS, {"inputs": _X}, "2 inputs, expected 'input_0', 'input_1'; found 'inputs'"),
        (
            _TWO_INPUTS,
            {"input_0": _X, "input_1": np.zeros((3, 3), np.int8)},
            "same number of samples; found 2, 3",
        ),
    ],
)
def test_what_does_not_fit_the_model_is_refused(
    tmp_path: Path, model: TfliteModel, arrays: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataError, match=message) as caught:
        load_evaluation_set(_save(tmp_path, **arrays), model)
    assert "eval.npz" in str(caught.value)


def _npy() -> bytes:
    file = io.BytesIO()
    np.save(file, _X)
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"plain text",
        pickle.dumps([1, 2]),
        _npy(),
        encode_npz({"inputs": _X})[:-30],
        b"PK\x03\x04" + b"\0" * 50,
    ],
    ids=["empty", "text", "pickle", "npy", "truncated", "zip mark only"],
)
def test_a_file_that_is_no_npz_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "eval.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"eval\.npz is not a sound \.npz file"):
        load_evaluation_set(path, _MODEL)


def test_pickled_objects_are_never_loaded(tmp_path: Path) -> None:
    objects = np.empty(2, object)
    objects[:] = [{"a": 1}, None]
    with pytest.raises(DataError, match="cannot be read"):
        load_evaluation_set(_save(tmp_path, inputs=objects), _MODEL)


def test_a_path_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot read .*none\.npz: No such file"):
        load_evaluation_set(tmp_path / "none.npz", _MODEL)
    with pytest.raises(DataError, match="Is a directory"):
        load_evaluation_set(tmp_path, _MODEL)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_changed_bytes_give_a_set_or_a_data_error(
    tmp_path_factory: pytest.TempPathFactory, data: Any
) -> None:
    content = bytearray(encode_npz({"inputs": _X, "labels": np.array([0, 1])}))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("changed") / "eval.npz"
    path.write_bytes(content)
    try:
        found = load_evaluation_set(path, _MODEL)
    except DataError:
        return
    assert found.inputs[0].shape[1:] == (4,)


def test_the_hash_follows_the_content_not_the_file(tmp_path: Path) -> None:
    labels = np.array([0, 1])
    from_file = load_evaluation_set(_save(tmp_path, x_test=_X, y_test=labels.astype(np.uint8)), _MODEL)
    assert from_file.sha256 == make_evaluation_set([_X], labels, _MODEL).sha256
    assert from_file.sha256 != make_evaluation_set([_X], None, _MODEL).sha256
    assert from_file.sha256 != make_evaluation_set([_X[::-1]], labels, _MODEL).sha256


def test_the_same_arrays_give_the_same_bytes_that_numpy_reads() -> None:
    arrays = {"inputs": _X, "labels": np.array([0, 1])}
    encoded = encode_npz(arrays)
    assert encoded == encode_npz(dict(arrays))
    with np.load(io.BytesIO(encoded)) as loaded:
        assert loaded.files == ["inputs", "labels"]
        np.testing.assert_array_equal(loaded["inputs"], _X)
