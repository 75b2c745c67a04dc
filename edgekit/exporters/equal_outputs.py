"""A check of what was proven: two models, the same inputs, the reference kernels, the same bytes out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from edgekit.errors import ModelError
from edgekit.oracle import find_oracle
from edgekit.tflite_model import TensorInfo, TfliteModel

Array = np.ndarray[Any, Any]


def check_equal_outputs(before: TfliteModel, after: TfliteModel, num_random: int = 4) -> str | None:
    """The reference that was asked, or None where no installed one runs the models.

    Raises:
        ModelError: an output differs.
    """
    first, second = find_oracle(before.data), find_oracle(after.data)
    if first is None or second is None:
        return None
    for inputs in make_inputs(before.inputs, num_random):
        for one, other in zip(first.invoke(inputs), second.invoke(inputs), strict=True):
            if one.tobytes() != other.tobytes():
                raise ModelError(
                    "the smaller model answers otherwise than the model it comes from; nothing was written; "
                    "please report this model"
                )
    return second.name


def make_inputs(tensors: tuple[TensorInfo, ...], num_random: int) -> Iterator[list[Array]]:
    """Everything lowest, everything highest, a checkerboard, stripes of the last axis, then random ones."""
    rng = np.random.default_rng(0)
    for kind in range(4 + num_random):
        yield [_fill(each, kind, rng) for each in tensors]


def _fill(tensor: TensorInfo, kind: int, rng: np.random.Generator) -> Array:
    dtype = np.dtype(tensor.dtype)
    low, high = (-1.0, 1.0) if dtype.kind == "f" else (0.0, 1.0)
    if dtype.kind in "iu":
        low, high = float(max(np.iinfo(dtype).min, -(2**31))), float(min(np.iinfo(dtype).max, 2**31 - 1))
    at = np.indices(tensor.shape) if tensor.shape else np.zeros((1,), np.int64)
    share = {
        0: np.zeros(tensor.shape),
        1: np.ones(tensor.shape),
        2: at.sum(axis=0) % 2,
        3: at[-1] % 2,
    }.get(kind)
    if share is None:
        share = rng.random(tensor.shape)
    values = low + share * (high - low)
    return np.asarray(values if dtype.kind == "f" else np.round(values)).astype(dtype).reshape(tensor.shape)
