"""Outputs of an evaluation set that was cut short, kept beside the results until the benchmark is complete."""

from __future__ import annotations

import contextlib
import io
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from edgekit.bench.arrays import Arrays
from edgekit.files import write_atomically
from edgekit.tflite_model import TfliteModel

SAVE_INTERVAL_S = 20.0


class PartialOutputs:
    """The file of one request on one unit; `key` tells it from all others, and what does not fit is ignored."""

    def __init__(self, path: Path, key: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._key = key
        self._clock = clock
        self._saved_s = clock()

    def load(self, model: TfliteModel, most: int) -> list[Arrays]:
        """Outputs of the first samples; none if there is no such file, or it is another's, or damaged."""
        try:
            with self._path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                if str(file["key"]) != self._key:
                    return []
                columns = [file[f"output_{index}"] for index in range(len(model.outputs))]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return []
        for values, info in zip(columns, model.outputs, strict=True):
            if values.dtype != np.dtype(info.dtype) or values.shape[1:] != tuple(info.shape):
                return []
        num_samples = min((len(each) for each in columns), default=0)
        return [[values[index] for values in columns] for index in range(min(num_samples, most))]

    def save_now_and_then(self, outputs: Sequence[Arrays]) -> None:
        if self._clock() - self._saved_s >= SAVE_INTERVAL_S:
            self.save(outputs)

    def save(self, outputs: Sequence[Arrays]) -> None:
        """Raises DataError if it cannot be written; then what was there before stays."""
        self._saved_s = self._clock()
        if not outputs:
            return
        columns = {
            f"output_{index}": np.stack(values) for index, values in enumerate(zip(*outputs, strict=True))
        }
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, key=np.array(self._key), **columns)
        write_atomically(self._path, buffer.getvalue())

    def remove(self) -> None:
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
