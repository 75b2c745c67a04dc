"""Arrays made from a large archive, kept beside it, because making them takes minutes."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.console import warn
from edgekit.datasets._data_folder import read_arrays
from edgekit.datasets._download import cache_folder
from edgekit.errors import DataError

Array = np.ndarray[Any, Any]


def keep_converted(
    dataset: str, archive: Path, version: str, names: tuple[str, ...], make: Callable[[], dict[str, Array]]
) -> dict[str, Array]:
    """What `make` returns, made once for each archive (its size and time) and `version` of the conversion.

    Arrays that cannot be kept are a warning, not an error: the next run makes them again.
    """
    state = archive.stat()
    path = cache_folder(dataset) / f"{archive.name}-{state.st_size}-{state.st_mtime_ns}-{version}.npz"
    if path.is_file():
        try:
            return read_arrays(path, names)
        except DataError:
            path.unlink(missing_ok=True)
    arrays = make()
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            np.savez(file, **arrays)
        Path(temporary).replace(path)
        temporary = None
    except OSError as error:
        warn(f"cannot keep {path}: {error.strerror or error}; {dataset} will be converted again next time")
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
    return arrays
