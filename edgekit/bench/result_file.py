"""A benchmark result as a JSON file: written whole or not at all, read only if it keeps to the schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from edgekit.bench.codec import CodecError, from_json
from edgekit.bench.result import METRICS, READABLE_VERSIONS, BenchmarkResult
from edgekit.errors import ResultError
from edgekit.files import write_atomically


def write_result(result: BenchmarkResult, path: Path) -> None:
    """Raises DataError if the file cannot be written; then nothing is left of it."""
    write_atomically(path, json.dumps(result.to_json(), indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_result(path: Path) -> BenchmarkResult:
    """Raises ResultError, naming file and key, if `path` is not a result of this schema version."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ResultError(
            f"cannot read the result {path}: {error.strerror or error}; "
            "give a JSON file written by `edgekit bench`"
        ) from error
    except UnicodeDecodeError as error:
        raise ResultError(
            f"{path} is not a benchmark result: not UTF-8 text; expected JSON from `edgekit bench`"
        ) from error
    try:
        document = json.loads(text, parse_constant=_reject_constant)
    except (ValueError, RecursionError) as error:
        raise ResultError(
            f"{path} is not a benchmark result: {error}; expected JSON from `edgekit bench`"
        ) from error
    try:
        return parse_result(document)
    except CodecError as error:
        raise ResultError(
            f"{path} is not a benchmark result edgekit can read: {error}; measure again with `edgekit bench`"
        ) from error


def parse_result(document: Any) -> BenchmarkResult:
    """Raises CodecError at the first key that breaks the schema."""
    if not isinstance(document, Mapping) or "schema_version" not in document:
        raise CodecError("schema_version", "is missing")
    version = document["schema_version"]
    if version not in READABLE_VERSIONS or isinstance(version, bool):
        known = " and ".join(map(str, READABLE_VERSIONS))
        raise CodecError("schema_version", f"is {version!r}, this edgekit reads {known}")
    result = from_json(BenchmarkResult, document)
    # A host's stopwatch around an emulator says nothing about silicon, so such a record must not exist.
    if result.emulated and result.latency_us is not None:
        raise CodecError("latency_us", "must be absent in a result of an emulated board")
    if not result.emulated and result.instructions is not None:
        raise CodecError("instructions", "must be absent in a result of a real board")
    if result.cycles_modelled is not None and (result.instructions is None or result.cycle_model is None):
        raise CodecError(
            "cycles_modelled", "must come with instructions and cycle_model, of an emulated board"
        )
    for name in ("latency_us", "instructions", "cycles_modelled"):
        distribution = getattr(result, name)
        if distribution is None:
            continue
        every = 1 if distribution.kept_every is None else distribution.kept_every
        if every < 1:
            raise CodecError(f"{name}.kept_every", f"is {every}, expected 1 or more")
        if distribution.n < 1 or -(-distribution.n // every) != len(distribution.samples):
            raise CodecError(
                f"{name}.n", f"is {distribution.n}, but there are {len(distribution.samples)} samples"
            )
    # Nor is there energy of silicon in an emulator, whatever its host's sensors say.
    if result.emulated and result.energy_uj is not None:
        raise CodecError("energy_uj", "must be absent in a result of an emulated board")
    if result.accuracy is not None and result.accuracy.metric not in METRICS:
        raise CodecError(
            "accuracy.metric", f"is {result.accuracy.metric!r}, this edgekit knows {', '.join(METRICS)}"
        )
    if result.accuracy is not None and not 0.0 <= result.accuracy.value <= 1.0:
        raise CodecError("accuracy.value", f"expected a number from 0 to 1, found {result.accuracy.value}")
    return result


def _reject_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
