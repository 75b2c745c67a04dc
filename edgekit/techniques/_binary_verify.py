"""What a file shows of binarized layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from edgekit.errors import RecipeError
from edgekit.flatbuffer_weights import Weights, find_weights, match_weights
from edgekit.tflite_model import TfliteModel

OPERATOR = "LceBconv2d"
_WORD_BITS = 32


def require_packed(model: TfliteModel, layers: Mapping[str, Mapping[str, Any]]) -> None:
    """Raises RecipeError unless each layer is one binarized operator whose weights are single bits.

    `layers`: shape (height, width, in, out) and num_negative, the number of −1 among the weights, by layer.
    Larq Compute Engine keeps 32 input channels in an int32, (out, height, width, words), with 1 for −1.
    """
    operators = [each for each in model.operators if each.name == OPERATOR]
    if len(operators) != len(layers):
        raise RecipeError(
            f"the exported model has {len(operators)} binarized operators ({OPERATOR}); expected "
            f"{len(layers)}, one for each of {', '.join(layers)}; Larq Compute Engine did not recognize the others"
        )
    left = [model.tensors[operator.inputs[1]] for operator in operators]
    for name, layer in layers.items():
        height, width, num_inputs, num_outputs = layer["shape"]
        shape = (num_outputs, height, width, -(-num_inputs // _WORD_BITS))
        fitting = [each for each in left if each.shape == shape and each.dtype == "int32"]
        if not fitting:
            found = ", ".join(f"{each.dtype} {list(each.shape)}" for each in left)
            raise RecipeError(
                f"the exported model does not pack the weights of layer {name}: expected an int32 tensor of "
                f"shape {list(shape)}; found {found}"
            )
        # Equal layers come in the order of the operators, but need not.
        match = next((each for each in fitting if _count_bits(each.data()) == layer["num_negative"]), None)
        if match is None:
            raise RecipeError(
                f"the exported model's bits are not the signs of layer {name}: "
                f"{_count_bits(fitting[0].data())} of its weights are negative; expected {layer['num_negative']}"
            )
        left = [each for each in left if each is not match]


def require_levels(model: TfliteModel, layers: Mapping[str, Mapping[str, Any]]) -> None:
    """Raises RecipeError unless each layer's weights have as few values in each channel as promised.

    `layers`: num_weights, levels (distinct values in a channel) and num_zeros by layer. Two or three levels are
    {−1, 1} and {−1, 0, 1} times one number for each channel, which is where scales go.
    """
    matched = match_weights(
        find_weights(model), [(name, layer["num_weights"]) for name, layer in layers.items()]
    )
    for name, layer in layers.items():
        weights = matched[name]
        if weights is None:
            raise RecipeError(
                f"the exported model has no tensor with the weights of layer {name}; expected one of "
                f"{layer['num_weights']} elements"
            )
        problem = _judge(weights, layer)
        if problem:
            raise RecipeError(
                f"the exported model does not keep the binarization of layer {name}: tensor {weights.tensor} "
                f"{weights.name!r} has {problem}; quantize with quantize_int8, without training"
            )


def require_rounding(model: TfliteModel, num_inputs: int) -> None:
    """Raises RecipeError unless activations are rounded to few bits in as many places as promised."""
    found = sum(each.name == "ROUND" for each in model.operators)
    if found != num_inputs:
        raise RecipeError(
            f"the exported model rounds activations in {found} places; expected {num_inputs} ROUND operators"
        )


def _judge(weights: Weights, layer: Mapping[str, Any]) -> str:
    levels = layer["levels"]
    if weights.num_codes_per_channel > levels:
        return f"{weights.num_codes_per_channel} values in a channel, not {levels} at most"
    if levels > 3:
        return ""
    for channel in np.moveaxis(weights.codes, weights.channel_axis, 0):
        magnitudes = np.unique(np.abs(channel[channel != 0].astype(np.float64)))
        if len(magnitudes) > 1:
            return "magnitudes that differ within a channel"
    num_zeros = int((weights.codes == 0).sum())
    if num_zeros != layer["num_zeros"]:
        return f"{num_zeros} zeros, not {layer['num_zeros']}"
    return ""


def _count_bits(words: np.ndarray[Any, Any] | None) -> int:
    return 0 if words is None else int(np.unpackbits(np.ascontiguousarray(words).view(np.uint8)).sum())
