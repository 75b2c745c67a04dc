"""How much each layer's weights may lose: what the model's answers change by when that layer alone has few bits.

Source: Cai et al., "ZeroQ", CVPR 2020, equation 2: the Kullback-Leibler divergence between the outputs of the model
and those of the model with layer i quantized to k bits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit.techniques._layers import is_depthwise, kernels_of
from edgekit.techniques._requantize import to_bits

Array = np.ndarray[Any, Any]
_LEAST = 1e-7


@dataclass(frozen=True)
class Sensitivity:
    """`divergence`: mean over samples, in nats, or mean squared error where the output is no distribution."""

    layer: str
    num_weights: int
    divergence: float


def measure_sensitivity(model: Any, samples: Array, num_bits: int) -> list[Sensitivity]:
    """One entry for each layer with a kernel, in the model's order. The model is as before afterwards."""
    reference = model.predict(samples, verbose=0)
    found = []
    for layer, kernel in kernels_of(model):
        variable = layer.depthwise_kernel if is_depthwise(layer) else layer.kernel
        try:
            variable.assign(round_kernel(kernel, num_bits, is_depthwise(layer)))
            divergence = _diverge(reference, model.predict(samples, verbose=0))
        finally:
            variable.assign(kernel)
        found.append(Sensitivity(layer.name, int(kernel.size), divergence))
    return found


def round_kernel(kernel: Array, num_bits: int, depthwise: bool) -> Array:
    """The kernel on a grid of `num_bits` bits, with a scale for each output channel."""
    # (height, width, in, out) → (out, …); depthwise: (height, width, in, multiplier) → (in, multiplier, …).
    rows = np.moveaxis(kernel, (-2, -1), (0, 1)) if depthwise else np.moveaxis(kernel, -1, 0)
    num_channels = kernel.shape[-2] * kernel.shape[-1] if depthwise else kernel.shape[-1]
    codes, scales = to_bits(rows.reshape(num_channels, -1).astype(np.float64), num_bits)
    rounded = (codes * scales[:, None]).reshape(rows.shape)
    return np.moveaxis(rounded, (0, 1), (-2, -1)) if depthwise else np.moveaxis(rounded, 0, -1)


def choose_bits(sensitivities: Sequence[Sensitivity], average_bits: float) -> Mapping[str, int]:
    """4 bits or 8 for each layer, at most `average_bits` for a weight on average, least harm first.

    Greedy on the harm done for each bit saved, as the divergences of layers add up (ZeroQ, equation 4).
    """
    total = sum(each.num_weights for each in sensitivities)
    to_save = (8.0 - average_bits) * total
    num_bits = {each.layer: 8 for each in sensitivities}
    for each in sorted(sensitivities, key=lambda item: (item.divergence / item.num_weights, item.layer)):
        if to_save <= 0:
            break
        num_bits[each.layer] = 4
        to_save -= 4 * each.num_weights
    # A layer taken early may have become needless with a larger one taken later.
    for each in sorted(sensitivities, key=lambda item: -item.divergence):
        if num_bits[each.layer] == 4 and to_save + 4 * each.num_weights <= 0:
            num_bits[each.layer] = 8
            to_save += 4 * each.num_weights
    return num_bits


def _diverge(reference: Array, outputs: Array) -> float:
    is_distribution = (reference >= 0).all() and np.allclose(reference.sum(axis=-1), 1.0, atol=1e-3)
    if not is_distribution:
        return float(np.square(reference - outputs).mean())
    p, q = np.maximum(reference, _LEAST), np.maximum(outputs, _LEAST)
    return float((p * np.log(p / q)).sum(axis=-1).mean())
