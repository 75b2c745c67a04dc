"""What was asked for, as one digest: two benchmarks with the same digest need not both be run."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from dataclasses import dataclass, field

import edgekit
from edgekit.agent_bundle import build_agent
from edgekit.artifact import Artifact, EvaluationSet
from edgekit.bench import result
from edgekit.cycle_model import find_timings
from edgekit.errors import UsageError
from edgekit.farm import Device
from edgekit.resources import find_resource_dir
from edgekit.runtime_options import EDGEKIT, RuntimeOptions

DEFAULT_TIMEOUT_S = 3600.0
MAX_WINDOW_S = 3600.0


@dataclass(frozen=True)
class BenchmarkOptions:
    """`None` for `runs` or `warmup` lets the device's times decide; `timeout_s` is for all together.

    Without `runs` a Linux board is timed for `windows` of `window_s` each. `governor` is set on it for the time being.
    """

    runs: int | None = None
    warmup: int | None = None
    timeout_s: float = DEFAULT_TIMEOUT_S
    runtime: RuntimeOptions = field(default_factory=RuntimeOptions)
    windows: int = 5
    window_s: float = 10.0
    governor: str | None = None

    def __post_init__(self) -> None:
        if self.runs is not None and self.runs < 1:
            raise UsageError(f"runs is {self.runs}; it takes at least 1 run to measure anything")
        if self.warmup is not None and self.warmup < 0:
            raise UsageError(f"warmup is {self.warmup}; expected 0 or more")
        if self.windows < 1:
            raise UsageError(f"windows is {self.windows}; it takes at least 1 to measure anything")
        if not 0 < self.window_s <= MAX_WINDOW_S:
            raise UsageError(
                f"a window of {self.window_s:g} s; expected more than 0 and at most {MAX_WINDOW_S:g}"
            )
        if self.governor is not None and not re.fullmatch(r"[a-z_]{1,32}", self.governor):
            raise UsageError(f"{self.governor!r} is no name of a governor; expected for example performance")
        if not self.timeout_s > 0:
            raise UsageError(f"the timeout is {self.timeout_s:g} s; expected more than 0")

    def record(self) -> result.Options:
        return result.Options(
            timeout_s=self.timeout_s,
            runs=self.runs,
            warmup=self.warmup,
            windows=self.windows if self.runs is None else None,
            window_s=self.window_s if self.runs is None else None,
            governor=self.governor,
            **self.runtime.record(),
        )


def request_digest(
    artifact: Artifact, device: Device, options: BenchmarkOptions, evaluation: EvaluationSet | None
) -> str:
    """Covers everything that can change a number. The time-out cannot: it only says when to give up."""
    timings = find_timings(device.board.core) if device.board.emulator is not None else None
    request = {
        "edgekit": edgekit.__version__,
        "schema_version": result.SCHEMA_VERSION,
        "model": artifact.model.sha256,
        "model_name": artifact.name,
        "device": device.name,
        "board": device.board.name,
        "transport": device.transport,
        "settings": dict(device.settings),
        "software": software_digest("cortex_m" if options.runtime.runtime == EDGEKIT else device.board.kind),
        "cycle_model": None if timings is None else timings.sha256,
        "data": None if evaluation is None else evaluation.sha256,
        "runs": options.runs,
        "warmup": options.warmup,
        "windows": None if options.runs is not None else [options.windows, options.window_s],
        "governor": options.governor,
        **options.runtime.record(),
    }
    return hashlib.sha256(json.dumps(request, sort_keys=True, default=str).encode()).hexdigest()


@functools.cache
def software_digest(board_kind: str) -> str:
    """Of the sources that run on such a board, edgekit's own C runtime on "cortex_m".

    Whoever changes a kernel wants it measured again.
    """
    if board_kind == "linux":
        return hashlib.sha256(build_agent()).hexdigest()
    folder = find_resource_dir("firmware")
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and name.parts[0] != "build":
            digest.update(f"{name.as_posix()} {path.stat().st_size}\n".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
