from __future__ import annotations

import contextlib
import hashlib
import struct
import time
from pathlib import Path

import numpy as np
import pytest
import tflite
from hypothesis import given, settings
from hypothesis import strategies as st

from edgekit.errors import ModelError
from edgekit.tflite_model import load_model, read_model
from tests.tiny_model import Operator, Tensor, build_dense, build_file

_DENSE = build_dense()


def _with_tensor(**changes: object) -> bytes:
    fields: dict[str, object] = {"name": "x", "shape": (2, 2), **changes}
    return build_file([Tensor(**fields)], [], [0], [0])  # type: ignore[arg-type]


def test_everything_a_model_says_is_read() -> None:
    model = read_model(_DENSE)
    assert model.sha256 == hashlib.sha256(_DENSE).hexdigest()
    assert model.description == "tiny"
    assert model.num_subgraphs == 1
    assert model.dtypes == ("int32", "int8")
    assert model.macs == 12
    assert [(each.index, each.name, each.inputs, each.outputs, each.macs) for each in model.operators] == [
        (0, "FULLY_CONNECTED", (0, 1, 2), (3,), 12),
        (1, "SOFTMAX", (3,), (4,), 0),
    ]
    (tensor,) = model.inputs
    assert (tensor.index, tensor.name, tensor.shape, tensor.dtype) == (0, "input", (1, 4), "int8")
    assert (tensor.scales, tensor.zero_points, tensor.num_bytes) == ((0.5,), (-1,), 4)
    assert [each.name for each in model.outputs] == ["probabilities"]


def test_only_constants_have_data_and_it_is_read_only() -> None:
    tensors = read_model(_DENSE).tensors
    assert [each.is_constant for each in tensors] == [False, True, True, False, False]
    assert tensors[0].data() is None
    weights, bias = tensors[1].data(), tensors[2].data()
    assert weights is not None
    assert bias is not None
    np.testing.assert_array_equal(weights, np.arange(-6, 6, dtype=np.int8).reshape(3, 4))
    np.testing.assert_array_equal(bias, np.array([8, -8, 0], np.int32))
    assert not weights.flags.writeable


def test_a_custom_operator_goes_by_its_own_code_and_an_absent_input_is_minus_one() -> None:
    data = build_file([Tensor("x", (1,))], [Operator(32, (0, -1), (0,), custom="TFLM_DECODE")], [0], [0])
    (operator,) = read_model(data).operators
    assert (operator.name, operator.inputs) == ("TFLM_DECODE", (0, -1))


def test_operators_that_only_the_wider_code_field_can_name_are_named() -> None:
    data = build_file([Tensor("x", (1,))], [Operator(tflite.BuiltinOperator.GELU, (0,), (0,))], [0], [0])
    assert [each.name for each in read_model(data).operators] == ["GELU"]


def test_an_operator_newer_than_the_schema_keeps_its_number() -> None:
    data = build_file([Tensor("x", (1,))], [Operator(4321, (0,), (0,))], [0], [0])
    assert [each.name for each in read_model(data).operators] == ["BUILTIN_4321"]


def test_half_byte_tensors_are_rounded_up_to_bytes_and_have_no_numpy_data() -> None:
    (tensor,) = read_model(_with_tensor(shape=(3,), dtype="int4", content=b"\x21\x03")).tensors
    assert (tensor.num_bytes, tensor.is_constant, tensor.data()) == (2, True, None)


def test_an_empty_constant_is_a_constant() -> None:
    tensors = read_model(_with_tensor(shape=(0,), dtype="int32")).tensors
    assert tensors[0].is_constant
    assert tensors[0].data() is not None


def test_a_scalar_has_no_axes_and_one_element() -> None:
    (tensor,) = read_model(_with_tensor(shape=(), dtype="float32", scale=None)).tensors
    assert (tensor.shape, tensor.num_bytes, tensor.scales) == ((), 4, ())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "an empty file"),
        (b"hello, I am a text file", "without the mark 'TFL3'"),
        (_DENSE[:7], "without the mark"),
        (_DENSE[:-40], "truncated or corrupt|buffer"),
        (build_file([], [], [], [], num_subgraphs=0), "no subgraph"),
        (build_file([], [], [], [], version=2), "schema version 2; expected 3"),
        (build_file([Tensor("x", (1,))], [], [1], [0]), "refers to tensor 1, but the model has 1"),
        (build_file([Tensor("x", (1,))], [], [0], [-1]), "refers to tensor -1"),
        (
            build_file([Tensor("x", (1,))], [Operator(0, (7,), (0,))], [0], [0]),
            r"operator 0 \(ADD\) refers to tensor 7",
        ),
        (_with_tensor(shape=(2, -3)), r"tensor 0 'x' has the impossible shape \[2, -3\]"),
        (_with_tensor(shape=(1,) * 40), "impossible shape"),
        (_with_tensor(dtype="no such type"), "unknown data type number 99"),
        (_with_tensor(content=b"12345"), "needs 4 bytes, its buffer has 5"),
        (_with_tensor(scale=float("nan")), "scale that is negative or not a number"),
        (_with_tensor(scale=-1.0), "scale that is negative"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(data: bytes, message: str) -> None:
    with pytest.raises(ModelError, match=message) as caught:
        read_model(data)
    assert "\n" not in str(caught.value)


def test_every_truncation_is_a_model_error() -> None:
    for length in range(len(_DENSE)):
        with pytest.raises(ModelError):
            read_model(_DENSE[:length])


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(_DENSE) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_changed_bytes_give_a_model_or_a_model_error(changes: list[tuple[int, int]]) -> None:
    data = bytearray(_DENSE)
    for position, value in changes:
        data[position] = value
    try:
        model = read_model(bytes(data))
    except ModelError:
        return
    for tensor in model.tensors:
        constant = tensor.data()
        assert constant is None or constant.nbytes == tensor.num_bytes
    for operator in model.operators:
        assert all(-1 <= index < len(model.tensors) for index in operator.inputs)
        assert all(0 <= index < len(model.tensors) for index in operator.outputs)


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, len(_DENSE) // 4 - 1), st.sampled_from([0x7FFFFFFF, 0xFFFFFFFF, 0x80000000, 0x01000000])
)
def test_a_huge_number_anywhere_costs_no_time(word: int, value: int) -> None:
    data = bytearray(_DENSE)
    struct.pack_into("<I", data, 4 * word, value)
    start_s = time.monotonic()
    with contextlib.suppress(ModelError):
        read_model(bytes(data))
    assert time.monotonic() - start_s < 1.0


def test_lists_that_overlap_are_refused_before_they_unfold() -> None:
    # 3,000 operators that share one list of 3,000 inputs: nine million entries out of 24 KB.
    operator = Operator(0, (0,) * 3000, (0,))
    data = build_file([Tensor("x", (1,))], [operator], [0], [0], num_shares=3000)
    start_s = time.monotonic()
    with pytest.raises(ModelError, match="claims a list of 3,000 entries"):
        read_model(data)
    assert time.monotonic() - start_s < 1.0


@given(st.binary(max_size=200))
def test_any_bytes_behind_the_mark_are_survived(tail: bytes) -> None:
    with contextlib.suppress(ModelError):
        read_model(tail[:4].ljust(4, b"\0") + b"TFL3" + tail[4:])


def test_a_file_that_is_missing_or_a_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"cannot read model .*none\.tflite: No such file"):
        load_model(tmp_path / "none.tflite")
    with pytest.raises(ModelError, match="Is a directory"):
        load_model(tmp_path)
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(_DENSE[:100])
    with pytest.raises(ModelError, match=r"broken\.tflite: "):
        load_model(broken)


def test_an_operator_whose_number_is_in_the_newer_field_only_is_read() -> None:
    tensors = [Tensor("x", (1, 4)), Tensor("y", (1, 4), "float32", None)]
    operator = Operator(tflite.BuiltinOperator.DEQUANTIZE, (0,), (1,), only_new_code=True)
    assert read_model(build_file(tensors, [operator], [0], [1])).operators[0].name == "DEQUANTIZE"


def test_int4_constants_are_unpacked_low_half_first() -> None:
    tensor = Tensor("w", (1, 3), "int4", content=bytes([0x7F, 0x0A]))
    model = read_model(build_file([tensor], [], [0], [0]))
    codes = model.tensors[0].codes()
    assert model.tensors[0].data() is None
    assert codes is not None
    assert codes.tolist() == [[-1, 7, -6]]
