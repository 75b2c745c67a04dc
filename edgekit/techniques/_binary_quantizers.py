"""The quantizers of each binarization method: larq's where it has them. Needs TensorFlow and larq."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import larq
import tensorflow as tf

_SHARPNESS_MIN, _SHARPNESS_MAX = 0.1, 10.0
# Latent weights of a trained float layer lie near zero; the probabilities of BinaryConnect need them spread out.
_SPREAD = 0.5


def quantizers_of(method: str, num_bits: int, num_activation_bits: int | None) -> tuple[Any, Any, Any]:
    """(input_quantizer or None, kernel_quantizer, kernel_constraint or None), new ones, for a larq layer."""
    clip, sign = larq.constraints.WeightClip(1.0), larq.quantizers.SteSign
    magnitude, dorefa = larq.quantizers.MagnitudeAwareSign, larq.quantizers.DoReFa
    if method == "dorefa":
        inputs = None if num_activation_bits is None else dorefa(num_activation_bits, mode="activations")
        return inputs, dorefa(num_bits, mode="weights"), clip
    makers: dict[str, Callable[[], tuple[Any, Any, Any]]] = {
        "binary_connect": lambda: (None, sign(), clip),
        "stochastic": lambda: (None, stochastic_sign, clip),
        "ternary": lambda: (None, larq.quantizers.SteTern(ternary_weight_networks=True), clip),
        "bnn": lambda: (sign(), sign(), clip),
        "xnor": lambda: (sign(), magnitude(), clip),
        "approx_sign": lambda: (larq.quantizers.ApproxSign(), magnitude(), clip),
        "irnet": lambda: (ErrorDecaySign(), BalancedSign(), None),
    }
    return makers[method]()


def spread(kernel: Any) -> Any:
    """The kernel scaled to a standard deviation of 0.5 within [-1, 1], so that its signs are sure."""
    deviation = float(kernel.std()) or 1.0
    return (kernel * (_SPREAD / deviation)).clip(-1.0, 1.0)


@tf.custom_gradient
def stochastic_sign(x: Any) -> Any:
    """+1 with the probability hard_sigmoid(x), else -1; the gradient passes where |x| <= 1.

    Source: Courbariaux, Bengio and David, "BinaryConnect", NeurIPS 2015, equations 2 and 3.
    """
    # Seeded by the weights themselves, so that a run that was interrupted draws what one that was not would.
    seed = tf.bitcast(tf.stack([tf.reduce_sum(x), tf.reduce_sum(tf.abs(x))]), tf.int32)
    drawn = tf.random.stateless_uniform(tf.shape(x), seed)
    sign = tf.where(drawn < tf.clip_by_value((x + 1.0) / 2.0, 0.0, 1.0), 1.0, -1.0)
    return sign, lambda dy: tf.where(tf.abs(x) <= 1.0, dy, tf.zeros_like(dy))


def sharpness_at(epoch: int, num_epochs: int) -> float:
    """IR-Net's t: from 0.1, where the estimator is all but the identity, to 10, where it is all but the sign.

    Source: Qin et al., "Forward and Backward Information Retention for Accurate Binary Neural Networks",
    CVPR 2020, equation 12.
    """
    progress = epoch / max(1, num_epochs - 1)
    return _SHARPNESS_MIN * 10.0 ** (progress * math.log10(_SHARPNESS_MAX / _SHARPNESS_MIN))


class ErrorDecaySign:
    """The sign, with the gradient of k · tanh(t · x), k = max(1 / t, 1) (the same paper, equations 11 and 13).

    `sharpness` is t, for whoever trains to raise epoch by epoch.
    """

    def __init__(self) -> None:
        self.sharpness = tf.Variable(_SHARPNESS_MIN, trainable=False)

    def __call__(self, x: Any) -> Any:
        t = tf.convert_to_tensor(self.sharpness)

        @tf.custom_gradient
        def sign(x: Any) -> Any:
            slope = tf.maximum(1.0 / t, 1.0) * t * (1.0 - tf.square(tf.tanh(t * x)))
            return tf.where(x >= 0.0, 1.0, -1.0), lambda dy: dy * slope

        return sign(x)


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
