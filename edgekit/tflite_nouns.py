"""What a .tflite file consists of, for whoever asks; tflite_model.py reads it."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

_NOT_IN_NUMPY = ("string", "resource", "variant", "int4", "int2", "uint4", "bfloat16")


@dataclass(frozen=True)
class TensorInfo:
    """One tensor of the main subgraph. `num_bytes`: its size in memory, for sparse constants in the file."""

    index: int
    name: str
    shape: tuple[int, ...]
    dtype: str
    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    quantized_dimension: int
    is_constant: bool
    num_bytes: int
    is_sparse: bool = False
    is_variable: bool = False
    _file: bytes = field(default=b"", repr=False, compare=False)
    _offset: int = field(default=0, repr=False, compare=False)

    def data(self) -> np.ndarray[Any, Any] | None:
        """The constant's values, read-only; None if it is not constant or numpy has no such dtype."""
        if not self.is_constant or self.is_sparse or self.dtype in _NOT_IN_NUMPY:
            return None
        count = prod(self.shape)
        if count == 0:
            return np.zeros(self.shape, self.dtype)
        return np.frombuffer(self._file, self.dtype, count, self._offset).reshape(self.shape)

    def codes(self) -> np.ndarray[Any, Any] | None:
        """Like `data`, but int4 constants too, as int8 with one element for each."""
        if self.dtype != "int4" or not self.is_constant or self.is_sparse:
            return self.data()
        packed = np.frombuffer(self._file, np.int8, self.num_bytes, self._offset)
        # The low half of a byte comes first; shifting left and back extends its sign.
        both: np.ndarray[Any, Any] = np.stack([np.left_shift(packed, 4) >> 4, packed >> 4], axis=1).reshape(
            -1
        )
        codes: np.ndarray[Any, Any] = both[: prod(self.shape)].reshape(self.shape)
        return codes


@dataclass(frozen=True)
class OperatorInfo:
    """One operator in execution order, with its tensors' indices; -1 is an absent optional input."""

    index: int
    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    macs: int


@dataclass(frozen=True)
class TfliteModel:
    """A checked .tflite file; tensors and operators are those of the main subgraph."""

    data: bytes = field(repr=False)
    sha256: str
    tensors: tuple[TensorInfo, ...] = field(repr=False)
    operators: tuple[OperatorInfo, ...] = field(repr=False)
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    num_subgraphs: int
    description: str

    @property
    def has_state(self) -> bool:
        """May an inference depend on those before it? In doubt, with subgraphs that nobody looked into, yes."""
        return (
            self.num_subgraphs > 1
            or any(tensor.is_variable for tensor in self.tensors)
            or any(operator.name == "VAR_HANDLE" for operator in self.operators)
        )

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference."""
        return sum(operator.macs for operator in self.operators)

    @property
    def dtypes(self) -> tuple[str, ...]:
        """The data types that occur in the main subgraph, sorted."""
        return tuple(sorted({tensor.dtype for tensor in self.tensors}))
