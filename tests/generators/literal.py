"""Runs one operator of the C runtime on numbers written out in a test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit.host_runtime import HostRuntime
from tests.generators.tflite_builder import TfliteBuilder


@dataclass(frozen=True)
class Operand:
    """A tensor: values of an input or, for an output, its shape."""

    values: Any
    dtype: str = "float32"
    scale: float | None = None
    zero_point: int = 0
    is_constant: bool = False

    def add_to(self, builder: TfliteBuilder, shape: Sequence[int], data: np.ndarray | None = None) -> int:
        scales = [] if self.scale is None else [self.scale]
        zero_points = [] if self.scale is None else [self.zero_point]
        return builder.tensor(shape, self.dtype, scales, zero_points, data)


def run(name: str, inputs: Sequence[Operand], output: Operand, options: Any = None) -> Any:
    """The output as nested lists.

    Raises:
        ModelError, UnsupportedModelError: what the runtime says.
    """
    builder = TfliteBuilder()
    tensors, given, fed = [], [], []
    for each in inputs:
        array = np.array(each.values, each.dtype)
        tensors.append(each.add_to(builder, array.shape, array if each.is_constant else None))
        if not each.is_constant:
            given.append(array)
            fed.append(tensors[-1])
    result = output.add_to(builder, output.values)
    builder.operator(name, tensors, [result], options)
    runtime = HostRuntime(builder.build(fed, [result]))
    runtime.require_loaded()
    runtime.invoke(given)
    return runtime.tensor(1, 0).view(output.dtype).reshape(output.values).tolist()
