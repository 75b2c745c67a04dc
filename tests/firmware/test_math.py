"""The float functions of the C runtime against numpy's float64, on every 4099th float32 and on special values."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from edgekit.host_runtime import load_library

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

# fmt: off
SPECIAL = np.array(
    [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 1e-45, -1e-45, 2.0**-126, 2.0**23,
     2.0**24 - 1, 3.4028235e38, -3.4028235e38, 88.72283, 88.72284, -87.33654, -103.97208, -104.0, 9.010913,
     0.34657359, -0.34657359, 0.70710678, 1.41421356, np.pi / 4, np.pi / 2, np.pi, 1e5 * np.pi, 8.5e37],
    np.float64,
).astype(np.float32)
# fmt: on
EVERYWHERE = np.concatenate(
    [np.arange(0, 2**32, 4099, dtype=np.uint64).astype(np.uint32).view(np.float32), SPECIAL]
)

TRANSCENDENTAL: dict[str, Callable[[Doubles], Doubles]] = {
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "tanh": np.tanh,
    "sin": np.sin,
    "cos": np.cos,
}
EXACT: dict[str, Callable[[Floats], Floats]] = {
    "sqrt": np.sqrt,
    "rsqrt": lambda x: np.float32(1.0) / np.sqrt(x),
    "floor": np.floor,
    "ceil": np.ceil,
    "trunc": np.trunc,
    "round": np.rint,
    "round_half_away": lambda x: np.copysign(np.floor(np.abs(x).astype(np.float64) + 0.5), x).astype(
        np.float32
    ),
}


def compute(name: str, x: Floats) -> Floats:
    result = np.empty_like(x)
    assert load_library().ek_host_math(name.encode(), _pointer(x), _pointer(result), x.size) == 0
    return result


def _pointer(array: Floats) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


@pytest.mark.parametrize("name", TRANSCENDENTAL)
def test_result_is_hardly_farther_off_than_rounding_alone(name: str) -> None:
    with np.errstate(all="ignore"):
        exact = TRANSCENDENTAL[name](EVERYWHERE.astype(np.float64))
        nearest = exact.astype(np.float32)
    actual = compute(name, EVERYWHERE)
    finite = np.isfinite(nearest) & np.isfinite(actual)
    np.testing.assert_array_equal(actual[~finite], nearest[~finite])
    last_bit = np.spacing(np.abs(nearest[finite])).astype(np.float64)
    errors = np.abs(actual[finite].astype(np.float64) - exact[finite]) / last_bit
    assert 0.4 < float(errors.max()) < 0.54, f"{name}: {errors.max():.4f} ULP"


@pytest.mark.parametrize("name", EXACT)
def test_result_is_exactly_that_of_ieee_arithmetic(name: str) -> None:
    with np.errstate(all="ignore"):
        expected = EXACT[name](EVERYWHERE)
    np.testing.assert_array_equal(compute(name, EVERYWHERE), expected)


@pytest.mark.parametrize("name", ["exp", "log", "sin", "tanh", "expm1"])
def test_result_is_monotonic_where_its_pieces_meet(name: str) -> None:
    for centre in (0.34657359, 1.0, 1.41421356, 0.78539816, 0.70710678, 0.0001220703125, 2.0**-25):
        start = int(np.float32(centre).view(np.uint32))
        around = np.arange(start - 2000, start + 2000, dtype=np.uint32).view(np.float32)
        assert np.all(np.diff(compute(name, around)) >= 0)


def test_logistic_is_the_formula_of_the_reference_with_its_cutoffs() -> None:
    x = EVERYWHERE
    one = np.float32(1.0)
    with np.errstate(all="ignore"):
        expected = np.where(x < -9.0, compute("exp", x), one / (one + compute("exp", -x)))
        expected = np.where(x > np.float32(16.619047164916992), one, expected)
    np.testing.assert_array_equal(compute("logistic", x), expected)


def test_fmod_is_exact() -> None:
    rng = np.random.default_rng(0)
    random_bits = rng.integers(0, 2**32, (2, 100_000), dtype=np.uint64).astype(np.uint32)
    x, y = random_bits.view(np.float32)
    pairs = np.stack(np.meshgrid(SPECIAL, SPECIAL)).reshape(2, -1)
    x, y = (
        np.ascontiguousarray(np.concatenate([x, pairs[0]])),
        np.ascontiguousarray(np.concatenate([y, pairs[1]])),
    )
    actual = np.empty_like(x)
    load_library().ek_host_fmod(_pointer(x), _pointer(y), _pointer(actual), x.size)
    with np.errstate(all="ignore"):
        expected = np.fmod(x, y)
    np.testing.assert_array_equal(actual, expected)
    defined = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(actual[defined]), np.signbit(expected[defined]))
