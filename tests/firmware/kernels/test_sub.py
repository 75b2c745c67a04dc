"""SUB on many elements a model: the ratios of scales are divided in double, which few elements tell from float32."""

from __future__ import annotations

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from edgekit.host_runtime import HostRuntime
from tests.firmware.reference import require_oracle
from tests.generators.tflite_builder import TfliteBuilder


@pytest.mark.parametrize("dtype", ["int8", "int16"])
def test_forty_thousand_differences_equal_tflite_micro(dtype: str) -> None:
    pytest.importorskip(
        "tflite_micro", reason="the tflite-micro wheel is the oracle; it exists for x86-64 only"
    )
    rng, limits = np.random.default_rng(0), np.iinfo(dtype)
    for _ in range(100):
        builder = TfliteBuilder()
        scales = [float(2.0 ** rng.uniform(-9, -3)) for _ in range(2)]
        scales.append(max(scales) * float(2.0 ** rng.uniform(0, 1.5)))
        zeros = [0, 0, 0] if dtype == "int16" else [int(each) for each in rng.integers(-128, 128, 3)]
        in1, in2, out = (
            builder.tensor((1, 400), dtype, [s], [z]) for s, z in zip(scales, zeros, strict=True)
        )
        builder.operator("SUB", [in1, in2], [out], schema.SubOptionsT(), 2)
        model = builder.build([in1, in2], [out])
        inputs = [rng.integers(limits.min, limits.max, (1, 400), dtype, endpoint=True) for _ in range(2)]
        runtime = HostRuntime(model)
        runtime.require_loaded()
        runtime.invoke(inputs)
        (expected,) = require_oracle(model).invoke(inputs)
        np.testing.assert_array_equal(runtime.tensor(1, 0).view(dtype), expected.ravel())
