"""The quantizers of each binarization method: larq's where it has them. Needs TensorFlow and larq."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import larq
import tensorflow as tf

_SHARPNESS_MIN, _SHARPNESS_MAX = 0.1, 10.0
_SURE = 1e6
# Latent weights of a trained float layer lie so near zero that one step of the optimizer flips many of them.
_SPREAD = 0.3


def quantizers_of(method: str, num_bits: int, num_activation_bits: int | None) -> tuple[Any, Any, Any]:
    """(input_quantizer or None, kernel_quantizer, kernel_constraint or None), new ones, for a larq layer."""
    clip, sign = larq.constraints.WeightClip(1.0), larq.quantizers.SteSign
    magnitude, dorefa = larq.quantizers.MagnitudeAwareSign, larq.quantizers.DoReFa
    if method == "dorefa":
        inputs = None if num_activation_bits is None else dorefa(num_activation_bits, mode="activations")
        return inputs, dorefa(num_bits, mode="weights"), clip
    makers: dict[str, Callable[[], tuple[Any, Any, Any]]] = {
        "binary_connect": lambda: (None, sign(), clip),
        "stochastic": lambda: (None, StochasticSign(), clip),
        "ternary": lambda: (None, larq.quantizers.SteTern(ternary_weight_networks=True), clip),
        "bnn": lambda: (sign(), sign(), clip),
        "xnor": lambda: (sign(), magnitude(), clip),
        "approx_sign": lambda: (larq.quantizers.ApproxSign(), magnitude(), clip),
        "irnet": lambda: (ErrorDecaySign(), BalancedSign(), None),
    }
    return makers[method]()


def spread(kernel: Any) -> Any:
    """The kernel scaled to a standard deviation of 0.3 within [-1, 1], so that its signs are sure."""
    deviation = float(kernel.std()) or 1.0
    return (kernel * (_SPREAD / deviation)).clip(-1.0, 1.0)


class StochasticSign:
    """+1 with the probability hard_sigmoid(x), else -1; the gradient passes where |x| <= 1.

    For the last quarter of the epochs `sharpness` makes it the sign, so that batch normalization gets to know
    the weights that will be exported.

    Source: Courbariaux, Bengio and David, "BinaryConnect", NeurIPS 2015, equations 2 and 3.
    """

    def __init__(self) -> None:
        self.sharpness = tf.Variable(1.0, trainable=False)

    def sharpen(self, epoch: int, num_epochs: int) -> None:
        self.sharpness.assign(1.0 if epoch < 0.75 * num_epochs else _SURE)

    def __call__(self, x: Any) -> Any:
        probability = tf.clip_by_value((x * self.sharpness + 1.0) / 2.0, 0.0, 1.0)
        # Seeded by the weights themselves, so that a run that was interrupted draws what one that was not would.
        seed = tf.bitcast(tf.stack([tf.reduce_sum(x), tf.reduce_sum(tf.abs(x))]), tf.int32)
        drawn = tf.where(tf.random.stateless_uniform(tf.shape(x), seed) < probability, 1.0, -1.0)
        return _with_slope(drawn, x, tf.cast(tf.abs(x) <= 1.0, tf.float32))


class ErrorDecaySign:
    """The sign, with the gradient of k · tanh(t · x), k = max(1 / t, 1); `sharpness` is t.

    It rises from 0.1, where the estimator is all but the identity, to 10, where it is all but the sign.

    Source: Qin et al., "Forward and Backward Information Retention for Accurate Binary Neural Networks",
    CVPR 2020, equations 11 to 13.
    """

    def __init__(self) -> None:
        self.sharpness = tf.Variable(_SHARPNESS_MIN, trainable=False)

    def sharpen(self, epoch: int, num_epochs: int) -> None:
        progress = epoch / max(1, num_epochs - 1)
        self.sharpness.assign(_SHARPNESS_MIN * (_SHARPNESS_MAX / _SHARPNESS_MIN) ** progress)

    def __call__(self, x: Any) -> Any:
        t = tf.convert_to_tensor(self.sharpness)
        slope = tf.maximum(1.0 / t, 1.0) * t * (1.0 - tf.square(tf.tanh(t * x)))
        return _with_slope(tf.where(x >= 0.0, 1.0, -1.0), x, slope)


class BalancedSign(ErrorDecaySign):
    """The sign of the standardized weights, times the power of two next to their mean magnitude.

    Source: the same paper, equations 6 to 8 (libra parameter binarization), per output channel.
    """

    def __call__(self, x: Any) -> Any:
        axes = list(range(len(x.shape) - 1))
        centred = x - tf.reduce_mean(x, axes, keepdims=True)
        standard = centred / (tf.math.reduce_std(centred, axes, keepdims=True) + 1e-8)
        magnitude = tf.reduce_mean(tf.abs(standard), axes, keepdims=True)
        scale = 2.0 ** tf.round(tf.math.log(magnitude + 1e-8) / math.log(2.0))
        return super().__call__(standard) * tf.stop_gradient(scale)


def _with_slope(value: Any, x: Any, slope: Any) -> Any:
    """`value`, with the gradient `slope` with respect to `x`."""
    through = x * tf.stop_gradient(slope)
    return tf.stop_gradient(value) + (through - tf.stop_gradient(through))
