from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import tflite

from edgekit.accelerators._edgetpu_rules import _RULES, predict
from edgekit.errors import ModelError
from edgekit.tflite_model import read_model
from tests.tiny_model import Operator, Tensor, build_dense, build_file

Code = tflite.BuiltinOperator


def one(
    code: int, shape: tuple[int, ...], output: tuple[int, ...], *constants: Any, dtype: str = "int8"
) -> tuple[str, str | None]:
    """Where an operator of one input and constants runs, and why."""
    made = [
        Tensor(f"c{index}", np.shape(each), "int32", None, content=np.array(each, "<i4").tobytes())
        for index, each in enumerate(constants)
    ]
    tensors = [Tensor("x", shape, dtype), *made, Tensor("y", output, dtype)]
    inputs = tuple(range(1 + len(made)))
    data = build_file(tensors, [Operator(code, inputs, (len(inputs),))], [0], [len(inputs)])
    (mapped,) = predict(read_model(data))
    return mapped.runs_on, mapped.reason


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((Code.RELU, (1, 8, 8, 4), (1, 8, 8, 4)), None),
        ((Code.LEAKY_RELU, (1, 8), (1, 8)), "not among the supported operations"),
        ((Code.RELU, (2, 8, 8, 4), (2, 8, 8, 4)), "only its inner three dimensions"),
        ((Code.SOFTMAX, (1, 10), (1, 10)), None),
        ((Code.SOFTMAX, (1, 16_000), (1, 16_000)), None),
        ((Code.SOFTMAX, (1, 16_001), (1, 16_001)), "16,001 elements, more than 16,000"),
        ((Code.SOFTMAX, (1, 2, 10), (1, 2, 10)), "only one dimension may be over 1"),
        ((Code.MEAN, (1, 8, 8, 6), (1, 6), [1, 2]), None),
        ((Code.MEAN, (1, 8, 8, 6), (1, 8, 8), [3]), "reduces 6 channels, no multiple of 4"),
        ((Code.MEAN, (1, 8, 8, 8), (1, 8, 8), [-1]), None),
        ((Code.SUM, (1, 8, 8, 8), (8, 8, 8), [0]), "reduces the batch dimension"),
        ((Code.REDUCE_MAX, (1, 8, 8, 8), (8, 8, 8), [-4]), "reduces the batch dimension"),
        ((Code.PAD, (1, 8, 8, 4), (1, 10, 8, 4), [[0, 0], [1, 1], [0, 0], [0, 0]]), None),
        ((Code.PAD, (1, 8, 8, 4), (2, 8, 8, 4), [[1, 0], [0, 0], [0, 0], [0, 0]]), "inner three"),
        ((Code.SQUEEZE, (1, 5, 10), (5, 10)), None),
        ((Code.SQUEEZE, (5, 1, 10), (5, 10)), "removes a dimension that does not lead"),
        ((Code.STRIDED_SLICE, (8, 4), (4, 4), [0, 0], [4, 4], [1, 1]), None),
        ((Code.STRIDED_SLICE, (8, 4), (4, 4), [0, 0], [8, 4], [2, 1]), "strides other than 1"),
    ],
)
def test_a_published_rule_decides(arguments: tuple[Any, ...], reason: str | None) -> None:
    place, found = one(*arguments)
    assert place == ("Edge TPU" if reason is None else "CPU")
    assert (found is None) if reason is None else (reason in str(found))


@pytest.mark.parametrize("dtype", ["float32", "int16"])
def test_only_8_bit_tensors_are_taken(dtype: str) -> None:
    assert one(Code.RELU, (1, 4), (1, 4), dtype=dtype) == (
        "CPU",
        f"x is {dtype}; only 8-bit tensors are supported",
    )


def test_what_comes_after_the_first_operator_on_the_cpu_runs_there_too() -> None:
    tensors = [Tensor(name, (1, 4)) for name in "abcd"]
    codes = (Code.RELU, Code.LEAKY_RELU, Code.RELU)
    operators = [Operator(code, (index,), (index + 1,)) for index, code in enumerate(codes)]
    first, second, third = predict(read_model(build_file(tensors, operators, [0], [3])))
    assert (first.runs_on, second.runs_on, third.runs_on) == ("Edge TPU", "CPU", "CPU")
    assert third.reason == "comes after operator 1 LEAKY_RELU, which runs on the CPU"


def test_quantizing_a_float_input_does_not_end_what_is_mapped() -> None:
    tensors = [Tensor("f", (1, 4), "float32", None), Tensor("a", (1, 4)), Tensor("b", (1, 4))]
    tensors += [Tensor("g", (1, 4), "float32", None)]
    operators = [
        Operator(code, (index,), (index + 1,))
        for index, code in enumerate((Code.QUANTIZE, Code.RELU, Code.DEQUANTIZE))
    ]
    mapped = predict(read_model(build_file(tensors, operators, [0], [3])))
    assert [each.runs_on for each in mapped] == ["CPU", "Edge TPU", "CPU"]


def changed(change: Callable[[Any, Any], None], code: int = 0) -> bytes:
    """A file of one operator, changed by the schema's own objects: options and open shapes."""
    schema = pytest.importorskip("ai_edge_litert.schema_py_generated", reason="needs ai-edge-litert's schema")
    flatbuffers = pytest.importorskip("flatbuffers")
    tensors = [
        Tensor("x", (1, 4, 4, 4)),
        Tensor("w", (4, 1, 1, 4), content=bytes(16)),
        Tensor("y", (1, 4, 4, 4)),
    ]
    data = build_file(tensors, [Operator(code, (0, 1), (2,))], [0], [2])
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0))
    change(model.subgraphs[0], schema)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def test_a_shape_that_is_open_is_refused() -> None:
    def change(graph: Any, schema: Any) -> None:
        graph.tensors[0].shapeSignature = [-1, 4, 4, 4]

    (mapped,) = predict(read_model(changed(change, Code.MUL)))
    assert (mapped.runs_on, mapped.reason) == ("CPU", "x has a shape that is not fixed")


@pytest.mark.parametrize(
    ("code", "options", "fields", "reason"),
    [
        (Code.CONV_2D, "Conv2DOptions", {"dilationWFactor": 2, "dilationHFactor": 2}, None),
        (
            Code.CONV_2D,
            "Conv2DOptions",
            {"dilationWFactor": 2, "dilationHFactor": 1},
            "dilation 1 in y and 2 in x",
        ),
        (Code.CONV_2D, "Conv2DOptions", {"fusedActivationFunction": 1}, None),
        (
            Code.MAX_POOL_2D,
            "Pool2DOptions",
            {"fusedActivationFunction": 1},
            "has a fused activation function",
        ),
        (Code.MAX_POOL_2D, "Pool2DOptions", {}, None),
        (Code.CONCATENATION, "ConcatenationOptions", {"fusedActivationFunction": 3}, "fused activation"),
        (Code.CONCATENATION, "ConcatenationOptions", {"axis": 3}, None),
    ],
)
def test_options_of_operators_are_looked_at(
    code: int, options: str, fields: dict[str, int], reason: str | None
) -> None:
    def change(graph: Any, schema: Any) -> None:
        made = getattr(schema, options + "T")()
        for key, value in fields.items():
            setattr(made, key, value)
        graph.operators[0].builtinOptionsType = getattr(schema.BuiltinOptions, options)
        graph.operators[0].builtinOptions = made

    (mapped,) = predict(read_model(changed(change, code)))
    assert (mapped.reason is None) if reason is None else (reason in str(mapped.reason))


def test_joining_a_constant_that_is_not_zero_is_refused() -> None:
    for content, place in ((bytes(16), "Edge TPU"), (bytes(15) + b"\1", "CPU")):
        tensors = [
            Tensor("x", (1, 2, 2, 4)),
            Tensor("c", (1, 1, 4, 4), content=content),
            Tensor("y", (1, 2, 4, 4)),
        ]
        model = read_model(build_file(tensors, [Operator(Code.CONCATENATION, (0, 1), (2,))], [0], [2]))
        assert predict(model)[0].runs_on == place


def test_every_rule_is_for_an_operator_that_there_is() -> None:
    assert all(hasattr(Code, name) for name in _RULES)


def test_a_file_whose_options_point_outside_is_a_broken_model() -> None:
    model = read_model(build_dense())
    with pytest.raises(ModelError, match="corrupt"):
        predict(replace(model, data=model.data[:60]))
