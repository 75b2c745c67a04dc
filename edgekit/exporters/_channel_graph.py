"""A .tflite graph as the channels of its tensors: what each may hold, and which have to stay.

A channel is an index of a tensor's last axis. Operators that are understood become rules; all that the others touch
keeps every channel and may hold any value.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import tflite

from edgekit.errors import ModelError
from edgekit.exporters._fixed_point import INT8_MAX, INT8_MIN
from edgekit.tflite_model import OperatorInfo, TensorInfo, TfliteModel

Array = np.ndarray[Any, Any]
_MAX_CHANNELS = 1 << 22
_CORRUPT = (struct.error, TypeError, ValueError, IndexError, OverflowError, AttributeError)
_CLASSES = {
    value: name for name, value in vars(tflite.BuiltinOptions).items() if isinstance(value, int) and value
}


@dataclass(frozen=True, eq=False)
class Bounds:
    """What the elements of each channel lie between, ends included: int64 arrays of as many elements as channels."""

    low: Array
    high: Array

    @property
    def is_constant(self) -> Array:
        return np.asarray(self.low == self.high)


class Rule(Protocol):
    """What an operator makes of channels. `activations` are its inputs and output that have channels."""

    @property
    def operator(self) -> OperatorInfo: ...

    @property
    def activations(self) -> tuple[int, ...]: ...

    def bounds(self, known: Mapping[int, Bounds]) -> Bounds:
        """What the output may hold, given what the inputs may."""

    def spread(self, present: Mapping[int, Array], known: Mapping[int, Bounds]) -> None:
        """Marks in `present` what has to stay because of what is marked already."""

    def rewrite(self, edit: Any, present: Mapping[int, Array], known: Mapping[int, Bounds]) -> None:
        """Fits constants and options to the channels that stay; the shapes of `activations` are not its work."""


class OddOptions(Exception):  # noqa: N818
    """An operator whose options cannot be read gets no rule."""


@dataclass(frozen=True, eq=False)
class Operand:
    """An operator with what its rule asks for."""

    model: TfliteModel
    operator: OperatorInfo
    options: Any

    def input(self, position: int) -> TensorInfo | None:
        """None where an optional input is absent."""
        inputs = self.operator.inputs
        return (
            self.model.tensors[inputs[position]] if position < len(inputs) and inputs[position] >= 0 else None
        )

    @property
    def output(self) -> TensorInfo:
        return self.model.tensors[self.operator.outputs[0]]

    def option(self, name: str) -> int:
        """0, the schema's usual default, where the operator has no options.

        Raises:
            OddOptions: they lie outside the file, or belong to another operator.
        """
        try:
            return 0 if self.options is None else int(getattr(self.options, name)())
        except _CORRUPT as error:
            raise OddOptions from error


def read_operands(model: TfliteModel) -> list[Operand]:
    """Every operator; `options` is None where they cannot be found."""
    graph = tflite.Model.GetRootAs(model.data, 0).Subgraphs(0)
    return [Operand(model, each, _read_options(graph.Operators(each.index))) for each in model.operators]


def _read_options(operator: Any) -> Any:
    try:
        table, name = operator.BuiltinOptions(), _CLASSES.get(operator.BuiltinOptionsType())
        made = getattr(tflite, name, None) if name else None
        if table is None or made is None:
            return None
        options = made()
        options.Init(table.Bytes, table.Pos)
    except _CORRUPT:
        return None
    return options


def is_activation(tensor: TensorInfo | None) -> bool:
    """int8 of one scale, with channels: what rules know how to treat."""
    return (
        tensor is not None
        and tensor.dtype == "int8"
        and not tensor.is_sparse
        and not tensor.is_variable
        and len(tensor.scales) == 1
        and tensor.scales[0] > 0
        and len(tensor.zero_points) <= 1
        and INT8_MIN <= zero_of(tensor) <= INT8_MAX
        and len(tensor.shape) > 0
        and 0 not in tensor.shape
    )


def zero_of(tensor: TensorInfo) -> int:
    return tensor.zero_points[0] if tensor.zero_points else 0


def anything(tensor: TensorInfo) -> Bounds:
    """Every value of int8, or the values of a constant, channel by channel."""
    channels = tensor.shape[-1]
    data = tensor.data() if tensor.is_constant else None
    if data is not None and data.size:
        rows = data.reshape(-1, channels).astype(np.int64)
        return Bounds(rows.min(axis=0), rows.max(axis=0))
    return Bounds(np.full(channels, INT8_MIN, np.int64), np.full(channels, INT8_MAX, np.int64))


def _too_wide(model: TfliteModel) -> bool:
    """Whether the channels are more than networks have: a few bytes of a file can claim any number."""
    return sum(each.shape[-1] for each in model.tensors if is_activation(each)) > _MAX_CHANNELS


def find_obstacle(model: TfliteModel) -> str | None:
    """Why nothing can be proven of a model, or nothing removed.

    Raises:
        ModelError: a part of the file that only this looks at is corrupt.
    """
    try:
        if _too_wide(model):
            return "its tensors have millions of channels, so nothing is proven"
        if _open_shapes(model):
            return "sizes other than the batch's are open until it runs, so nothing is proven"
        if _outside_buffers(model):
            return "weights stand behind the flatbuffer, so nothing is removed"
    except _CORRUPT as error:
        raise ModelError(
            "the .tflite model is corrupt: the shape of a tensor lies outside the file; export it again"
        ) from error
    return None


def _open_shapes(model: TfliteModel) -> bool:
    """Whether the file leaves more than the batch size to be chosen when it runs, so that borders may lie elsewhere."""
    graph = tflite.Model.GetRootAs(model.data, 0).Subgraphs(0)
    for index, tensor in enumerate(model.tensors):
        found = graph.Tensors(index)
        length = found.ShapeSignatureLength()
        if length > len(tensor.shape) + 1:
            return True
        if any(found.ShapeSignature(axis) < 0 for axis in range(1, length)):
            return True
    return False


def _outside_buffers(model: TfliteModel) -> bool:
    """Whether data stand behind the flatbuffer, as in files of more than 2 GB."""
    tree = tflite.Model.GetRootAs(model.data, 0)
    return any(tree.Buffers(index).Offset() > 1 for index in range(tree.BuffersLength()))
