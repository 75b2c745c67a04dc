"""What another program says of the same model on the same board, in a file beside the results and never in one."""

from __future__ import annotations

import json
from pathlib import Path

from edgekit.accelerators.tensorrt import TensorRtReport, run_tensorrt
from edgekit.artifact import Artifact
from edgekit.bench.codec import to_json
from edgekit.bench.store import file_stem
from edgekit.deadline import Deadline
from edgekit.farm import Device
from edgekit.files import write_atomically
from edgekit.units import format_latency_us


def save_tensorrt(artifact: Artifact, device: Device, timeout_s: float, folder: Path) -> str:
    """Runs trtexec on the board, writes `tensorrt/<model>__<device>.json`, and returns it in one line.

    What is there of this model already is not asked for again.

    Raises:
        EdgekitError: whatever edgekit.accelerators.tensorrt.run_tensorrt does, or the file cannot be written.
    """
    # In a folder of its own: files beside the results are read as such.
    path = folder / "tensorrt" / f"{file_stem(artifact.name)}__{file_stem(device.name)}.json"
    if _is_of(path, artifact.model.sha256):
        return f"TensorRT was asked about {artifact.name} on {device.name} already, see {path}"
    report = run_tensorrt(artifact.model, device, Deadline(timeout_s))
    write_atomically(path, (json.dumps(to_json(report), indent=2) + "\n").encode())
    return f"{_in_one_line(report)}; see {path}"


def _is_of(path: Path, sha256: str) -> bool:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and content.get("model_sha256") == sha256


def _in_one_line(report: TensorRtReport) -> str:
    kinds = {"latency": "latency", "gpu_compute": "GPU"}
    medians = [
        f"{name} median {format_latency_us(report.times_us[kind]['median'])}"
        for kind, name in kinds.items()
        if "median" in report.times_us.get(kind, {})
    ]
    throughput = f"{report.throughput_per_s:g} inferences/s"
    return f"{report.tool} on {report.device}, timed by itself: {', '.join([*medians, throughput])}"
