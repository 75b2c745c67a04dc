from __future__ import annotations

import numpy as np
import tflite

from edgekit.flatbuffer_weights import count_parameters
from edgekit.tflite_model import read_model
from tests.tiny_model import Operator, Tensor, build_dense, build_file


def test_weights_and_biases_are_parameters() -> None:
    assert count_parameters(read_model(build_dense())) == 12 + 3


def test_shapes_are_none_and_shared_constants_count_once() -> None:
    shape = np.array([1, 4], "<i4").tobytes()
    model = build_file(
        [
            Tensor("input", (2, 2), "float32", None),
            Tensor("shape", (2,), "int32", None, content=shape),
            Tensor("flat", (1, 4), "float32", None),
            Tensor("twice", (1, 4), "float32", None, content=bytes(16)),
            Tensor("half", (1, 4), "float32", None),
            Tensor("output", (1, 4), "float32", None),
        ],
        [
            Operator(tflite.BuiltinOperator.RESHAPE, (0, 1), (2,)),
            Operator(tflite.BuiltinOperator.ADD, (2, 3), (4,)),
            Operator(tflite.BuiltinOperator.ADD, (4, 3), (5,)),
        ],
        [0],
        [5],
    )
    assert count_parameters(read_model(model)) == 4


def test_packed_binary_weights_are_counted_one_by_one() -> None:
    model = build_file(
        [
            Tensor("input", (1, 1, 1, 1), "int32", None),
            Tensor("signs", (3, 1, 1, 1), "int32", None, content=bytes(12)),
            Tensor("output", (1, 1, 1, 3), "float32", None),
        ],
        [Operator(tflite.BuiltinOperator.CUSTOM, (0, 1), (2,), "LceBconv2d")],
        [0],
        [2],
    )
    assert count_parameters(read_model(model)) == 3 * 32
