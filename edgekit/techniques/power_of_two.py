"""Logarithmic weights: each is zero or plus or minus a power of two, so that a multiplication is a shift.

The largest weights of each layer are rounded first and held, the rest is trained to make up for it, until all are
rounded. In an int8 file (`pow2,int8`) the codes are 0, ±1, ±2, ±4 … ±64: four bits tell them apart, and a kernel
may shift. Whatever runs the file without int8 runs this.

Source: Zhou et al., "Incremental Network Quantization", ICLR 2017, equations 1 to 4 and section 2.2; Miyashita et al.,
"Convolutional Neural Networks using Logarithmic Data Representation", 2016.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit.errors import RecipeError
from edgekit.flatbuffer_weights import Weights, find_weights, match_weights
from edgekit.techniques import CHANNELS, DEPTHWISE_SPARSITY, POWERS, SPARSITY, Context, TechniqueBase
from edgekit.techniques._layers import is_depthwise, kernels_of
from edgekit.techniques._requantize import NewCodes, requantize
from edgekit.techniques._text import parse_count
from edgekit.tflite_model import TfliteModel

Array = np.ndarray[Any, Any]
# The part of the weights that is rounded after each phase (INQ, section 3.1).
_PHASES = (0.5, 0.75, 0.875, 1.0)
# ±1 … ±64 are the powers of two of a signed byte that have both signs.
_MAX_POWERS = 7


@dataclass(frozen=True)
class PowerOfTwo(TechniqueBase):
    """`num_powers` magnitudes a layer beside zero, in layers of at least `min_weights`.

    Zeros stay zero. 7 powers, both signs and zero are 15 values: 4 bits.
    """

    num_powers: int = 7
    depthwise: bool = False
    min_weights: int = 64
    num_epochs: int = 4
    learning_rate: float | None = 1e-3
    name: str = "power_of_two"

    def __post_init__(self) -> None:
        if not 1 <= self.num_powers <= _MAX_POWERS:
            raise RecipeError(
                f"{self.num_powers} powers of two; expected 1 to {_MAX_POWERS}, which int8 codes can hold"
            )

    @property
    def effects(self) -> frozenset[str]:
        return frozenset({POWERS})

    @property
    def keeps(self) -> frozenset[str]:
        kept = {SPARSITY, CHANNELS, POWERS}
        return frozenset(kept | {DEPTHWISE_SPARSITY} if self.depthwise else kept)

    def wrap(self, model: Any, context: Context) -> Any:
        if not self._layers(model):
            raise RecipeError(
                f"{self.name}: the model has no convolution or dense layer of at least {self.min_weights} weights"
            )
        return model

    def fit(self, model: Any, context: Context, num_epochs: int) -> None:
        zeros = [kernel == 0 for _, kernel in self._layers(model)]
        phases = _PHASES[-min(len(_PHASES), num_epochs) :]
        epochs = [len(each) for each in np.array_split(np.arange(num_epochs), len(phases))]
        # The first part is rounded before anything is trained, the last one after everything.
        fractions = (_PHASES[0], *phases[:-1]) if num_epochs else ()
        for index, (fraction, count) in enumerate(zip(fractions, epochs, strict=True)):
            held = [
                _hold(layer, kernel, zero, fraction, self.num_powers)
                for (layer, kernel), zero in zip(self._layers(model), zeros, strict=True)
            ]
            context.train(
                model,
                count,
                f"{self.name} {index + 1}",
                callbacks=[_make_holder(held)],
                learning_rate=self.learning_rate,
            )
            _restore(held)

    def strip(self, model: Any) -> Any:
        for layer, kernel in self._layers(model):
            _variable(layer).assign(round_to_powers(kernel, self.num_powers))
        return model

    def promise(self, model: Any) -> Mapping[str, Any]:
        return {
            "layers": [layer.name for layer, _ in self._layers(model)],
            "num_weights": {layer.name: int(kernel.size) for layer, kernel in kernels_of(model)},
            "num_powers": self.num_powers,
        }

    def rewrite(self, flatbuffer: bytes, promise: Mapping[str, Any]) -> bytes:
        return requantize(flatbuffer, promise["num_weights"], promise["layers"], _to_power_codes)

    def verify(self, model: TfliteModel, promise: Mapping[str, Any]) -> None:
        matched = match_weights(find_weights(model), promise["num_weights"].items())
        for name in promise["layers"]:
            weights = matched[name]
            num_powers = None if weights is None else _count_powers(weights)
            if num_powers is None or num_powers > promise["num_powers"]:
                found = "other values" if num_powers is None else f"{num_powers} powers of two in a channel"
                raise RecipeError(
                    f"the exported model's layer {name} has {found}; expected zero and at most "
                    f"{promise['num_powers']} powers of two; put int8, int16x8 or float16 after {self.name}"
                )

    def _layers(self, model: Any) -> list[tuple[Any, Any]]:
        return kernels_of(model, self.min_weights, self.depthwise)


def round_to_powers(kernel: Array, num_powers: int) -> Array:
    """Each weight to the nearest of 0, ±2^n₁ … ±2^n₂.

    n₁ = ⌊log₂(4·max|w| / 3)⌋ (INQ, equation 2), n₂ = n₁ + 1 - num_powers; below half of the smallest: zero.
    """
    peak = float(np.abs(kernel).max(initial=0.0))
    if peak == 0.0:
        return kernel.copy()
    top = int(np.floor(np.log2(4 * peak / 3)))
    magnitude = np.abs(kernel.astype(np.float64))
    # 2^n stands for [0.75·2^n, 1.5·2^n), the values that are nearer to it than to its neighbours.
    exponent = np.floor(np.log2(np.maximum(magnitude, 2.0**-126) * 4 / 3))
    rounded = 2.0 ** np.clip(exponent, top + 1 - num_powers, top)
    least = 2.0 ** (top + 1 - num_powers)
    return np.where(magnitude < least / 2, 0.0, np.sign(kernel) * rounded).astype(kernel.dtype)


@dataclass(frozen=True, eq=False)
class _Held:
    variable: Any
    mask: Array
    values: Array


def _hold(layer: Any, kernel: Array, zero: Array, fraction: float, num_powers: int) -> _Held:
    """Rounds the largest `fraction` of the weights; they, and what was zero, are to stay."""
    rounded = round_to_powers(kernel, num_powers)
    threshold = np.quantile(np.abs(kernel), 1.0 - fraction)
    mask = (np.abs(kernel) >= threshold) | zero
    values = np.where(mask, np.where(zero, 0.0, rounded), kernel).astype(kernel.dtype)
    variable = _variable(layer)
    variable.assign(values)
    return _Held(variable, mask, values)


def _restore(held: list[_Held]) -> None:
    for each in held:
        each.variable.assign(np.where(each.mask, each.values, each.variable.numpy()))


def _make_holder(held: list[_Held]) -> Any:
    import tf_keras

    class Holder(tf_keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            _restore(held)

    return Holder()


def _variable(layer: Any) -> Any:
    return layer.depthwise_kernel if is_depthwise(layer) else layer.kernel


def _to_power_codes(layer: str, operator: str, weights: Array) -> NewCodes:
    """The largest weight of a channel becomes ±64, so that the powers below it are codes of their own.

    The converter makes it ±127, and the others 63.5, 31.75 …; the channel's factor, which batch normalization
    gave it, stays in its scale.
    """
    peak = np.abs(weights).max(axis=1)
    scales = np.where(peak > 0, peak, 1.0) / 64
    ratio = np.abs(weights) / scales[:, None]
    codes = np.where(ratio < 0.7, 0.0, 2.0 ** np.round(np.log2(np.maximum(ratio, 0.5))))
    return NewCodes((np.sign(weights) * codes).astype(np.int8), scales)


def _count_powers(weights: Weights) -> int | None:
    """Distinct powers of two in the channel that has most; None if there is anything else."""
    rows = np.moveaxis(weights.codes, weights.channel_axis, 0)
    most = 0
    # Folded batch normalization is rounded to float32, half-precision weights to 11 bits.
    tolerance = 0.0 if weights.codes.dtype == np.int8 else 2e-3 if weights.codes.dtype == np.float16 else 1e-5
    for row in np.abs(rows.reshape(len(rows), -1).astype(np.float64)):
        values = row[row > 0]
        if not len(values):
            continue
        exponents = np.log2(values if tolerance == 0.0 else values / values.max())
        if np.abs(exponents - np.round(exponents)).max() > tolerance * 2:
            return None
        most = max(most, len(np.unique(np.round(exponents))))
    return most


SHORT_NAME = "pow2"


def parse(argument: str | None, given: frozenset[str]) -> PowerOfTwo:
    """`pow2`, or `pow2:3` with the number of magnitudes."""
    return PowerOfTwo() if argument is None else PowerOfTwo(parse_count(argument, "a number of powers"))
