from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edgekit.accelerators.tensorrt import TensorRtReport
from edgekit.artifact import Artifact
from edgekit.bench import beside
from edgekit.bench.beside import save_tensorrt
from edgekit.bench.store import ResultFolder
from edgekit.board import load_board
from edgekit.deadline import Deadline
from edgekit.errors import RemoteError
from edgekit.farm import Device
from edgekit.tflite_model import TfliteModel, read_model
from tests.tiny_model import build_dense

ARTIFACT = Artifact("dense", read_model(build_dense()), {}, None)
JETSON = Device("jetson", load_board("generic_aarch64"), "ssh", {"host": "none"})
TIMES = {"latency": {"median": 7125.0, "p99": 12750.0}, "gpu_compute": {"median": 7000.0}, "h2d_latency": {}}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the board was asked about; it answers at once."""
    models: list[str] = []

    def answer(model: TfliteModel, device: Device, deadline: Deadline) -> TensorRtReport:
        models.append(model.sha256)
        return TensorRtReport(device.name, model.sha256, "trtexec, TensorRT 9", 130.5, TIMES)

    monkeypatch.setattr(beside, "run_tensorrt", answer)
    return models


def test_it_is_said_in_one_line_and_written_where_no_result_is_looked_for(
    tmp_path: Path, asked: list[str]
) -> None:
    path = tmp_path / "tensorrt" / "dense__jetson.json"
    assert save_tensorrt(ARTIFACT, JETSON, 60, tmp_path) == (
        "trtexec, TensorRT 9 on jetson, timed by itself: latency median 7.12 ms, GPU median 7 ms, "
        f"130.5 inferences/s; see {path}"
    )
    content = json.loads(path.read_text())
    assert content["times_us"]["latency"]["p99"] == 12750
    assert content["model_sha256"] == ARTIFACT.model.sha256
    assert ResultFolder(tmp_path).find("") is None
    assert list(tmp_path.glob("*.json")) == []


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"model_sha256": "another"}'])
def test_it_is_asked_once_for_each_model(tmp_path: Path, asked: list[str], content: str | None) -> None:
    path = tmp_path / "tensorrt" / "dense__jetson.json"
    if content is not None:
        path.parent.mkdir()
        path.write_text(content)
    save_tensorrt(ARTIFACT, JETSON, 60, tmp_path)
    assert "was asked about dense on jetson already" in save_tensorrt(ARTIFACT, JETSON, 60, tmp_path)
    save_tensorrt(replace(ARTIFACT, model=replace(ARTIFACT.model, sha256="cd")), JETSON, 60, tmp_path)
    assert asked == [ARTIFACT.model.sha256, "cd"]


def test_a_failure_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> TensorRtReport:
        raise RemoteError("no")

    monkeypatch.setattr(beside, "run_tensorrt", fail)
    with pytest.raises(RemoteError):
        save_tensorrt(ARTIFACT, JETSON, 60, tmp_path)
    assert list(tmp_path.iterdir()) == []
