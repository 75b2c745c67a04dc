"""A 32-bit board: no wheel of a current numpy exists for it, so tflite-runtime takes Debian's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.boards.command_line import CommandLine
from tests.boards.user_board import UserBoard
from tests.tiny_model import build_dense

pytestmark = [pytest.mark.boards, pytest.mark.timeout(900)]


@pytest.mark.parametrize("runtime", ["edgekit", "tflite_runtime"])
def test_a_32_bit_board_is_provisioned_and_measured(
    armhf_board: UserBoard, tmp_path: Path, runtime: str
) -> None:
    edgekit = CommandLine(armhf_board.device, tmp_path)
    (tmp_path / "dense.tflite").write_bytes(build_dense())
    before = armhf_board.files()
    (brought,) = json.loads(edgekit("provision", "pi", "--runtime", runtime, "--json"))["runtimes"]
    assert brought["runtime"] == runtime
    result = edgekit.bench("dense.tflite", runtime)
    assert result["complete"]
    assert result["emulated"] is True
    assert result["board"] == "qemu_user_armhf"
    assert "latency_us" not in result
    assert result["bit_exact"]["max_abs_difference"] <= 1
    edgekit("provision", "pi", "--remove")
    assert armhf_board.files() == before


def test_litert_is_not_for_32_bits_and_the_message_says_what_is(
    armhf_board: UserBoard, tmp_path: Path
) -> None:
    edgekit = CommandLine(armhf_board.device, tmp_path)
    said = edgekit("provision", "pi", "--runtime", "litert", status=3)
    assert "armv7l" in said
    assert "Traceback" not in said
