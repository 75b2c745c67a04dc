"""Every kernel of the C runtime equals its reference, the tflite-micro wheel for most, on generated models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgekit.host_runtime import HostRuntime
from edgekit.tflite_model import read_model
from tests.firmware.reference import assert_reference, expect, is_undecided, random_input
from tests.generators.catalogue import CASES

KERNELS = sorted(each.stem for each in (Path(__file__).parents[2] / "firmware" / "kernels").glob("ek_*.c"))


def test_every_kernel_has_generated_cases() -> None:
    assert sorted(CASES) == KERNELS


@pytest.mark.parametrize("kernel", KERNELS)
def test_kernel_equals_its_reference(kernel: str) -> None:
    pytest.importorskip(
        "tflite_micro", reason="the tflite-micro wheel is the oracle; it exists for x86-64 only"
    )

    @settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(model=CASES[kernel], seed=st.integers(0, 2**32 - 1))
    def check(model: bytes, seed: int) -> None:
        rng = np.random.default_rng(seed)
        inputs = [random_input(each, rng) for each in read_model(model).inputs]
        # Each model in memory of its own, so that nothing of the case before it can help.
        runtime = HostRuntime(model)
        if is_undecided(runtime):
            return
        runtime.require_loaded()
        runtime.invoke(inputs)
        for position, expected in enumerate(expect(kernel, model, inputs)):
            actual = runtime.tensor(1, position).view(expected.dtype).reshape(expected.shape)
            assert_reference(kernel, actual, expected)

    check()
