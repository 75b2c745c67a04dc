"""TFLite Micro's signal operators: from sound to what a network sees."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.generators.literal import Literal
from tests.generators.tflite_builder import TfliteBuilder

Values = tuple[str, Any]


def signal(
    name: str, options: dict[str, int], inputs: list[Values], *outputs: Values, constants: Any = ()
) -> Literal:
    """One custom operator, once; `inputs`, `constants` after them, and `outputs` are types and values."""
    builder = TfliteBuilder()
    given = [np.array(values, dtype) for dtype, values in inputs]
    expected = [np.array(values, dtype) for dtype, values in outputs]
    sources = [builder.tensor(each.shape, each.dtype.name) for each in given]
    tables = [np.array(values, dtype) for dtype, values in constants]
    fixed = [builder.tensor(each.shape, each.dtype.name, data=each) for each in tables]
    results = [builder.tensor(each.shape, each.dtype.name) for each in expected]
    builder.custom_operator(name, [*sources, *fixed], results, options)
    return Literal(name, builder.build(sources, results), [(given, expected)])


def subtraction() -> Literal:
    """A quarter of the signal, of odd channels three quarters, is taken for noise; half of it remains in any case."""
    builder = TfliteBuilder()
    source, result, noise = (builder.tensor((2,), "uint32") for _ in range(3))
    options = {
        "alternate_one_minus_smoothing": 64,
        "alternate_smoothing": 192,
        "clamping": 0,
        "min_signal_remaining": 128,
        "num_channels": 2,
        "one_minus_smoothing": 192,
        "smoothing": 64,
        "smoothing_bits": 0,
        "spectral_subtraction_bits": 8,
    }
    builder.custom_operator("SignalFilterBankSpectralSubtraction", [source], [result, noise], options)
    given = [np.array([100, 100], np.uint32)]
    steps = [
        # noise 100 / 4 and 3 · 100 / 4
        (given, [np.array([75, 50], np.uint32), np.array([25, 75], np.uint32)]),
        # noise (100 + 3 · 25) / 4 = 43.75 and (3 · 100 + 75) / 4 = 93.75, rounded down
        (given, [np.array([57, 50], np.uint32), np.array([43, 93], np.uint32)]),
    ]
    return Literal("SignalFilterBankSpectralSubtraction", builder.build([source], [result, noise]), steps)


def bank() -> Literal:
    """√(7 · 2 + 5 · 7) = 7, one frequency with the second band's weight, one with the first's unweight; then 7 >> 1."""
    builder = TfliteBuilder()
    source, channel = builder.tensor((2,), "uint32"), builder.tensor((1,), "uint64")
    tables = [np.array(each, np.int16) for each in ([9, 2], [7, 11], [0, 1], [0, 1], [1, 1])]
    constants = [builder.tensor(each.shape, "int16", data=each) for each in tables]
    builder.custom_operator("SignalFilterBank", [source, *constants], [channel], {"num_channels": 1})
    shift = builder.tensor((), "int32", data=np.array(1, np.int32))
    result = builder.tensor((1,), "uint32")
    builder.custom_operator("SignalFilterBankSquareRoot", [channel, shift], [result], {})
    steps = [([np.array([5, 7], np.uint32)], [np.array([3], np.uint32)])]
    return Literal("SignalFilterBank and its root", builder.build([source], [result]), steps)


GAINS = [0, 8, *[0] * 123]

LITERALS = [
    # 4 · 2 / 2, −8 · 3 / 2, 100 · 5 / 2
    signal(
        "SignalWindow",
        {"shift": 1},
        [("int16", [4, -8, 100])],
        ("int16", [4, -12, 250]),
        constants=[("int16", [2, 3, 5])],
    ),
    # 4 · 2^12 = 16384, and twice that is too large
    signal(
        "SignalFftAutoScale", {}, [("int16", [1, -3, 4])], ("int16", [4096, -12288, 16384]), ("int32", 12)
    ),
    # Of a pulse, every frequency has the same share: 400 / 4.
    signal(
        "SignalRfft",
        {"T": 7, "fft_length": 4},
        [("int16", [400, 0, 0, 0])],
        ("int16", [100, 0, 100, 0, 100, 0]),
    ),
    # 3² + 4², 5² + 12²
    signal(
        "SignalEnergy", {"end_index": 2, "start_index": 0}, [("int16", [3, 4, -5, 12])], ("uint32", [25, 169])
    ),
    bank(),
    subtraction(),
    # With 12 fractional bits, 8 · 512 is 1, shrunk to 1² / 4, and 8 · 1024 is 2, shrunk to 2 − 1; then with 6 of them.
    signal(
        "SignalPCAN",
        {"snr_shift": 0},
        [("uint32", [512, 1024]), ("uint32", [1, 1])],
        ("uint32", [16, 64]),
        constants=[("int16", GAINS)],
    ),
    # 100 · ln 2 = 69.3, 100 · ln 4 = 138.6, 100 · ln 1024 = 693.1
    signal(
        "SignalFilterBankLog",
        {"input_correction_bits": 0, "output_scale": 100},
        [("uint32", [0, 1, 2, 4, 1024])],
        ("int16", [0, 0, 69, 139, 693]),
    ),
]
