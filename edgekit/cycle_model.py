"""Modelled cycles: timings of a core, one TOML file each in emulation/cores/, and what the QEMU plugin counts by them.

They are a model, not validated on silicon; docs/modelled_cycles.md says what is in it and what is not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgekit.board import Flash
from edgekit.errors import EdgekitError
from edgekit.resources import find_resource_dir
from edgekit.toml_file import TomlFile, read_toml

_KEYS: dict[str, type] = {"cores": list, "basis": str, "pipeline": dict, "weights": dict}
_PIPELINE_KEYS: dict[str, type] = {"issue_width": int, "address_stall": int, "accumulator_early": int}
_WEIGHT_KEYS: dict[str, type] = {
    "cycles": int,
    "per_register": int,
    "after_load": int,
    "latency": int,
    "unit": int,
    "busy": int,
    "taken": int,
    "slot": int,
    "source": str,
}
_MOST = 255
_NUM_UNITS = 8


@dataclass(frozen=True)
class CoreTimings:
    """What the plugin needs to know of a core; `basis` says where the figures come from."""

    path: Path
    cores: tuple[str, ...]
    basis: str
    pipeline: Mapping[str, int]
    weights: Mapping[str, Mapping[str, int]]
    """By class of instruction, as emulation/plugin/cm_instruction.h names them."""
    sources: Mapping[str, str]
    sha256: str

    def arguments(self) -> Iterator[str]:
        """As the plugin takes them."""
        for key, value in self.pipeline.items():
            yield f"{key}={value}"
        for name, weight in self.weights.items():
            for key, value in weight.items():
                yield f"{name}.{key}={value}"


@dataclass(frozen=True)
class ModelledRun:
    """One run of the model, or of some of its operators: from where the runtime is entered to where it returns to."""

    instructions: int
    cycles: int
    taken_branches: int
    flash_stalls: int
    """Cycles of `cycles` that wait states take."""
    classes: Mapping[str, int] = field(default_factory=dict)
    """How many instructions there were of each class."""


def list_timings() -> list[Path]:
    return sorted((find_resource_dir("emulation") / "cores").glob("*.toml"))


def find_timings(core: str) -> CoreTimings | None:
    """The timings of a core as board files name it, None if there are none."""
    return next((each for each in map(read_timings, list_timings()) if core in each.cores), None)


def read_timings(path: Path) -> CoreTimings:
    """Raises ConfigError for whatever is wrong in the file, a weight without a source included."""
    file = read_toml(path)
    file.check(file.content, _KEYS, _KEYS)
    pipeline, weights = file.content["pipeline"], file.content["weights"]
    file.check(pipeline, _PIPELINE_KEYS, ("issue_width",), "pipeline")
    for name, weight in {"pipeline": pipeline, **weights}.items():
        if not isinstance(weight, dict):
            raise file.error(f"{name} should be a table", "weights", name)
        _check_weight(file, name, weight)
    return CoreTimings(
        path=path,
        cores=tuple(file.content["cores"]),
        basis=file.content["basis"],
        pipeline=pipeline,
        weights={
            name: {key: value for key, value in weight.items() if key != "source"}
            for name, weight in weights.items()
        },
        sources={name: weight["source"] for name, weight in weights.items()},
        sha256=hashlib.sha256(file.text.encode()).hexdigest(),
    )


def _check_weight(file: TomlFile, name: str, weight: Mapping[str, Any]) -> None:
    if name != "pipeline":
        file.check(weight, _WEIGHT_KEYS, ("cycles", "source"), f"weights, {name}")
    for key, value in weight.items():
        most = _NUM_UNITS - 1 if key == "unit" else _MOST
        if isinstance(value, int) and not 0 <= value <= most:
            raise file.error(f"{name}.{key} = {value} should be from 0 to {most}", "weights", name)


def flash_arguments(flash: Flash | None) -> Iterator[str]:
    """None is a board whose file says nothing of wait states: none are counted."""
    if flash is not None and flash.wait_states > 0:
        yield f"flash_start={flash.start:#x}"
        yield f"flash_bytes={flash.num_bytes}"
        yield f"wait_states={flash.wait_states}"
        yield f"line_bytes={flash.line_bytes}"
        yield f"instruction_lines={flash.instruction_lines}"
        yield f"data_lines={flash.data_lines}"


def parse_run(line: str, timings: CoreTimings) -> ModelledRun:
    """Reads one line of the plugin's.

    Raises:
        EdgekitError: it is cut off, or the core's file has no weight for a class of instruction that was executed.
    """
    try:
        counts = {key: int(value) for key, value in (each.split("=") for each in line.split())}
        instructions, cycles = counts.pop("instructions"), counts.pop("cycles")
        taken_branches, flash_stalls = counts.pop("taken_branches"), counts.pop("flash_stalls")
    except (ValueError, KeyError) as error:
        raise EdgekitError(f"the cycle model wrote a line that cannot be read: {line[:80]!r}") from error
    unknown = sorted(counts.keys() - timings.weights.keys())
    if unknown:
        raise EdgekitError(
            f"{timings.path.name} has no weight for {', '.join(unknown)}, which the core executed; add it"
        )
    return ModelledRun(instructions, cycles, taken_branches, flash_stalls, counts)
