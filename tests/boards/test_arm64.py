"""A board without internet is provisioned and measured, as a person would: through the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from tests.boards.user_board import UserBoard
from tests.tiny_model import build_dense

RUNTIMES = {"litert": "ai-edge-litert", "tflite_runtime": "tflite-runtime", "edgekit": "edgekit"}


class CommandLine:
    """`edgekit` with a farm.toml that names the board `pi`."""

    def __init__(self, board: UserBoard, folder: Path) -> None:
        self.folder = folder
        lines = ["[devices.pi]", f'board = "{board.device.board.name}"', 'transport = "ssh"']
        lines += [f"{key} = {json.dumps(value)}" for key, value in board.device.settings.items()]
        (folder / "farm.toml").write_text("\n".join(lines) + "\n")
        self._environment = os.environ | {
            "EDGEKIT_FARM": str(folder / "farm.toml"),
            # No ~/.ssh of whoever runs the tests; what is downloaded and built stays where it is.
            "HOME": str(folder),
            "XDG_CACHE_HOME": str(platformdirs.user_cache_path()),
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }

    def __call__(self, *arguments: str, status: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "edgekit", *arguments], cwd=self.folder, env=self._environment,
            capture_output=True, text=True, timeout=500, check=False,
        )  # fmt: skip
        assert done.returncode == status, done.stderr
        return done.stdout if status == 0 else done.stderr


@pytest.fixture(scope="module")
def edgekit(arm64_board: UserBoard, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    return CommandLine(arm64_board, tmp_path_factory.mktemp("host"))


@pytest.fixture(scope="module")
def model(edgekit: CommandLine) -> str:
    (edgekit.folder / "dense.tflite").write_bytes(build_dense())
    return "dense.tflite"


@pytest.fixture(scope="module")
def provisioned(arm64_board: UserBoard, edgekit: CommandLine, model: str) -> Iterator[dict[str, Any]]:
    assert "pi" in edgekit("bench", model, "--on", "pi", "--out", "without", status=3)
    before = arm64_board.files()
    yield json.loads(edgekit("provision", "pi", "--runtime", "all", "--json"))
    edgekit("provision", "pi", "--remove")
    assert arm64_board.files() == before


def bench(edgekit: CommandLine, model: str, runtime: str) -> dict[str, Any]:
    arguments = ["bench", model, "--on", "pi", "--runtime", runtime, "--runs", "3", "--json"]
    (result,) = json.loads(edgekit(*arguments, "--out", f"results-{runtime}"))
    assert isinstance(result, dict)
    return result


def test_every_runtime_comes_to_a_board_that_has_no_internet(
    provisioned: dict[str, Any], arm64_board: UserBoard
) -> None:
    assert [each["runtime"] for each in provisioned["runtimes"]] == list(RUNTIMES)
    assert all(each["bytes_sent"] for each in provisioned["runtimes"])
    home = arm64_board.home / ".local/share/edgekit"
    assert home.stat().st_mode & 0o777 == 0o700
    assert home.stat().st_uid == arm64_board.home.stat().st_uid


def test_a_second_run_sends_nothing(provisioned: dict[str, Any], edgekit: CommandLine) -> None:
    again = json.loads(edgekit("provision", "pi", "--runtime", "all", "--json"))
    assert [each["bytes_sent"] for each in again["runtimes"]] == [0, 0, 0]


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_model_is_measured_with_each_runtime_and_no_time_is_claimed(
    provisioned: dict[str, Any], edgekit: CommandLine, model: str, arm64_board: UserBoard, runtime: str
) -> None:
    before = arm64_board.files()
    result = bench(edgekit, model, runtime)
    assert result["complete"]
    assert result["runtime"]["name"].startswith(RUNTIMES[runtime])
    assert result["board"] == "qemu_user_aarch64"
    # An emulated processor's times say nothing of silicon, so there are none; what it computes is what silicon would.
    assert result["emulated"] is True
    assert "latency_us" not in result
    assert "energy_uj" not in result
    assert "no_time" in [each["code"] for each in result["warnings"]]
    assert result["bit_exact"]["num_samples"] > 0
    assert result["bit_exact"]["max_abs_difference"] <= 1
    # Python may have compiled what it imported; nothing else is new.
    assert [each for each in arm64_board.files() if each not in before and "__pycache__" not in each] == []
    assert arm64_board.processes() == []


def test_the_result_tells_the_boards_conditions(
    provisioned: dict[str, Any], edgekit: CommandLine, model: str
) -> None:
    before = bench(edgekit, model, "litert")["conditions"]["before"]
    assert before["model"] == "Raspberry Pi 4 Model B Rev 1.4"
    assert before["machine"] == "aarch64"
    assert before["governor"] == "ondemand"
    assert before["clock_hz"]["cpu3"] == {"now": 1_500_000_000, "min": 600_000_000, "max": 1_500_000_000}
    assert before["temperatures_c"] == {"cpu-thermal": 39.473}
    assert before["os"] == "Debian GNU/Linux 12 (bookworm)"


def test_the_report_shows_runtime_and_conditions(
    provisioned: dict[str, Any], edgekit: CommandLine, model: str
) -> None:
    for runtime in RUNTIMES:
        bench(edgekit, model, runtime)
    files = sorted(str(each) for each in edgekit.folder.glob("results-*/*.json"))
    edgekit("report", *files, "--out", "report.html")
    page = (edgekit.folder / "report.html").read_text()
    for text in (*RUNTIMES.values(), "ondemand", "Raspberry Pi 4 Model B Rev 1.4", "emulated"):
        assert text in page
