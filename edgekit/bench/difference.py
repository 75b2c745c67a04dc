"""One sample whose outputs are not the reference's, saved so that one can look into it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgekit.bench.arrays import Arrays
from edgekit.files import write_atomically


@dataclass(frozen=True)
class Difference:
    """`sample` is its position in the evaluation set."""

    sample: int
    inputs: Arrays
    found: Arrays
    expected: Arrays


def difference_path(result: Path) -> Path:
    """Beside the result, and found by its name."""
    return result.with_suffix(".first_difference.npz")


def write_difference(difference: Difference, path: Path) -> None:
    """Arrays `sample`, `input_0` …, `found_0` …, `expected_0` …

    Raises:
        DataError: it cannot be written.
    """
    arrays = {"sample": np.array(difference.sample)}
    for name, values in (
        ("input", difference.inputs),
        ("found", difference.found),
        ("expected", difference.expected),
    ):
        arrays.update((f"{name}_{index}", each) for index, each in enumerate(values))
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    write_atomically(path, buffer.getvalue())
