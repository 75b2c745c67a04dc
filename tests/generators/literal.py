"""Runs operators of the C runtime on numbers written out in a test, on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit.host_runtime import HostRuntime
from tests.generators.tflite_builder import TfliteBuilder

QUANTIZED = ("int8", "uint8", "int16")


@dataclass(frozen=True)
class Operand:
    """A tensor: values of an input or, for the output of `run`, its shape."""

    values: Any
    dtype: str = "float32"
    scale: float | None = None
    zero_point: int = 0
    is_constant: bool = False

    def array(self) -> np.ndarray:
        return np.array(self.values, self.dtype)

    def add_to(self, builder: TfliteBuilder, shape: Sequence[int], data: np.ndarray | None = None) -> int:
        scales = [] if self.scale is None else [self.scale]
        zero_points = [] if self.scale is None else [self.zero_point]
        return builder.tensor(shape, self.dtype, scales, zero_points, data)


def of(dtype: str, values: Any, scale: float = 1.0, zero_point: int = 0) -> Operand:
    """A tensor that is quantized if its type usually is."""
    return Operand(values, dtype, scale if dtype in QUANTIZED else None, zero_point)


def constant(values: Any, dtype: str = "int32", scale: float = 1.0, zero_point: int = 0) -> Operand:
    """Part of the model; a plain one holds axes, sizes and the like."""
    return Operand(values, dtype, scale if dtype in QUANTIZED else None, zero_point, is_constant=True)


@dataclass(frozen=True)
class Literal:
    """A model, and inferences in a row with what goes in and what must come out.

    `kernels`: those that the results are meant for; () for all that the model needs.
    """

    name: str
    model: bytes
    steps: Sequence[tuple[Sequence[np.ndarray], Sequence[np.ndarray]]]
    kernels: Sequence[str] = ()

    def __str__(self) -> str:
        return self.name

    def tested_kernels(self) -> list[str]:
        needed = HostRuntime(self.model).needed_kernels()
        assert set(self.kernels) <= set(needed)
        return list(self.kernels) or needed

    def check(self) -> None:
        runtime = HostRuntime(self.model)
        runtime.require_loaded()
        for inputs, outputs in self.steps:
            runtime.invoke(inputs)
            for position, expected in enumerate(outputs):
                actual = runtime.tensor(1, position).view(expected.dtype)
                # Decimals of a float32 are written out as far as it has them.
                tolerance = 1e-6 if expected.dtype.kind == "f" else 0.0
                np.testing.assert_allclose(actual.reshape(expected.shape), expected, tolerance, tolerance)


def literal(name: str, inputs: Sequence[Operand], *outputs: Operand, options: Any = None) -> Literal:
    """One operator, once; `outputs` have the values that are expected."""
    shapes = [each.array().shape for each in outputs]
    model = _build(name, inputs, outputs, shapes, options)
    types = " ".join(dict.fromkeys(each.dtype for each in (*inputs, *outputs) if not each.is_constant))
    fed = [each.array() for each in inputs if not each.is_constant]
    return Literal(f"{name} {types}", model, [(fed, [each.array() for each in outputs])])


def run(name: str, inputs: Sequence[Operand], output: Operand, options: Any = None) -> Any:
    """The output as nested lists.

    Raises:
        ModelError, UnsupportedModelError: what the runtime says.
    """
    runtime = HostRuntime(_build(name, inputs, [output], [output.values], options))
    runtime.require_loaded()
    runtime.invoke([each.array() for each in inputs if not each.is_constant])
    return runtime.tensor(1, 0).view(output.dtype).reshape(output.values).tolist()


def _build(
    name: str,
    inputs: Sequence[Operand],
    outputs: Sequence[Operand],
    shapes: Sequence[Sequence[int]],
    options: Any,
) -> bytes:
    builder = TfliteBuilder()
    arrays = [each.array() for each in inputs]
    tensors = [
        each.add_to(builder, array.shape, array if each.is_constant else None)
        for each, array in zip(inputs, arrays, strict=True)
    ]
    fed = [tensor for each, tensor in zip(inputs, tensors, strict=True) if not each.is_constant]
    results = [each.add_to(builder, shape) for each, shape in zip(outputs, shapes, strict=True)]
    builder.operator(name, tensors, results, options)
    return builder.build(fed, results)
