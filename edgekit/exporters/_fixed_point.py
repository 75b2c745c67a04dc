"""The integer arithmetic of TFLite's quantized kernels, on arrays; the firmware has it in ek_fixed_point.h, ek_scale.h.

Each step is monotone: multipliers are never negative, and rounding keeps order. So what a kernel makes of an interval
of sums lies between what it makes of the interval's ends, as long as nothing wraps around on the way; `requantize`
says where something does.

Source: tensorflow/lite/kernels/internal/common.h and quantization_util.cc.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
INT32_MIN, INT32_MAX = -(2**31), 2**31 - 1
INT8_MIN, INT8_MAX = -128, 127
_NONE, _RELU, _RELU_N1_TO_1, _RELU6 = 0, 1, 2, 3


def quantize_multiplier(real: float) -> tuple[int, int]:
    """`real` ≥ 0 as multiplier · 2^(shift − 31); 0 where every bit would be shifted out."""
    if real == 0.0:
        return 0, 0
    mantissa, shift = math.frexp(real)
    multiplier = math.floor(mantissa * 2.0**31 + 0.5)
    if multiplier == 2**31:
        multiplier, shift = 2**30, shift + 1
    return (0, 0) if shift < -31 else (multiplier, shift)


def quantize_multipliers(reals: Array) -> tuple[Array, Array]:
    """Element by element, as int64."""
    pairs = [quantize_multiplier(float(real)) for real in reals]
    return np.array([m for m, _ in pairs], np.int64), np.array([s for _, s in pairs], np.int64)


def requantize(values: Array, multipliers: Array | int, shifts: Array | int) -> tuple[Array, Array]:
    """(MultiplyByQuantizedMultiplier of int64 `values`, where it holds): False where int32 wraps around on the way.

    Rounds twice: to the upper half of the doubled product, half away from zero upwards, and in the shift to the right.
    """
    shift = np.broadcast_to(np.asarray(shifts, np.int64), values.shape)
    fits = (values >= INT32_MIN) & (values <= INT32_MAX) & (shift <= 30)
    raised = np.where(fits, values, 0) << np.where(fits, np.maximum(shift, 0), 0)
    fits &= (raised >= INT32_MIN) & (raised <= INT32_MAX)
    product = np.where(fits, raised, 0) * np.asarray(multipliers, np.int64)
    nudged = product + np.where(product >= 0, 1 << 30, 1 - (1 << 30))
    high = np.sign(nudged) * (np.abs(nudged) >> 31)  # the division truncates
    right = np.maximum(-shift, 0)
    mask = (np.int64(1) << right) - 1
    threshold = (mask >> 1) + (high < 0)
    return (high >> right) + ((high & mask) > threshold), fits


def output_bounds(
    low: Array,
    high: Array,
    multipliers: Array | int,
    shifts: Array | int,
    zero_point: int,
    limits: tuple[int, int],
) -> tuple[Array, Array]:
    """The least and the greatest output of sums from `low` to `high`: requantized, zero point added, clamped.

    Where a sum may wrap around, every value within `limits` may come out.
    """
    first, holds_first = requantize(low, multipliers, shifts)
    last, holds_last = requantize(high, multipliers, shifts)
    first, last = first + zero_point, last + zero_point
    holds = holds_first & holds_last & (first >= INT32_MIN) & (last <= INT32_MAX)
    return (
        np.where(holds, np.clip(first, *limits), limits[0]),
        np.where(holds, np.clip(last, *limits), limits[1]),
    )


def activation_limits(activation: int, scale: float, zero_point: int) -> tuple[int, int] | None:
    """What int8 outputs are clamped to (CalculateActivationRangeQuantized); None for what has no such range."""
    if activation == _NONE:
        return INT8_MIN, INT8_MAX
    if activation not in (_RELU, _RELU_N1_TO_1, _RELU6):
        return None
    steps = 0
    if activation != _RELU:
        with np.errstate(over="ignore"):
            ratio = float(np.float32(6.0 if activation == _RELU6 else 1.0) / np.float32(scale))
        if not ratio < 2.0**29:
            return None  # runtimes refuse it
        steps = math.floor(ratio + 0.5)
    bottom = zero_point - (steps if activation == _RELU_N1_TO_1 else 0)
    top = INT8_MAX if activation == _RELU else zero_point + steps
    limits = max(bottom, INT8_MIN), min(top, INT8_MAX)
    return limits if limits[0] <= limits[1] else None
