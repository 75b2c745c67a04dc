"""Models of TFLite Micro's signal operators, which turn sound into what a network sees."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from tests.generators.single_operator import Draw, case, seeds
from tests.generators.tflite_builder import TfliteBuilder

sizes = st.integers(1, 70)
MSB_INTERVALS = 125  # entries of a table of gains: three for each power of two


@case("ek_signal_window_int16")
def window(draw: Draw) -> bytes:
    builder, rng = TfliteBuilder(), np.random.default_rng(draw(seeds))
    shape = [*draw(st.lists(st.integers(1, 3), max_size=1)), draw(sizes)]
    source, result = builder.tensor(shape, "int16"), builder.tensor(shape, "int16")
    weights = rng.integers(-(2**15), 2**15, shape[-1]).astype(np.int16)
    constant = builder.tensor(weights.shape, "int16", data=weights)
    options = {"shift": draw(st.integers(0, 20))}
    builder.custom_operator("SignalWindow", [source, constant], [result], options)
    return builder.build([source], [result])


@case("ek_signal_fft_auto_scale_int16")
def fft_auto_scale(draw: Draw) -> bytes:
    builder = TfliteBuilder()
    shape = (draw(sizes),)
    limit = draw(st.sampled_from([0, 1, 5, 100, 4096, 20000, 32767]))
    source = builder.tensor(shape, "int16", limits=(-limit - (limit == 32767), limit))
    result, scale = builder.tensor(shape, "int16"), builder.tensor((), "int32")
    builder.custom_operator("SignalFftAutoScale", [source], [result, scale], {})
    return builder.build([source], [result, scale])


@case("ek_signal_rfft_int16")
def rfft(draw: Draw) -> bytes:
    builder = TfliteBuilder()
    length = draw(st.sampled_from([4, 8, 16, 32, 64, 128, 256, 512, 1024]))
    before = draw(st.lists(st.integers(1, 2), max_size=1))
    limit = draw(st.sampled_from([1000, 32767]))
    frame = draw(st.one_of(st.just(length), st.integers(1, length)))
    source = builder.tensor([*before, frame], "int16", limits=(-limit, limit))
    result = builder.tensor([*before, length + 2], "int16")
    # The reference wants the type as an option, too: that of int16 is 7.
    builder.custom_operator("SignalRfft", [source], [result], {"T": 7, "fft_length": length})
    return builder.build([source], [result])


@case("ek_signal_energy_int16")
def energy(draw: Draw) -> bytes:
    builder = TfliteBuilder()
    size = draw(sizes)
    source, result = builder.tensor((2 * size,), "int16"), builder.tensor((size,), "uint32")
    # From the first to the last: the reference leaves the rest of its output as it was.
    builder.custom_operator("SignalEnergy", [source], [result], {"end_index": size, "start_index": 0})
    return builder.build([source], [result])


def _bank(draw: Draw, builder: TfliteBuilder) -> tuple[int, int, int]:
    """A filter bank; returns its source, its result and the number of channels."""
    rng = np.random.default_rng(draw(seeds))
    channels, frequencies = draw(st.integers(1, 12)), draw(st.integers(8, 60))
    widths = rng.integers(0, 6, channels + 1)
    starts = rng.integers(0, frequencies - 5, channels + 1)
    offsets = np.cumsum(widths) - widths
    count = int(widths.sum()) + 1
    tables = [rng.integers(0, 2**12, count), rng.integers(0, 2**12, count), starts, offsets, widths]
    source, result = builder.tensor((frequencies,), "uint32"), builder.tensor((channels,), "uint64")
    constants = [builder.tensor(each.shape, "int16", data=each.astype(np.int16)) for each in tables]
    builder.custom_operator("SignalFilterBank", [source, *constants], [result], {"num_channels": channels})
    return source, result, channels


def _roots(draw: Draw) -> bytes:
    """A bank and the square roots of its channels, because the wheel hands out no uint64."""
    builder = TfliteBuilder()
    source, channels, count = _bank(draw, builder)
    shift = builder.tensor((), "int32", data=np.array(draw(st.integers(0, 14)), np.int32))
    result = builder.tensor((count,), "uint32")
    builder.custom_operator("SignalFilterBankSquareRoot", [channels, shift], [result], {})
    return builder.build([source], [result])


@case("ek_signal_filter_bank_uint32")
def filter_bank(draw: Draw) -> bytes:
    return _roots(draw)


@case("ek_signal_filter_bank_square_root_uint64")
def filter_bank_square_root(draw: Draw) -> bytes:
    return _roots(draw)


@case("ek_signal_filter_bank_spectral_subtraction_uint32")
def spectral_subtraction(draw: Draw) -> bytes:
    builder = TfliteBuilder()
    shape = (draw(sizes),)
    highest = draw(st.sampled_from([100, 2**20, 2**32 - 1]))
    source = builder.tensor(shape, "uint32", limits=(0, highest))
    result, noise = builder.tensor(shape, "uint32"), builder.tensor(shape, "uint32")
    bits = draw(st.integers(8, 20))
    coefficients = st.integers(0, 2**bits)
    options = {
        "alternate_one_minus_smoothing": draw(coefficients),
        "alternate_smoothing": draw(coefficients),
        "clamping": draw(st.booleans()),
        "min_signal_remaining": draw(coefficients),
        "num_channels": shape[0],
        "one_minus_smoothing": draw(coefficients),
        "smoothing": draw(coefficients),
        "smoothing_bits": draw(st.integers(0, 12)),
        "spectral_subtraction_bits": bits,
    }
    builder.custom_operator("SignalFilterBankSpectralSubtraction", [source], [result, noise], options)
    return builder.build([source], [result, noise])


@case("ek_signal_pcan_uint32")
def pcan(draw: Draw) -> bytes:
    builder, rng = TfliteBuilder(), np.random.default_rng(draw(seeds))
    shape = (draw(sizes),)
    source = builder.tensor(shape, "uint32", limits=(0, draw(st.sampled_from([1000, 2**26]))))
    noise = builder.tensor(shape, "uint32", limits=(0, draw(st.sampled_from([10, 2**16, 2**32 - 1]))))
    gains = rng.integers(-(2**9), 2**15, MSB_INTERVALS).astype(np.int16)
    table, result = builder.tensor(gains.shape, "int16", data=gains), builder.tensor(shape, "uint32")
    options = {"snr_shift": draw(st.integers(0, 12))}
    builder.custom_operator("SignalPCAN", [source, noise, table], [result], options)
    return builder.build([source, noise], [result])


@case("ek_signal_filter_bank_log_uint32")
def filter_bank_log(draw: Draw) -> bytes:
    builder = TfliteBuilder()
    shape = (draw(sizes),)
    source = builder.tensor(shape, "uint32", limits=(0, draw(st.sampled_from([9, 2**14, 2**32 - 1]))))
    result = builder.tensor(shape, "int16")
    options = {
        "input_correction_bits": draw(st.integers(0, 8)),
        "output_scale": draw(st.sampled_from([1, 64, 1600, 65535])),
    }
    builder.custom_operator("SignalFilterBankLog", [source], [result], options)
    return builder.build([source], [result])
