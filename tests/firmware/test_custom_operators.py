"""Custom operators are found by name, and their options, whatever they hold, are read within their bounds."""

from __future__ import annotations

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from flatbuffers import flexbuffers

from edgekit.errors import ModelError
from edgekit.host_runtime import HostRuntime
from tests.generators.tflite_builder import TfliteBuilder


def window(options: bytes, name: str = "SignalWindow") -> HostRuntime:
    builder = TfliteBuilder()
    source, result = builder.tensor((2,), "int16"), builder.tensor((2,), "int16")
    weights = builder.tensor((2,), "int16", data=np.array([4096, -8192], np.int16))
    builder.custom_operator(name, [source, weights], [result], {})
    graph = builder._graph.operators[-1]
    graph.customOptions = np.frombuffer(options, np.uint8) if options else None
    return HostRuntime(builder.build([source], [result]))


def options(**values: object) -> bytes:
    return bytes(flexbuffers.Dumps(values))


def test_the_shift_of_a_window_is_its_first_option() -> None:
    runtime = window(options(shift=12, zzz=1))
    runtime.require_loaded()
    runtime.invoke([np.array([100, 100], np.int16)])
    assert runtime.tensor(1, 0).view(np.int16).tolist() == [100, -200]


def test_wide_options_are_read() -> None:
    runtime = window(options(shift=12, size=2**40))
    runtime.require_loaded()


@pytest.mark.parametrize(
    "broken",
    [b"", b"\x24", options(), options(shift="12"), options(shift=1.5), options(shift=2**40), options(shift=12)[:-1],
     bytes(flexbuffers.Dumps([12])), bytes(flexbuffers.Dumps(12)), b"\xff\x27\x01", b"\x27\x08", b"\x00\x24\x03"],
)  # fmt: skip
def test_options_that_are_not_there_are_a_reason(broken: bytes) -> None:
    with pytest.raises(ModelError, match="an option of the custom operator is missing or no integer"):
        window(broken).require_loaded()


@pytest.mark.parametrize("shift", [-1, 32])
def test_options_out_of_range_are_refused(shift: int) -> None:
    with pytest.raises(ModelError, match="an option of the operator out of range"):
        window(options(shift=shift)).require_loaded()


def test_no_option_is_read_from_beyond_its_bytes() -> None:
    good, rng = bytearray(options(shift=12, size=70000)), np.random.default_rng(20)
    seen = set()
    for _ in range(3000):
        bad = bytearray(good)
        for at in rng.integers(0, len(bad), rng.integers(1, 4)):
            bad[at] = rng.choice((0, 1, 2, 3, 4, 8, 36, 37, 38, 39, 127, 255))
        seen.add(window(bytes(bad)).report.status)
    assert seen == {0, 7, 8}


@pytest.mark.parametrize("name", ["SignalWindo", "SignalWindow2", "signalwindow", ""])
def test_another_name_is_another_operator(name: str) -> None:
    with pytest.raises(ModelError, match="no kernel for this operator"):
        window(options(shift=12), name).require_loaded()


def test_a_custom_operator_without_a_name_is_refused() -> None:
    builder = TfliteBuilder()
    source, result = builder.tensor((2,), "int16"), builder.tensor((2,), "int16")
    builder.operator("CUSTOM", [source], [result])
    assert schema.BuiltinOperator.CUSTOM == 32
    with pytest.raises(ModelError, match="no kernel for this operator"):
        HostRuntime(builder.build([source], [result])).require_loaded()


def test_the_noise_estimate_goes_on_from_one_inference_to_the_next_and_starts_over_after_a_reset() -> None:
    builder = TfliteBuilder()
    source = builder.tensor((1,), "uint32")
    result, noise = builder.tensor((1,), "uint32"), builder.tensor((1,), "uint32")
    half = 1 << 9
    values = {
        "alternate_one_minus_smoothing": half, "alternate_smoothing": half, "clamping": False,
        "min_signal_remaining": 0, "num_channels": 1, "one_minus_smoothing": half, "smoothing": half,
        "smoothing_bits": 0, "spectral_subtraction_bits": 10,
    }  # fmt: skip
    builder.custom_operator("SignalFilterBankSpectralSubtraction", [source], [result, noise], values)
    runtime = HostRuntime(builder.build([source], [result, noise]))
    runtime.require_loaded()

    def estimate() -> int:
        runtime.invoke([np.array([800], np.uint32)])
        return int(runtime.tensor(1, 1).view(np.uint32)[0])

    assert [estimate(), estimate(), estimate()] == [400, 600, 700]
    runtime.reset()
    assert estimate() == 400
