"""What TFLite Micro runs, the runtime runs, type by type; the exceptions are listed, each with its reason."""

from __future__ import annotations

import numpy as np
import pytest

from edgekit.errors import ModelError
from edgekit.host_runtime import HostRuntime
from edgekit.oracle import MicroOracle
from edgekit.tflite_model import read_model
from tests.firmware.reference import assert_equal, random_input
from tests.generators.every_type import every_model, odd_models

NOT_BOOL = "the wheel takes the bytes of any type for bools, as many as there are elements"
NO_SCALE = "the wheel divides the scale 0 of a tensor that is not quantized by that of the output"
# Operators and types that the wheel takes and the runtime refuses. This list only shrinks.
REFUSED = {
    "GREATER int16": "the wheel never sets the scales that it compares by, and answers false for everything",
    **{f"{name} {dtype}": NOT_BOOL for name in ("LOGICAL_AND", "LOGICAL_OR")
       for dtype in ("int8", "int16", "uint8", "int32", "int64", "float32")},
    **{f"QUANTIZE int32 to {dtype}": NO_SCALE for dtype in ("int8", "int16")},
}  # fmt: skip
NO_ACTIVATION = "the wheel computes an activation that it does not know as none"
NARROW_BIAS = "the wheel reads the halves of an int64 as two int32"
REFUSED |= {
    "CONV_2D int8 with a bias of int64": NARROW_BIAS,
    "CONV_2D int8 with fused TANH": NO_ACTIVATION,
    "DEPTHWISE_CONV_2D int8 to int16": "the wheel writes bytes into half of the output",
    "DEPTHWISE_CONV_2D int8 with fused TANH": NO_ACTIVATION,
    "FULLY_CONNECTED int8 with a bias of int64": NARROW_BIAS,
    "FULLY_CONNECTED int8 with fused TANH": NO_ACTIVATION,
    "FULLY_CONNECTED int8 with shuffled weights": "the wheel takes the weights as they lie",
}
MODELS = dict(every_model()) | odd_models()
# What the wheel takes, too, but edgekit does not ask it: the table of runtimes known to be wrong has it.
KNOWN_WRONG = ("DEQUANTIZE int8 with a scale for each channel",)


def test_what_the_wheel_runs_is_computed_exactly_or_refused_for_a_listed_reason() -> None:
    pytest.importorskip(
        "tflite_micro", reason="the tflite-micro wheel is the oracle; it exists for x86-64 only"
    )
    rng = np.random.default_rng(20)
    equal, refused = set(), set()
    for name, model in MODELS.items():
        description = read_model(model)
        inputs = [random_input(each, rng) for each in description.inputs]
        try:
            expected = MicroOracle(description).invoke(inputs)
        except ModelError:
            continue
        runtime = HostRuntime(model)
        if runtime.report.status != 0:
            refused.add(name)
            continue
        runtime.invoke(inputs)
        actual = runtime.tensor(1, 0).view(expected[0].dtype).reshape(expected[0].shape)
        try:
            assert_equal(runtime.needed_kernels()[0], actual, expected[0])
        except AssertionError as error:
            raise AssertionError(f"{name} differs from the wheel") from error
        equal.add(name)
    assert refused == REFUSED.keys()
    assert len(equal) > 200


@pytest.mark.parametrize("name", sorted((*REFUSED, *KNOWN_WRONG)))
def test_a_refused_type_is_refused_at_load_with_a_reason(name: str) -> None:
    report = HostRuntime(MODELS[name]).report
    assert report.status == 8
    assert report.operator == 0
    assert report.message


@pytest.mark.parametrize("name", KNOWN_WRONG)
def test_what_the_wheel_is_known_to_compute_wrong_is_not_asked_of_it(name: str) -> None:
    pytest.importorskip("tflite_micro", reason="the tflite-micro wheel exists for x86-64 only")
    description = read_model(MODELS[name])
    with pytest.raises(ModelError, match="tflite-micro computes wrong results"):
        MicroOracle(description).invoke([np.zeros(description.inputs[0].shape, np.int8)])
