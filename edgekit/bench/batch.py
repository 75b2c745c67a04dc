"""Many models on many devices: what is there is kept, what fails does not stop the rest."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edgekit.artifact import Artifact
from edgekit.bench import runner
from edgekit.bench.difference import Difference, difference_path, write_difference
from edgekit.bench.progress import Progress
from edgekit.bench.request import BenchmarkOptions, request_digest
from edgekit.bench.result import BenchmarkResult
from edgekit.bench.samples import find_evaluation_set
from edgekit.bench.store import ResultFolder
from edgekit.errors import DeviceError, EdgekitError
from edgekit.farm import Device

Say = Callable[[str], None]


@dataclass
class Outcome:
    """`exit_code` is 3 if a device failed at anything, else that of the first other failure, else 0."""

    results: list[BenchmarkResult] = field(default_factory=list)
    exit_code: int = 0

    def failed(self, exit_code: int) -> None:
        if self.exit_code != DeviceError.exit_code:
            self.exit_code = (
                exit_code if exit_code == DeviceError.exit_code or not self.exit_code else self.exit_code
            )


def run_batch(
    artifacts: Sequence[Artifact],
    devices: Sequence[Device],
    options: BenchmarkOptions,
    data: Path | None,
    folder: ResultFolder,
    *,
    note: Say,
    warn: Say,
    fail: Say,
    progress: Progress,
) -> Outcome:
    """Measures each pair that `folder` has no complete result of, and saves each as soon as it is there.

    Raises:
        DataError: an evaluation set does not fit its model, or a result cannot be written.
    """
    pairs = [
        (artifact, find_evaluation_set(artifact, data), device)
        for artifact in artifacts
        for device in devices
    ]
    outcome = Outcome()
    for artifact, evaluation, device in pairs:
        title = f"{artifact.name} on {device.name}"
        digest = request_digest(artifact, device, options, evaluation)
        known = folder.find(digest)
        if known is not None:
            path, result = known
            note(f"{title}: already measured, see {path}")
            outcome.results.append(result)
            continue
        note(f"{title} …")
        if evaluation is None:
            note(f"{title}: no evaluation set, so random inputs and no accuracy; --data gives one")

        def keep(result: BenchmarkResult, title: str = title) -> None:
            note(f"{title}: interrupted, wrote what there is to {folder.save(result)}")

        partial = folder.partial_path(artifact.name, device.name, digest)
        differences: list[Difference] = []
        run = functools.partial(
            runner.benchmark,
            artifact,
            device,
            options,
            evaluation=evaluation,
            progress=progress,
            on_difference=differences.append,
            partial=partial,
            keep=keep,
        )
        measured = _measure(run, title, outcome, warn, fail)
        if measured is not None:
            path = folder.save(measured)
            note(f"{title}: wrote {path}")
            _save_difference(differences, path, title, note)
            outcome.results.append(measured)
    return outcome


def _measure(
    run: Callable[[], BenchmarkResult], title: str, outcome: Outcome, warn: Say, fail: Say
) -> BenchmarkResult | None:
    try:
        result = run()
    except EdgekitError as error:
        fail(f"{title}: {error}")
        outcome.failed(error.exit_code)
        return None
    for each in result.warnings:
        warn(f"{title}: {each.message}")
    if not result.complete:
        outcome.failed(DeviceError.exit_code)
    return result


def _save_difference(differences: list[Difference], result: Path, title: str, note: Say) -> None:
    path = difference_path(result)
    if not differences:
        # What an earlier measurement of the same request left would now tell of no difference.
        path.unlink(missing_ok=True)
        return
    write_difference(differences[0], path)
    note(f"{title}: sample {differences[0].sample} is not the reference's, see {path}")
