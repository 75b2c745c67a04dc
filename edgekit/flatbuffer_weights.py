"""The weights as they stand in a .tflite file, for checking what was promised of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from edgekit.tflite_model import TfliteModel

_WEIGHTS_INPUT = {
    "CONV_2D": (1, 0),
    "DEPTHWISE_CONV_2D": (1, 3),
    "FULLY_CONNECTED": (1, 0),
    "TRANSPOSE_CONV": (1, 0),
}


@dataclass(frozen=True, eq=False)
class Weights:
    """`codes`: the stored numbers in the file's layout, zero point taken off; `channel_axis` is its output's."""

    operator: int
    operator_name: str
    tensor: int
    name: str
    codes: np.ndarray[Any, Any]
    channel_axis: int

    @property
    def sparsity(self) -> float:
        return float((self.codes == 0).mean())

    @property
    def num_codes(self) -> int:
        """Distinct values in the whole tensor."""
        return len(np.unique(self.codes))

    @property
    def num_codes_per_channel(self) -> int:
        """Distinct values in the channel that has most of them."""
        channels = np.moveaxis(self.codes, self.channel_axis, 0)
        return max(len(np.unique(each)) for each in channels)

    @property
    def num_channels(self) -> int:
        return int(self.codes.shape[self.channel_axis])


def find_weights(model: TfliteModel) -> list[Weights]:
    """Every constant kernel of a convolution or dense layer, in the order of the operators, shared ones once."""
    found: dict[int, Weights] = {}
    # Half-precision and weight-only files unpack a constant in front of its use.
    sources = {each.outputs[0]: each.inputs[0] for each in model.operators if each.name == "DEQUANTIZE"}
    for operator in model.operators:
        if operator.name not in _WEIGHTS_INPUT:
            continue
        position, axis = _WEIGHTS_INPUT[operator.name]
        index = operator.inputs[position]
        tensor = model.tensors[sources.get(index, index)]
        data = tensor.codes()
        if data is None or tensor.index in found:
            continue
        zero = tensor.zero_points[0] if tensor.zero_points else 0
        codes = data.astype(np.float64) - zero if zero else data
        found[tensor.index] = Weights(operator.index, operator.name, tensor.index, tensor.name, codes, axis)
    return list(found.values())


def count_parameters(model: TfliteModel) -> int:
    """The learnt numbers in a file, each once: elements of constants that are real or quantized, and binary weights.

    Integers without a scale are shapes and axes. Larq Compute Engine packs 32 binary weights into one of them.
    """
    binary = {each.inputs[1] for each in model.operators if each.name == "LceBconv2d"}
    used = {index for each in model.operators for index in each.inputs if index >= 0}
    constants = [model.tensors[index] for index in used if model.tensors[index].is_constant]
    return sum(
        prod(each.shape) * (32 if each.index in binary else 1)
        for each in constants
        if each.index in binary or each.scales or each.dtype.startswith("float")
    )


def match_weights(found: Iterable[Weights], layers: Iterable[tuple[str, int]]) -> dict[str, Weights | None]:
    """The tensor of each Keras layer (name, number of kernel elements); None where the file has none.

    TensorFlow names a kernel after the layers that were fused into it, as in `model/bn/Fused;model/conv/Conv2D`;
    where no name tells, the first tensor of the right size that is left is taken, in order.
    """
    left = list(found)
    matched: dict[str, Weights | None] = {}
    wanted = list(layers)
    for name, size in wanted:
        named = [each for each in left if each.codes.size == size and name in _layer_names(each.name)]
        matched[name] = named[0] if named else None
        left = [each for each in left if each is not matched[name]]
    for name, size in wanted:
        if matched[name] is None:
            matched[name] = next((each for each in left if each.codes.size == size), None)
            left = [each for each in left if each is not matched[name]]
    return matched


def _layer_names(tensor_name: str) -> set[str]:
    parts = {part for path in tensor_name.split(";") for part in path.split("/")}
    # tfmot wraps layers under their name with a prefix.
    prefixes = ("quant_", "prune_low_magnitude_", "cluster_")
    return parts | {part.removeprefix(prefix) for part in parts for prefix in prefixes}
