"""Models of one operator with two operands that broadcast: arithmetic, comparisons, logic."""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from hypothesis import strategies as st

from tests.generators.single_operator import Draw, activations, case, near_tie, scales
from tests.generators.tflite_builder import TfliteBuilder

RANGES = {"int8": (-128, 127), "uint8": (0, 255), "int16": (-32768, 32767)}


def broadcast_shapes(draw: Draw) -> tuple[list[int], list[int], list[int]]:
    """Shapes of both inputs and the output, of rank 1 to 4, which is as far as all of TFLM's loops go."""
    shape = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    first = [1 if draw(st.integers(0, 5)) == 0 else size for size in shape]
    second = [1 if draw(st.integers(0, 5)) == 0 else size for size in shape]
    if first == shape and draw(st.booleans()):
        second = second[draw(st.integers(0, len(second) - 1)) :]  # a lower rank broadcasts as well
    if draw(st.booleans()):
        first, second = second, first
    return first, second, list(np.broadcast_shapes(first, second))


def quantization(
    draw: Draw, dtype: str, scale: float, symmetric: bool = False
) -> tuple[list[float], list[int]]:
    low, high = RANGES[dtype]
    return [scale], [0 if symmetric else draw(st.integers(low, high))]


def binary(
    draw: Draw,
    name: str,
    dtype: str,
    options: Any = None,
    quantizations: Any = ((), (), ()),
    result_dtype: str = "",
    divisors: np.ndarray | None = None,
) -> bytes:
    """`quantizations`: scales and zero points of both inputs and the output. `divisors`: values that a constant
    second input is drawn from."""
    builder = TfliteBuilder()
    first, second, whole = broadcast_shapes(draw)
    in1 = builder.tensor(first, dtype, *quantizations[0])
    data = None
    if divisors is not None:
        rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        data = rng.choice(divisors, second).astype(dtype)
    in2 = builder.tensor(second, dtype, *quantizations[1], data=data)
    result = builder.tensor(whole, result_dtype or dtype, *quantizations[2])
    builder.operator(name, [in1, in2], [result], options)
    return builder.build([in1, in2] if data is None else [in1], [result])


def _with_activation(draw: Draw, options: Any) -> Any:
    options.fusedActivationFunction = draw(activations)
    return options


def _register_sums(name: str, options: type, dtype: str) -> None:
    @case(f"ek_{name.lower()}_{dtype}")
    def build(draw: Draw) -> bytes:
        base = draw(scales())
        each = [base, base * draw(scales(-4, 4)), base * draw(scales(-2, 5))]
        quantized = [quantization(draw, dtype, scale, symmetric=dtype == "int16") for scale in each]
        return binary(draw, name, dtype, _with_activation(draw, options()), quantized)


def _register_unquantized(name: str, options: type, dtype: str) -> None:
    @case(f"ek_{name.lower()}_{dtype}")
    def build(draw: Draw) -> bytes:
        chosen = options()
        if (name, dtype) != ("ADD", "int32"):  # whose activation TFLM forgets
            _with_activation(draw, chosen)
        return binary(draw, name, dtype, chosen)


def _register_products(dtype: str) -> None:
    @case(f"ek_mul_{dtype}")
    def build(draw: Draw) -> bytes:
        each = [draw(scales(-8, 0)), draw(scales(-8, 0))]
        product = each[0] * each[1]
        each.append(near_tie(draw, product * RANGES[dtype][1] * draw(scales(-4, 2)), product))
        quantized = [quantization(draw, dtype, scale, symmetric=dtype == "int16") for scale in each]
        return binary(draw, "MUL", dtype, _with_activation(draw, schema.MulOptionsT()), quantized)


def _register_squares(dtype: str) -> None:
    @case(f"ek_squared_difference_{dtype}")
    def build(draw: Draw) -> bytes:
        base = draw(scales(-8, 0))
        each = [base, base * draw(scales(-3, 3))]
        square = max(each) ** 2
        each.append(near_tie(draw, square * RANGES[dtype][1] * draw(scales(-4, 2)), square))
        quantized = [quantization(draw, dtype, scale, symmetric=dtype == "int16") for scale in each]
        return binary(draw, "SQUARED_DIFFERENCE", dtype, None, quantized)


def _register_choices(name: str, dtype: str) -> None:
    @case(f"ek_{name.lower()}_{dtype}")
    def build(draw: Draw) -> bytes:
        # The numbers count, not what they stand for: scales may differ.
        each = [quantization(draw, dtype, draw(scales())) if dtype in RANGES else ((), ()) for _ in range(3)]
        return binary(draw, name, dtype, schema.MaximumMinimumOptionsT(), each)


def _register_comparisons(name: str, dtype: str) -> None:
    @case(f"ek_{name.lower()}_{dtype}")
    def build(draw: Draw) -> bytes:
        quantized: Any = ((), (), ())
        if dtype in RANGES:
            base = draw(scales(-10, -0.1))  # TFLM ends the process at a scale of 1 or more
            other = min(base * draw(st.sampled_from([1.0, 1.0, 0.5, 1.7])), 0.99)
            quantized = (quantization(draw, dtype, base), quantization(draw, dtype, other), ())
        return binary(draw, name, dtype, None, quantized, "bool")


for _dtype in ("int8", "int16", "uint8"):
    _register_sums("ADD", schema.AddOptionsT, _dtype)
for _dtype in ("int8", "int16"):
    _register_sums("SUB", schema.SubOptionsT, _dtype)
    _register_products(_dtype)
    _register_squares(_dtype)
for _name, _options in (
    ("ADD", schema.AddOptionsT),
    ("SUB", schema.SubOptionsT),
    ("MUL", schema.MulOptionsT),
):
    _register_unquantized(_name, _options, "float32")
    _register_unquantized(_name, _options, "int32")
_register_unquantized("DIV", schema.DivOptionsT, "float32")
for _name in ("MAXIMUM", "MINIMUM"):
    for _dtype in ("int8", "int16", "int32", "int64", "uint8", "float32"):
        _register_choices(_name, _dtype)
for _name in ("EQUAL", "NOT_EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL"):
    for _dtype in ("int8", "int32", "int64", "float32"):
        _register_comparisons(_name, _dtype)


def _register_plain(name: str, dtype: str) -> None:
    @case(f"ek_{name.lower()}_{dtype}")
    def build(draw: Draw) -> bytes:
        return binary(draw, name, dtype)


for _name in ("EQUAL", "NOT_EQUAL", "LOGICAL_AND", "LOGICAL_OR"):
    _register_plain(_name, "bool")
for _dtype in ("int32", "float32"):
    _register_plain("SQUARED_DIFFERENCE", _dtype)


@case("ek_logical_not_bool")
def logical_not(draw: Draw) -> bytes:
    builder = TfliteBuilder()
    shape = draw(st.lists(st.integers(1, 6), min_size=1, max_size=4))
    source, result = builder.tensor(shape, "bool"), builder.tensor(shape, "bool")
    builder.operator("LOGICAL_NOT", [source], [result])
    return builder.build([source], [result])


@case("ek_div_int32")
def div_int32(draw: Draw) -> bytes:
    # A division by zero, or of the lowest number by -1, ends the wheel's process, hence constant divisors.
    divisors = np.array([-(2**31), -1000, -7, -2, 1, 2, 3, 10, 2**31 - 1])
    return binary(draw, "DIV", "int32", _with_activation(draw, schema.DivOptionsT()), divisors=divisors)


@case("ek_div_int8")
def div_int8(draw: Draw) -> bytes:
    # The reference shifts by more than 31 bits, which means nothing, where a quotient near zero meets a factor
    # s1 / (s2 · s_out) below 2^7.
    second, whole = draw(scales(-8, 0)), draw(scales(-8, 0))
    factor = draw(scales(7.0, 16.0))
    quantized = [quantization(draw, "int8", each) for each in (second * whole * factor, second, whole)]
    divisors = np.setdiff1d(np.arange(-128, 128), quantized[1][1])
    return binary(
        draw, "DIV", "int8", _with_activation(draw, schema.DivOptionsT()), quantized, divisors=divisors
    )


_register_plain("FLOOR_MOD", "float32")


@case("ek_floor_div_float32")
def floor_div_float32(draw: Draw) -> bytes:
    # TFLM stops at a divisor of zero.
    divisors = np.array([-1e10, -7.5, -1.0, -0.3, 1e-3, 0.1, 1.0, 2.0, 3.0, 1e8])
    return binary(draw, "FLOOR_DIV", "float32", divisors=divisors)


def _register_floors(name: str) -> None:
    @case(f"ek_{name.lower()}_int32")
    def build(draw: Draw) -> bytes:
        # Neither zero nor -1, for the same reason as in DIV.
        divisors = np.array([-(2**31), -1000, -7, -2, 1, 2, 3, 10, 2**31 - 1])
        return binary(draw, name, "int32", divisors=divisors)


_register_floors("FLOOR_DIV")
_register_floors("FLOOR_MOD")


def _register_add_n(dtype: str) -> None:
    @case(f"ek_add_n_{dtype}")
    def build(draw: Draw) -> bytes:
        builder = TfliteBuilder()
        shape = draw(st.lists(st.integers(1, 6), min_size=1, max_size=4))
        base = draw(scales())
        shared = quantization(draw, dtype, base) if dtype == "int8" else ((), ())
        wider = quantization(draw, dtype, base * draw(scales(-2, 5))) if dtype == "int8" else ((), ())
        sources = [builder.tensor(shape, dtype, *shared) for _ in range(draw(st.integers(2, 5)))]
        result = builder.tensor(shape, dtype, *wider)
        builder.operator("ADD_N", sources, [result])
        return builder.build(sources, [result])


_register_add_n("int8")
_register_add_n("float32")


def _prelu(draw: Draw, dtype: str) -> bytes:
    builder = TfliteBuilder()
    shape = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    slopes = [1 if draw(st.integers(0, 3)) == 0 else size for size in shape]
    slopes = slopes[draw(st.integers(0, len(shape) - 1)) :]
    each: list[Any] = [((), ())] * 3
    kind = dtype
    if dtype != "float32":
        kind, scale = "int8", draw(scales(-8, 2))
        each = [
            quantization(draw, dtype, scale, symmetric=dtype == "int16" and draw(st.booleans())),
            quantization(draw, kind, draw(scales(-10, -2))),
            quantization(draw, dtype, scale * draw(scales(-2, 2)), symmetric=dtype == "int16"),
        ]
    source, alpha = builder.tensor(shape, dtype, *each[0]), builder.tensor(slopes, kind, *each[1])
    result = builder.tensor(shape, dtype, *each[2])
    builder.operator("PRELU", [source, alpha], [result])
    return builder.build([source, alpha], [result])


@case("ek_prelu_int8")
def prelu_int8(draw: Draw) -> bytes:
    return _prelu(draw, "int8")


@case("ek_prelu_int16")
def prelu_int16(draw: Draw) -> bytes:
    return _prelu(draw, "int16")


@case("ek_prelu_float32")
def prelu_float32(draw: Draw) -> bytes:
    return _prelu(draw, "float32")
