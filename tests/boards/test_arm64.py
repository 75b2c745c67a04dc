"""A board without internet is provisioned and measured, as a person would: through the command line."""

from __future__ import annotations

import json
import shutil
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from tests.boards.command_line import CommandLine
from tests.boards.user_board import UserBoard
from tests.tiny_model import build_dense

RUNTIMES = {"litert": "ai-edge-litert", "tflite_runtime": "tflite-runtime", "edgekit": "edgekit"}


@pytest.fixture(scope="module")
def edgekit(arm64_board: UserBoard, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    others = {"bare": {"python": "/usr/bin/no-python"}}
    return CommandLine(arm64_board.device, tmp_path_factory.mktemp("host"), **others)


@pytest.fixture(scope="module")
def model(edgekit: CommandLine) -> str:
    (edgekit.folder / "dense.tflite").write_bytes(build_dense())
    return "dense.tflite"


@pytest.fixture(scope="module")
def provisioned(arm64_board: UserBoard, edgekit: CommandLine, model: str) -> Iterator[dict[str, Any]]:
    before = arm64_board.files()
    yield json.loads(edgekit("provision", "pi", "--runtime", "all", "--json"))
    edgekit("provision", "pi", "--remove")
    assert arm64_board.files() == before


def test_every_runtime_comes_to_a_board_that_has_no_internet(
    provisioned: dict[str, Any], arm64_board: UserBoard
) -> None:
    assert [each["runtime"] for each in provisioned["runtimes"]] == list(RUNTIMES)
    assert all(each["bytes_sent"] for each in provisioned["runtimes"])
    home = arm64_board.home / ".local/share/edgekit"
    assert home.stat().st_mode & 0o777 == 0o700
    assert home.stat().st_uid == arm64_board.home.stat().st_uid


def test_a_second_run_sends_nothing(provisioned: dict[str, Any], edgekit: CommandLine) -> None:
    for runtime in ("tflite_runtime", "edgekit"):
        (again,) = json.loads(edgekit("provision", "pi", "--runtime", runtime, "--json"))["runtimes"]
        assert again["bytes_sent"] == 0


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_model_is_measured_with_each_runtime_and_no_time_is_claimed(
    provisioned: dict[str, Any], edgekit: CommandLine, model: str, arm64_board: UserBoard, runtime: str
) -> None:
    before = arm64_board.files()
    result = edgekit.bench(model, runtime)
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


@pytest.mark.parametrize("runtime", ["litert", "edgekit"])
def test_the_result_tells_the_boards_conditions(
    provisioned: dict[str, Any], edgekit: CommandLine, model: str, runtime: str
) -> None:
    before = edgekit.bench(model, runtime)["conditions"]["before"]
    assert before["model"] == "Raspberry Pi 4 Model B Rev 1.4"
    assert before["machine"] == "aarch64"
    assert before["governor"] == "ondemand"
    assert before["clock_hz"]["cpu3"] == {"now": 1_500_000_000, "min": 600_000_000, "max": 1_500_000_000}
    assert before["temperatures_c"] == {"cpu-thermal": 39.473, "vcgencmd": 39.4}
    assert int(before["throttled"], 16) == 0
    assert before["os"] == "Debian GNU/Linux 12 (bookworm)"


def test_the_report_shows_runtime_and_conditions(
    provisioned: dict[str, Any], edgekit: CommandLine, model: str
) -> None:
    for runtime in RUNTIMES:
        edgekit.bench(model, runtime)
    files = sorted(str(each) for each in edgekit.folder.glob("results-*/*.json"))
    edgekit("report", *files, "--out", "report.html")
    page = (edgekit.folder / "report.html").read_text()
    for text in (*RUNTIMES.values(), "ondemand", "Raspberry Pi 4 Model B Rev 1.4", "emulated"):
        assert text in page


# ---- What goes wrong on the board ----


@contextmanager
def full(board: UserBoard, folder: str, size: str) -> Iterator[None]:
    """A small empty file system in place of a folder of the board."""
    place = str(board.root / folder)
    board.enter("mount", "-t", "tmpfs", "-o", f"size={size},mode=1777", "full", place)
    try:
        yield
    finally:
        board.enter("umount", "--lazy", place)


def test_no_space_in_tmp_is_said_and_passes(
    provisioned: dict[str, Any], edgekit: CommandLine, model: str, arm64_board: UserBoard
) -> None:
    with full(arm64_board, "tmp", "8k"):
        said = edgekit("bench", model, "--on", "pi", "--runtime", "litert", "--out", "full", status=3)
        assert "is its disk full?" in said
        assert list(arm64_board.files_in("tmp")) == []
    assert edgekit.bench(model, "tflite_runtime")["complete"]


def test_a_full_disk_stops_provisioning_and_keeps_nothing(
    provisioned: dict[str, Any], edgekit: CommandLine, arm64_board: UserBoard
) -> None:
    with full(arm64_board, "home/pi", "8m"):
        said = edgekit("provision", "pi", "--runtime", "tflite_runtime", status=3)
        assert "pi" in said
        assert "space" in said or "full" in said
        edgekit("provision", "pi", "--remove")
        assert arm64_board.files_in("home/pi") == []


def test_a_home_that_is_read_only_still_measures_and_says_why_it_takes_nothing(
    provisioned: dict[str, Any], edgekit: CommandLine, model: str, arm64_board: UserBoard
) -> None:
    home = str(arm64_board.root / "home/pi")
    arm64_board.enter("mount", "-o", "remount,bind,ro", home)
    try:
        assert edgekit.bench(model, "edgekit")["complete"]
        said = edgekit("provision", "pi", "--remove", status=3)
        assert "Read-only file system" in said
    finally:
        arm64_board.enter("mount", "-o", "remount,bind,rw", home)


def test_a_board_without_python_gets_our_own_program(
    provisioned: dict[str, Any], edgekit: CommandLine, model: str
) -> None:
    (brought,) = json.loads(edgekit("provision", "bare", "--json"))["runtimes"]
    assert brought["runtime"] == "edgekit"
    assert edgekit.bench(model, "edgekit", "bare")["runtime"]["name"].startswith("edgekit")


def test_a_wheel_for_another_processor_is_refused_and_what_worked_goes_on_working(
    provisioned: dict[str, Any], edgekit: CommandLine, model: str
) -> None:
    """Its name says aarch64, its library is this machine's."""
    wheels = edgekit.folder / "wheels"
    wheels.mkdir()
    cache = platformdirs.user_cache_path("edgekit") / "wheels"
    for package in ("tflite_runtime-", "numpy-1."):
        for wheel in cache.glob(f"*/{package}*-cp311-manylinux*aarch64.whl"):
            shutil.copy(wheel, wheels)
    (wheel,) = wheels.glob("tflite_runtime-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        files = {each: archive.read(each) for each in archive.namelist()}
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, data in files.items():
            archive.writestr(
                name, Path(sys.executable).resolve().read_bytes() if name.endswith(".so") else data
            )
    said = edgekit("provision", "pi", "--runtime", "tflite_runtime", "--wheels", "wheels", status=3)
    assert "tflite_runtime" in said
    assert edgekit.bench(model, "tflite_runtime")["complete"], "the one that worked is gone"


def test_without_sftp_everything_goes_through_commands(
    provisioned: dict[str, Any], edgekit: CommandLine, model: str, arm64_board: UserBoard
) -> None:
    config = str(arm64_board.root / "etc/ssh/sshd_config")
    arm64_board.enter("sed", "-i", "s/^Subsystem/#Subsystem/", config)
    try:
        edgekit("provision", "pi", "--remove")
        (brought,) = json.loads(edgekit("provision", "pi", "--runtime", "tflite_runtime", "--json"))[
            "runtimes"
        ]
        assert brought["bytes_sent"]
        assert edgekit.bench(model, "tflite_runtime")["complete"]
    finally:
        arm64_board.enter("sed", "-i", "s/^#Subsystem/Subsystem/", config)


def test_a_board_that_reboots_in_a_run_is_an_error_and_then_works_again(
    provisioned: dict[str, Any], edgekit: CommandLine, model: str, arm64_board: UserBoard
) -> None:
    command = ["bench", model, "--on", "pi", "--runs", "1000000", "--out", "rebooted"]
    with edgekit.start(*command) as running:
        give_up = time.monotonic() + 60
        while not arm64_board.processes():
            assert time.monotonic() < give_up
            time.sleep(0.1)
        time.sleep(2.0)
        arm64_board.stop()
        arm64_board.start()
        _, said = running.communicate(timeout=60)
    assert running.returncode == 3, said
    assert arm64_board.files_in("tmp") == []
    assert edgekit.bench(model, "tflite_runtime")["complete"]


def test_a_board_with_another_host_key_is_refused_until_it_is_trusted(
    provisioned: dict[str, Any], edgekit: CommandLine, model: str, arm64_board: UserBoard
) -> None:
    arm64_board.stop()
    arm64_board.make_host_key()
    arm64_board.start()
    assert "HAS CHANGED" in edgekit("bench", model, "--on", "pi", "--out", "changed", status=3)
    edgekit("trust", "pi", "--yes")
    assert edgekit.bench(model, "tflite_runtime")["complete"]
