"""Where a result comes from: the kind of board, the runtime in force, the machine that ran the benchmark."""

from __future__ import annotations

import contextlib
import importlib.metadata
import platform
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import edgekit
from edgekit.bench import result
from edgekit.board import Board
from edgekit.wire.messages import Hello

_REPORTED_PACKAGES = (
    "numpy",
    "ai-edge-litert",
    "tflite-micro",
    "tflite-runtime",
    "tensorflow",
    "pyserial",
    "paramiko",
)


def hardware_record(board: Board) -> result.Hardware:
    return result.Hardware(
        title=board.title,
        kind=board.kind,
        architecture=board.architecture,
        core=board.core or None,
        clock_hz=board.clock_hz,
        flash_bytes=board.flash_bytes,
        ram_bytes=board.ram_bytes,
    )


def announced_runtime(hello: Hello) -> result.Runtime:
    return result.Runtime(hello.runtime, hello.version or None, hello.build or None)


def runtime_in_force(hello: Hello, found: Mapping[str, Any]) -> result.Runtime:
    """`found` is what the device states of its options (`runtime_options.in_force`)."""
    name = found.get("delegate")
    counts = {key: found.get(key) for key in ("num_operators_delegated", "num_partitions")}
    return replace(
        announced_runtime(hello),
        name=found.get("name", hello.runtime),
        kernels=found.get("kernels"),
        delegate=None if name is None else result.Delegate(name, **counts),
        threads=found.get("threads"),
        cores=found.get("cores"),
    )


def host_versions() -> dict[str, str]:
    """What ran the benchmark: two results are only comparable if one knows where they come from."""
    versions = {
        "edgekit": edgekit.__version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
    }
    for package in _REPORTED_PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    return versions
