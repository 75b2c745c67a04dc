"""Full-integer quantization with weights of 4 bits: activations as in int8, half the bytes of weights.

Packed, two weights in a byte, the file runs on LiteRT (2.3) and tflite-micro; tflite-runtime 2.14 and edgekit's
firmware refuse it. Unpacked, the weights are int8 tensors with at most 15 values for a channel: no smaller, but they
run everywhere, and a packing exporter can make use of it.

Source: Banner et al., "Post-training 4-bit quantization of convolution networks", NeurIPS 2019, section 3 (clipping).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit.errors import RecipeError
from edgekit.flatbuffer_weights import find_weights, match_weights
from edgekit.techniques import INT4, INT8
from edgekit.techniques._layers import is_depthwise, kernels_of
from edgekit.techniques._post_training import PostTraining
from edgekit.techniques._requantize import NewCodes, requantize, to_bits
from edgekit.techniques.quantize_int8 import QuantizeInt8
from edgekit.tflite_model import TfliteModel


@dataclass(frozen=True)
class QuantizeInt4(PostTraining):
    """4-bit weights in every layer of at least `min_weights`; depthwise kernels, few and sensitive, on request."""

    packed: bool = True
    depthwise: bool = False
    min_weights: int = 128
    name: str = "quantize_int4"

    @property
    def effects(self) -> frozenset[str]:
        return frozenset({INT4, INT8})

    def promise(self, model: Any) -> Mapping[str, Any]:
        kernels = kernels_of(model)
        chosen = [
            layer.name
            for layer, kernel in kernels
            if kernel.size >= self.min_weights and (self.depthwise or not is_depthwise(layer))
        ]
        if not chosen:
            raise RecipeError(
                f"{self.name}: the model has no convolution or dense layer of at least {self.min_weights} weights"
            )
        return {
            "num_bits": {layer.name: 4 if layer.name in chosen else 8 for layer, _ in kernels},
            "num_weights": {layer.name: int(kernel.size) for layer, kernel in kernels},
            "packed": self.packed,
        }

    def configure(self, converter: Any, samples: np.ndarray[Any, Any]) -> None:
        QuantizeInt8(self.num_samples, self.calibration).configure(converter, samples)

    def rewrite(self, flatbuffer: bytes, promise: Mapping[str, Any]) -> bytes:
        return to_int4(flatbuffer, promise)

    def verify(self, model: TfliteModel, promise: Mapping[str, Any]) -> None:
        require_int4(model, promise)


def to_int4(flatbuffer: bytes, promise: Mapping[str, Any]) -> bytes:
    """The int8 file with 4-bit weights where `promise` has 4 in "num_bits"."""
    packed = promise["packed"]

    def choose(layer: str, operator: str, weights: np.ndarray[Any, Any]) -> NewCodes:
        # tflite-micro takes a scale for each channel with int4 in convolutions only.
        codes, scales = to_bits(weights, 4, per_channel=not (packed and operator == "FULLY_CONNECTED"))
        return NewCodes(codes, scales, packed)

    return requantize(flatbuffer, promise["num_weights"], _four_bits(promise), choose)


def require_int4(model: TfliteModel, promise: Mapping[str, Any]) -> None:
    """Raises RecipeError unless the layers have the bits that `promise` says, and all else is int8."""
    matched = match_weights(find_weights(model), promise["num_weights"].items())
    for name in _four_bits(promise):
        weights = matched[name]
        found = None if weights is None else model.tensors[weights.tensor].dtype
        if weights is None or found != ("int4" if promise["packed"] else "int8"):
            raise RecipeError(
                f"the exported model does not have layer {name} in 4 bits: its weights are {found or 'missing'}"
            )
        if weights.num_codes_per_channel > 15:
            raise RecipeError(
                f"layer {name} has {weights.num_codes_per_channel} different weights in a channel; "
                "expected at most the 15 of 4 bits"
            )
    for tensor in model.tensors:
        if tensor.dtype in ("int8", "int4") or (tensor.is_constant and tensor.dtype == "int32"):
            continue
        raise RecipeError(
            f"the exported model is not integer throughout: tensor {tensor.index} {tensor.name!r} is {tensor.dtype}; "
            "expected int8; remove the layer that is not quantized"
        )


def _four_bits(promise: Mapping[str, Any]) -> list[str]:
    return [name for name, bits in promise["num_bits"].items() if bits == 4]


SHORT_NAME = "int4"


def parse(argument: str | None, given: frozenset[str]) -> QuantizeInt4:
    """`int4`, or `int4:unpacked`."""
    if argument not in (None, "unpacked"):
        raise RecipeError(f"int4 takes 'unpacked' or nothing, but {argument!r} was given")
    return QuantizeInt4(packed=argument is None)
