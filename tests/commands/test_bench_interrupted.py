"""What is stopped or killed in the middle of a benchmark costs no more than what was missing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.commands.bench_command import bench, written
from tests.tiny_model import build_dense


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "dense.tflite"
    path.write_bytes(build_dense())
    return path


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(each) for each in found.read_text().split()] if found.exists() else []


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_benchmark_leaves_no_process_and_no_file(
    tmp_path: Path, model: Path, stop: signal.Signals
) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "edgekit", "bench", str(model), "--on", "local", "--runs", "100000000"]
    process = subprocess.Popen([*command, "--out", str(out)], stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        while "timing" not in process.stderr.readline():
            assert process.poll() is None
        agents = children(process.pid)
        assert agents
        process.send_signal(stop)
        _, error = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 128 + stop
    assert "Traceback" not in error
    assert not out.exists() or not list(out.iterdir())
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{agent}").exists() for agent in agents) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(Path(f"/proc/{agent}").exists() for agent in agents)


def bench_process(model: Path, out: Path, *more: str) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "edgekit",
        "bench",
        str(model),
        "--on",
        "local",
        "--out",
        str(out),
        *more,
    ]
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)


def test_an_interrupted_benchmark_keeps_its_windows_and_can_be_finished(tmp_path: Path, model: Path) -> None:
    out = tmp_path / "out"
    process = bench_process(model, out, "--windows", "100", "--window-s", "0.2")
    try:
        assert process.stderr is not None
        while "timing" not in process.stderr.readline():
            assert process.poll() is None
        time.sleep(3.0)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130
    assert "Traceback" not in error
    assert "interrupted, wrote what there is to" in error
    (result,) = written(tmp_path).values()
    assert not result.complete
    assert result.latency_us is not None
    assert result.latency_us.windows is not None
    assert 1 <= len(result.latency_us.windows) < 100
    assert result.latency_us.n == sum(each.n for each in result.latency_us.windows)
    assert [each.code for each in result.warnings if each.code == "incomplete"] == ["incomplete"]
    assert bench(tmp_path, model, "--on", "local", "--quick") == 0
    assert any(each.complete for each in written(tmp_path).values())


def test_an_agent_that_is_killed_in_the_evaluation_set_costs_only_the_rest_of_it(
    tmp_path: Path, model: Path
) -> None:
    inputs = np.random.default_rng(1).integers(-128, 127, (8_000, 4), dtype=np.int8)
    data = tmp_path / "many.npz"
    np.savez(data, inputs=inputs)
    out = tmp_path / "out"
    process = bench_process(model, out, "--quick", "--kernels", "reference", "--data", str(data))
    try:
        assert process.stderr is not None
        while "running the evaluation set" not in process.stderr.readline():
            assert process.poll() is None
        (agent,) = children(process.pid)
        time.sleep(0.5)
        os.kill(agent, signal.SIGKILL)
        _, error = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 3
    assert "Traceback" not in error
    (partial,) = out.glob("*.partial.npz")
    with np.load(partial) as file:
        num_saved = len(file["output_0"])
    assert 10 < num_saved < 8_000
    assert bench(tmp_path, model, "--on", "local", "--quick", "--kernels", "reference", "--data", data) == 0
    (result,) = written(tmp_path).values()
    assert result.complete
    assert result.evaluation is not None
    assert (result.evaluation.n, result.evaluation.num_resumed) == (8_000, num_saved)
    assert result.bit_exact is not None
    assert result.bit_exact.num_samples == 8_000
    assert not list(out.glob("*.partial.npz"))
