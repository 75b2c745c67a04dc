"""The integer arithmetic on scales equals the floating-point arithmetic that TFLite does, bit for bit."""

from __future__ import annotations

import ctypes
import hashlib
import math
import struct
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edgekit.host_runtime import load_library

positive = st.floats(2.0**-60, 2.0**60, width=32)
near_one = st.integers(0, 2**24 - 1).map(lambda n: float(np.float32(1 + n / 2**24)))


def bits(value: float) -> int:
    return int(struct.unpack("<I", struct.pack("<f", value))[0])


def quantize_multiplier(value: float) -> tuple[int, int]:
    """QuantizeMultiplier of TFLite, in Python's doubles."""
    fraction, shift = math.frexp(value)
    fixed = math.floor(fraction * 2**31 + 0.5)  # round half away, for positive numbers
    if fixed == 2**31:
        fixed, shift = fixed // 2, shift + 1
    return (0, 0) if shift < -31 else (fixed, shift)


@settings(max_examples=3000, deadline=None, derandomize=True)
@given(a=positive | near_one, b=positive | near_one, c=positive | near_one, exponent=st.integers(-26, 26))
@example(a=1.0, b=1.0, c=1.0, exponent=0)
@example(a=2.0**-20, b=2.0**-20, c=2.0**20, exponent=0)
def test_multiplier_rounds_as_double_arithmetic_does(a: float, b: float, c: float, exponent: int) -> None:
    result = (ctypes.c_int32 * 2)()
    load_library().ek_host_multiplier(bits(a), bits(b), bits(c), exponent, result)
    assert tuple(result) == quantize_multiplier(a * b / c * 2.0**exponent)


def hair_below_half(rng: np.random.Generator) -> tuple[int, int, int] | None:
    """Mantissas a, b, c with a·b/c, scaled to 31 bits, 1/(2c) below a half: nearer than a double can tell."""
    c = int(rng.integers(2**22, 2**23)) * 2 + 1
    a = int(rng.integers(2**23, 2**24))
    if math.gcd(a, c) != 1:
        return None
    scale = 2 ** int(rng.integers(7, 9))
    b = (c - 1) // 2 * pow(a * scale, -1, c) % c
    in_range = 2**23 <= b < 2**24 and 2**30 * c <= a * b * scale < 2**31 * c
    return (a, b, c) if in_range else None


def test_multiplier_rounds_twice_where_one_rounding_gives_another_number() -> None:
    rng = np.random.default_rng(0)
    cases = [case for case in (hair_below_half(rng) for _ in range(2000)) if case is not None]
    assert len(cases) > 100
    for a, b, c in cases:
        result = (ctypes.c_int32 * 2)()
        load_library().ek_host_multiplier(bits(float(a)), bits(float(b)), bits(float(c)), 0, result)
        assert tuple(result) == quantize_multiplier(a * b / c)
        exact = Fraction(a * b, c) / Fraction(2) ** (result[1] - 31)
        assert math.floor(exact + Fraction(1, 2)) == result[0] - 1


@settings(max_examples=3000, deadline=None, derandomize=True)
@given(a=positive | near_one, b=positive | near_one)
@example(a=1.0, b=1.0)
@example(a=2.0, b=1.0)
@example(a=4.0, b=0.125)
def test_inverse_root_rounds_as_double_arithmetic_does(a: float, b: float) -> None:
    result = (ctypes.c_int32 * 2)()
    load_library().ek_host_inverse_root_multiplier(bits(a), bits(b), result)
    assert tuple(result) == quantize_multiplier(1.0 / (math.sqrt(a) * b))


@settings(max_examples=2000, deadline=None, derandomize=True)
@given(a=positive, b=positive)
def test_product_rounds_as_float32_does(a: float, b: float) -> None:
    product = np.float32(a) * np.float32(b)
    if not 2.0**-126 <= float(product) < 2.0**127:
        return
    assert load_library().ek_host_float_product(bits(a), bits(b)) & 0xFFFFFFFF == bits(float(product))


@settings(max_examples=2000, deadline=None, derandomize=True)
@given(a=st.sampled_from([1.0, 6.0, 3.0, 0.3]), b=st.floats(2.0**-20, 2.0**20, width=32))
def test_ratio_rounds_as_float32_division_does(a: float, b: float) -> None:
    rounded = ctypes.c_int32()
    assert load_library().ek_host_float_ratio_rounded(bits(a), bits(b), ctypes.byref(rounded)) == 1
    quotient = float(np.float32(a) / np.float32(b))
    assert rounded.value == math.floor(quotient + 0.5)


@pytest.mark.parametrize("length", [0, 1, 55, 56, 57, 63, 64, 65, 119, 120, 128, 1000])
def test_sha256_equals_the_standard_library(length: int) -> None:
    data = bytes(i * 7 & 0xFF for i in range(length))
    digest = ctypes.create_string_buffer(32)
    load_library().ek_host_sha256(data, length, digest)
    assert digest.raw == hashlib.sha256(data).digest()
