"""What the models of one operator that takes any type share: types, shapes, and tensors of one quantization."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.generators.single_operator import Draw, scales
from tests.generators.tflite_builder import TfliteBuilder

ALL_TYPES = ("int8", "float32", "int16", "int32", "uint8", "int64", "bool")


def types(*names: str) -> st.SearchStrategy[str]:
    return st.sampled_from(names or ALL_TYPES)


def shapes(low: int = 1, high: int = 5, most: int = 4) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(1, most), min_size=low, max_size=high)


class Case:
    """A builder whose tensors of one type share one quantization."""

    def __init__(self, draw: Draw, dtype: str) -> None:
        self.draw = draw
        self.dtype = dtype
        self.builder = TfliteBuilder()
        low, high = {"int8": (-128, 127), "uint8": (0, 255)}.get(dtype, (0, 0))
        is_quantized = dtype in ("int8", "uint8", "int16")
        self._scales = [draw(scales())] if is_quantized else []
        self._zero_points = [draw(st.integers(low, high))] if is_quantized else []

    def tensor(self, shape: Sequence[int], data: np.ndarray | None = None) -> int:
        return self.builder.tensor(shape, self.dtype, self._scales, self._zero_points, data)

    def constant(self, values: Any, dtype: str = "int32") -> int:
        array = np.array(values, dtype)
        return self.builder.tensor(array.shape, dtype, data=array)

    def axis(self, axis: int, rank: int) -> int:
        """The axis, or its name from the other end."""
        return axis - rank if self.draw(st.booleans()) else axis

    def finish(
        self, name: str, inputs: Sequence[int], outputs: Sequence[int], options: Any = None, feeds: Any = None
    ) -> bytes:
        self.builder.operator(name, inputs, outputs, options)
        return self.builder.build(inputs[:1] if feeds is None else feeds, outputs)
