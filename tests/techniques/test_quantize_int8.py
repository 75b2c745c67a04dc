from __future__ import annotations

import numpy as np
import pytest
import tflite

from edgekit.errors import RecipeError
from edgekit.techniques import Technique
from edgekit.techniques.quantize_int8 import QuantizeInt8
from edgekit.tflite_model import read_model
from tests.tiny_model import Operator, Tensor, build_dense, build_file

_ADD = tflite.BuiltinOperator.ADD


def test_it_is_a_technique_that_needs_no_training() -> None:
    technique: Technique = QuantizeInt8()
    assert technique.num_epochs == 0
    assert technique.effects == {"int8"}


def test_an_int8_model_with_int32_biases_is_what_it_promises() -> None:
    QuantizeInt8().verify(read_model(build_dense()), {})


def test_a_float_tensor_is_named_with_its_operator() -> None:
    tensors = [Tensor("in", (1, 4)), Tensor("loud", (1, 4), "float32", None), Tensor("out", (1, 4))]
    data = build_file(tensors, [Operator(_ADD, (0, 0), (1,)), Operator(_ADD, (1, 1), (2,))], [0], [2])
    with pytest.raises(RecipeError, match=r"tensor 1 'loud' of operator 0 \(ADD\) is float32; expected int8"):
        QuantizeInt8().verify(read_model(data), {})


def test_int32_is_for_constants_only() -> None:
    data = build_file([Tensor("sum", (1, 4), "int32")], [], [0], [0])
    with pytest.raises(RecipeError, match="'sum' is int32"):
        QuantizeInt8().verify(read_model(data), {})
    constant = Tensor("shape", (2,), "int32", content=np.array([1, 4], "<i4").tobytes())
    QuantizeInt8().verify(read_model(build_file([Tensor("x", (1, 4)), constant], [], [0], [0])), {})


@pytest.mark.parametrize("scale", [None, 0.0])
def test_an_input_without_a_scale_is_refused(scale: float | None) -> None:
    data = build_file([Tensor("x", (1, 4), scale=scale)], [], [0], [0])
    with pytest.raises(RecipeError, match="'x' is int8 but has no scale"):
        QuantizeInt8().verify(read_model(data), {})
