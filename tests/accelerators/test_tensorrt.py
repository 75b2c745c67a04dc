from __future__ import annotations

import importlib.util
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edgekit.accelerators import tensorrt
from edgekit.accelerators.tensorrt import convert_to_onnx, read_trtexec, run_tensorrt
from edgekit.board import load_board
from edgekit.deadline import Deadline
from edgekit.errors import (
    DeadlineError,
    DeviceError,
    MissingDependencyError,
    RemoteError,
    UnsupportedModelError,
    UsageError,
)
from edgekit.farm import Device
from edgekit.tflite_model import read_model
from tests.tiny_model import build_dense

DENSE = read_model(build_dense())

# The end of what trtexec 8 and 10 print; figures are made up.
LOG = """\
&&&& RUNNING TensorRT.trtexec [TensorRT v100300] # trtexec --onnx=model.onnx
[10/03/2024-10:47:50] [I] Average on 10 runs - GPU latency: 7.1 ms - Host latency: 7.2 ms (enqueue 1.8 ms)
[10/03/2024-10:47:59] [I] === Performance summary ===
[10/03/2024-10:47:59] [I] Throughput: 130.5 qps
[10/03/2024-10:47:59] [I] Latency: min = 5.25 ms, max = 13.5 ms, mean = 7.6 ms, median = 7.125 ms, percentile(90%) = 10.25 ms, percentile(95%) = 10.8 ms, percentile(99%) = 12.75 ms
[10/03/2024-10:47:59] [I] Enqueue Time: min = 2.7 ms, max = 15 ms, mean = 7.6 ms, median = 7.8 ms, percentile(99%) = 14 ms
[10/03/2024-10:47:59] [I] H2D Latency: min = 0.0065918 ms, max = 0.07 ms, mean = 0.01 ms, median = 0.008 ms, percentile(99%) = 0.05 ms
[10/03/2024-10:47:59] [I] GPU Compute Time: min = 5 ms, max = 13 ms, mean = 7.5 ms, median = 7 ms, percentile(99%) = 12.5 ms
[10/03/2024-10:47:59] [I] Total Host Walltime: 3.0 s
[10/03/2024-10:47:59] [W] * GPU compute time is unstable, with coefficient of variance = 5.5%.
&&&& PASSED TensorRT.trtexec [TensorRT v100300]
"""  # noqa: E501


def test_the_summary_is_read_in_microseconds() -> None:
    report = read_trtexec(LOG, "jetson", "ab")
    assert (report.device, report.model_sha256, report.tool) == ("jetson", "ab", "trtexec, TensorRT 100300")
    assert report.throughput_per_s == 130.5
    assert report.times_us["latency"] == {
        "min": 5250, "max": 13500, "mean": 7600, "median": 7125, "p90": 10250, "p95": 10800, "p99": 12750,
    }  # fmt: skip
    assert report.times_us["gpu_compute"]["median"] == 7000
    assert report.times_us["h2d_latency"]["min"] == 6.592
    assert "enqueue" not in report.times_us
    assert report.warnings == ("GPU compute time is unstable, with coefficient of variance = 5.5%.",)


@pytest.mark.parametrize(
    "text",
    ["", LOG.partition("=== Perf")[0], LOG.replace("Throughput", "Speed"), LOG.replace("Latency:", "L:")],
)
def test_without_a_summary_there_is_no_report(text: str) -> None:
    with pytest.raises(DeviceError, match="cannot read what trtexec on jetson printed"):
        read_trtexec(text, "jetson", "ab")


@pytest.fixture
def jetson(ssh_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Device:
    """A loopback board with a program called trtexec, which prints what `log` holds; ONNX comes from a stand-in."""
    folder = ssh_server.folder / "trt"
    folder.mkdir()
    program = folder / "trtexec"
    program.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" > {folder}/arguments\ncp "${{1#--onnx=}}" {folder}/received\n'
        f"cat {folder}/log\nsleep $(cat {folder}/seconds)\nexit $(cat {folder}/status)\n"
    )
    program.chmod(0o755)
    for name, content in (("log", LOG), ("status", "0"), ("seconds", "0")):
        (folder / name).write_text(content)
    monkeypatch.setattr(tensorrt, "_TRTEXEC", ("no-such-trtexec", str(program)))
    monkeypatch.setattr(tensorrt, "convert_to_onnx", lambda model, deadline: b"onnx bytes")
    ssh_server.trust()
    return Device("jetson", load_board("generic_x86_64"), "ssh", ssh_server.settings)


def left_behind(ssh_server: Any) -> list[Path]:
    return list((ssh_server.folder / "scratch").iterdir())


def test_the_board_runs_it_and_nothing_stays_there(ssh_server: Any, jetson: Device) -> None:
    report = run_tensorrt(DENSE, jetson, Deadline(60))
    assert (report.throughput_per_s, report.model_sha256) == (130.5, DENSE.sha256)
    assert (ssh_server.folder / "trt" / "received").read_bytes() == b"onnx bytes"
    assert left_behind(ssh_server) == []


def test_a_failure_of_trtexec_is_told_in_its_words(ssh_server: Any, jetson: Device) -> None:
    (ssh_server.folder / "trt" / "log").write_text(
        "[01/01/2024-00:00:00] [E] Error[4]: no importer for Foo\n"
    )
    (ssh_server.folder / "trt" / "status").write_text("1")
    with pytest.raises(RemoteError, match=r"ended with status 1: Error\[4\]: no importer for Foo"):
        run_tensorrt(DENSE, jetson, Deadline(60))
    assert left_behind(ssh_server) == []


def test_a_build_that_takes_too_long_ends_with_the_deadline(ssh_server: Any, jetson: Device) -> None:
    (ssh_server.folder / "trt" / "seconds").write_text("60")
    began = time.monotonic()
    with pytest.raises(DeadlineError, match="did not finish in the time given"):
        run_tensorrt(DENSE, jetson, Deadline(3))
    assert time.monotonic() - began < 15
    assert left_behind(ssh_server) == []


def test_a_board_without_trtexec_says_what_brings_it(
    ssh_server: Any, jetson: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tensorrt, "_TRTEXEC", ("no-such-trtexec",))
    with pytest.raises(MissingDependencyError, match="jetson has no trtexec; JetPack's package"):
        run_tensorrt(DENSE, jetson, Deadline(60))
    assert left_behind(ssh_server) == []


def test_only_boards_over_ssh_are_asked() -> None:
    with pytest.raises(UsageError, match="local is reached by local"):
        run_tensorrt(DENSE, Device("local", load_board("generic_x86_64"), "local"), Deadline(5))


def test_a_missing_converter_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'edgekit\[tensorrt\]'"):
        convert_to_onnx(DENSE, Deadline(5))


@pytest.mark.skipif(
    any(importlib.util.find_spec(each) is None for each in ("tf2onnx", "tensorflow")),
    reason="needs tf2onnx: pip install 'edgekit[tensorrt]'",
)
def test_the_real_converter_makes_onnx_of_an_int8_model() -> None:
    made = convert_to_onnx(DENSE, Deadline(300))
    assert b"QuantizeLinear" in made
    with pytest.raises(UnsupportedModelError, match=r"tf2onnx cannot convert this model: .+"):
        convert_to_onnx(replace(DENSE, data=b"\x1c\0\0\0TFL3" + bytes(64)), Deadline(300))
