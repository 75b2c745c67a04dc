"""Whole emulated machines: another kernel, another network card, a real device tree and a real boot."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.boards.command_line import CommandLine
from tests.boards.system_board import MACHINES, booted, why_not
from tests.tiny_model import build_dense

pytestmark = [pytest.mark.boards, pytest.mark.timeout(1800)]

MODELS = {"virt": "linux,dummy-virt", "raspi3b": "Raspberry Pi 3 Model B"}


@pytest.fixture(scope="module", params=MACHINES)
def machine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def edgekit(machine: str) -> Iterator[CommandLine]:
    reason = why_not()
    if reason is not None:
        pytest.skip(f"no emulated {machine}: {reason}")
    folder = Path(tempfile.mkdtemp(prefix=f"edgekit-{machine}-"))
    try:
        with booted(folder, MACHINES[machine]) as device:
            (folder / "dense.tflite").write_bytes(build_dense())
            yield CommandLine(device, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("runtime", ["edgekit", "tflite_runtime"])
def test_a_board_that_booted_is_provisioned_and_measured(
    edgekit: CommandLine, machine: str, runtime: str
) -> None:
    (brought,) = json.loads(edgekit("provision", "pi", "--runtime", runtime, "--json"))["runtimes"]
    assert brought["runtime"] == runtime
    result = edgekit.bench("dense.tflite", runtime)
    assert result["complete"]
    assert result["emulated"] is True
    assert result["board"] == MACHINES[machine].board
    assert "latency_us" not in result
    assert result["bit_exact"]["max_abs_difference"] <= 1
    if runtime == "tflite_runtime":
        conditions = result["conditions"]["before"]
        assert conditions["model"].startswith(MODELS[machine])
        assert conditions["machine"] == "aarch64"
        assert "governor" not in conditions  # neither machine has cpufreq: absent, not made up
        if machine == "raspi3b":
            assert conditions["temperatures_c"]
    edgekit("provision", "pi", "--remove")
