"""TensorRT on a Jetson: the model as ONNX through `trtexec`, beside what TFLite does on its CPU.

It is another runtime with other kernels and other arithmetic, and trtexec times itself, with random inputs: its
figures are its own, never those of the benchmark. Both programs are optional: tf2onnx here, trtexec (JetPack brings
it) on the board.
"""

from __future__ import annotations

import importlib.util
import math
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import paramiko

from edgekit.deadline import Deadline
from edgekit.errors import (
    ConnectError,
    DeadlineError,
    DeviceError,
    MissingDependencyError,
    RemoteError,
    UnsupportedModelError,
    UsageError,
)
from edgekit.farm import Device
from edgekit.ssh_connection import open_ssh
from edgekit.ssh_files import run_command, upload
from edgekit.ssh_folder import TemporaryFolder
from edgekit.tflite_model import TfliteModel

OPSET = 13
_TRTEXEC = ("trtexec", "/usr/src/tensorrt/bin/trtexec")
"""On the PATH, or where JetPack puts it."""

_LINE = re.compile(
    r"\[I\]\s*(?P<name>Throughput|Latency|GPU Compute Time|H2D Latency|D2H Latency):\s*(?P<rest>.*)$", re.M
)
_VALUE = re.compile(r"(?P<name>min|max|mean|median|percentile\(\d+%\))\s*=?\s*(?P<ms>[\d.eE+-]+) ms")
_VERSION = re.compile(r"TensorRT\.trtexec \[TensorRT v(\d+)\]")


@dataclass(frozen=True)
class TensorRtReport:
    """What trtexec says of itself: µs by kind (`latency`, `gpu_compute` …) and statistic (`median`, `p99` …)."""

    device: str
    model_sha256: str
    tool: str
    throughput_per_s: float
    times_us: Mapping[str, Mapping[str, float]]
    warnings: tuple[str, ...] = ()


def run_tensorrt(model: TfliteModel, device: Device, deadline: Deadline) -> TensorRtReport:
    """Converts `model` here and times it there; leaves nothing on the board.

    Raises:
        UsageError: the device is not reached over SSH.
        MissingDependencyError: tf2onnx is missing here, or trtexec on the board.
        UnsupportedModelError: one of them refuses the model.
        DeviceError: the board or the way to it failed.
    """
    if device.transport != "ssh":
        raise UsageError(f"TensorRT is asked over SSH, and {device.name} is reached by {device.transport}")
    onnx = convert_to_onnx(model, deadline)
    client = open_ssh(device.name, device.settings, deadline)
    try:
        text = _run_on_board(device.name, client, onnx, deadline)
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise ConnectError(
            f"the connection to {device.name} broke: {str(error) or 'it hung up'}; run again"
        ) from error
    finally:
        client.close()
    return read_trtexec(text, device.name, model.sha256)


def convert_to_onnx(model: TfliteModel, deadline: Deadline) -> bytes:
    """Raises MissingDependencyError, UnsupportedModelError or DeadlineError."""
    if importlib.util.find_spec("tf2onnx") is None or importlib.util.find_spec("tensorflow") is None:
        raise MissingDependencyError(
            "TensorRT takes ONNX, and tf2onnx, which makes it, is not installed; run `pip install 'edgekit[tensorrt]'`"
        )
    with tempfile.TemporaryDirectory(prefix="edgekit-onnx-") as folder:
        source, made = Path(folder) / "model.tflite", Path(folder) / "model.onnx"
        source.write_bytes(model.data)
        command = [sys.executable, "-W", "ignore", "-m", "tf2onnx.convert", "--tflite", str(source)]
        command += ["--output", str(made), "--opset", str(OPSET)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=max(1.0, deadline.remaining_s()), check=False,
                cwd=folder,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise DeadlineError("tf2onnx did not finish in the time given; raise --timeout") from error
        if done.returncode != 0 or not made.is_file():
            raise UnsupportedModelError(f"tf2onnx cannot convert this model: {_last_line(done.stderr)}")
        return made.read_bytes()


def _run_on_board(name: str, client: paramiko.SSHClient, onnx: bytes, deadline: Deadline) -> str:
    program = _find_trtexec(name, client, deadline)
    folder = TemporaryFolder(name, client, deadline)
    try:
        path = f"{folder.path}/model.onnx"
        upload(name, client, path, onnx, deadline, "the model")
        return _run_long(name, client, [program, f"--onnx={path}", "--int8", "--fp16"], deadline)
    finally:
        folder.remove()


def _find_trtexec(name: str, client: paramiko.SSHClient, deadline: Deadline) -> str:
    for program in _TRTEXEC:
        status, output, _ = run_command(client, ["sh", "-c", f"command -v {shlex.quote(program)}"], deadline)
        if status == 0 and output.strip():
            return output.strip().splitlines()[-1]
    raise MissingDependencyError(f"{name} has no trtexec; JetPack's package libnvinfer-bin brings it")


def _run_long(name: str, client: paramiko.SSHClient, command: list[str], deadline: Deadline) -> str:
    """Building an engine takes minutes on a small board; the deadline is all that ends it."""
    # A terminal, so that the program is hung up on when we go.
    _, stdout, _ = client.exec_command(shlex.join(command), get_pty=True)
    channel, data = stdout.channel, bytearray()
    while True:
        channel.settimeout(max(0.1, min(1.0, deadline.remaining_s())))
        try:
            part = channel.recv(65536)
        except TimeoutError:
            if deadline.expired():
                raise DeadlineError(
                    f"trtexec on {name} did not finish in the time given; raise --timeout"
                ) from None
            if not client.get_transport().is_active():
                raise ConnectError(
                    f"lost the connection to {name}; check its power and the network"
                ) from None
            continue
        if not part:
            break
        data += part
    text = data.decode("utf-8", "replace").replace("\r\n", "\n")
    status = channel.recv_exit_status()
    if status != 0:
        told = [each for each in text.splitlines() if "[E]" in each]
        reason = told[0].partition("[E]")[2].strip() if told else _last_line(text)
        raise RemoteError(f"trtexec on {name} ended with status {status}: {reason or 'it said nothing'}")
    return text


def read_trtexec(text: str, device: str, sha256: str) -> TensorRtReport:
    """From the performance summary that trtexec 8 and later end with.

    Raises:
        DeviceError: there is none.
    """
    summary = text.partition("=== Performance summary ===")[2]
    throughput, times = math.nan, {}
    for line in _LINE.finditer(summary):
        if line["name"] == "Throughput":
            found = re.match(r"([\d.eE+-]+) qps", line["rest"])
            throughput = float(found[1]) if found else math.nan
            continue
        key = line["name"].lower().replace(" time", "").replace(" ", "_")
        times[key] = {
            re.sub(r"percentile\((\d+)%\)", r"p\1", each["name"]): round(float(each["ms"]) * 1000, 3)
            for each in _VALUE.finditer(line["rest"])
        }
    if not math.isfinite(throughput) or not times.get("latency"):
        raise DeviceError(f"cannot read what trtexec on {device} printed; its last words: {_last_line(text)}")
    version = _VERSION.search(text)
    told = tuple(each.partition("[W]")[2].strip(" *") for each in summary.splitlines() if "[W]" in each)
    return TensorRtReport(
        device, sha256, f"trtexec, TensorRT {version[1]}" if version else "trtexec", throughput, times, told
    )


def _last_line(text: str) -> str:
    lines = [each.strip() for each in text.splitlines() if each.strip()]
    return lines[-1] if lines else ""
