"""Whether the device computes what the reference computes, bit for bit or within a tolerance; if not, where."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit.bench.arrays import Array, Arrays
from edgekit.bench.inference import Inference
from edgekit.bench.result import DifferingOperator
from edgekit.oracle import Oracle
from edgekit.tflite_model import OperatorInfo


@dataclass(frozen=True)
class Comparison:
    """`max_abs_difference` is in the unit of the outputs (LSB for integers), None where it is not finite.

    `num_wrong` counts the samples that differ by more than was allowed, `first_wrong_sample` is the first.
    """

    num_samples: int
    num_different: int
    max_abs_difference: float | None
    first_differing_sample: int | None
    num_wrong: int = 0
    first_wrong_sample: int | None = None


def compare_outputs(
    found: Sequence[Arrays],
    reference: Callable[[int], Arrays],
    advance: Callable[[int], None],
    tolerance_lsb: int | None = None,
) -> Comparison:
    """Compares the device's outputs of each sample with `reference(sample)`.

    `tolerance_lsb` allows for kernels that round otherwise; it is for integers, other outputs must be equal.
    """
    different, wrong, largest = [], [], 0.0
    for index, arrays in enumerate(found):
        expected = reference(index)
        if not all(map(bits_equal, arrays, expected)):
            different.append(index)
            largest = max(largest, *map(max_abs_difference, arrays, expected))
            if not all(_is_close(*pair, tolerance_lsb) for pair in zip(arrays, expected, strict=True)):
                wrong.append(index)
        advance(1)
    return Comparison(
        len(found),
        len(different),
        largest if math.isfinite(largest) else None,
        different[0] if different else None,
        len(wrong),
        wrong[0] if wrong else None,
    )


def _is_close(found: Array, expected: Array, tolerance_lsb: int | None) -> bool:
    if tolerance_lsb is None or found.dtype.kind not in "iu" or expected.dtype.kind not in "iu":
        return bits_equal(found, expected)
    return max_abs_difference(found, expected) <= tolerance_lsb


def bits_equal(found: Array, expected: Array) -> bool:
    """Bytes, not values: a NaN equals itself, and -0.0 is not 0.0."""
    return found.size == expected.size and found.tobytes() == _as_dtype(expected, found.dtype).tobytes()


def max_abs_difference(found: Array, expected: Array) -> float:
    if found.size != expected.size:
        return math.inf
    difference = np.abs(found.reshape(-1).astype(np.float64) - expected.reshape(-1).astype(np.float64))
    return float(np.nan_to_num(difference, nan=math.inf, posinf=math.inf).max(initial=0.0))


def first_differing_element(found: Array, expected: Array) -> tuple[int, ...] | None:
    """Its index in the shape of `found`, or None if all bits are equal."""
    width = found.dtype.itemsize
    same = np.frombuffer(found.tobytes(), np.uint8) == np.frombuffer(
        _as_dtype(expected, found.dtype).tobytes(), np.uint8
    )
    different = ~same.reshape(-1, width).all(axis=1)
    if not different.any():
        return None
    return tuple(int(each) for each in np.unravel_index(int(different.argmax()), found.shape or (1,)))


def find_first_differing_operator(
    inference: Inference, oracle: Oracle, sample: int, *, step: bool
) -> DifferingOperator | None:
    """Walks the operators on one sample.

    With `step` each operator runs alone and its outputs are read before a later one may overwrite them; else
    the device is one that keeps all tensors of a run. None if every operator's outputs equal the oracle's.
    """
    inputs = inference.sample(sample)
    expected = oracle.tensors(inputs)
    inference.write(inputs)
    if not step:
        inference.invoke()
    for operator in inference.model.operators:
        if step:
            inference.invoke(first_operator=operator.index, num_operators=1)
        difference = _first_difference(inference, operator, expected)
        if difference is not None:
            return difference
    return None


def _first_difference(
    inference: Inference, operator: OperatorInfo, expected: dict[int, Array]
) -> DifferingOperator | None:
    for tensor in operator.outputs:
        if tensor not in expected:
            continue
        found, reference = inference.read_tensor(tensor), expected[tensor]
        if found.size != reference.size:
            continue
        element = first_differing_element(found, reference)
        if element is not None:
            position = int(np.ravel_multi_index(element, found.shape or (1,)))
            return DifferingOperator(
                index=operator.index,
                name=operator.name,
                tensor=tensor,
                tensor_name=inference.model.tensors[tensor].name,
                element=element,
                expected=_finite(reference.reshape(-1)[position]),
                found=_finite(found.reshape(-1)[position]),
            )
    return None


def _as_dtype(values: Array, dtype: np.dtype[Any]) -> Array:
    return np.ascontiguousarray(values.astype(dtype, copy=False))


def _finite(value: Any) -> float | None:
    number = value.item()
    if isinstance(number, (bool, int)):
        return int(number)
    return float(number) if math.isfinite(number) else None
