"""The folder of data sets that a user already has, `$EDGEKIT_DATA_DIR`, and reading arrays from it."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.errors import DataError

VARIABLE = "EDGEKIT_DATA_DIR"

Array = np.ndarray[Any, Any]


def data_folder() -> Path | None:
    """Raises:
    DataError: the variable names something that is not a folder.
    """
    value = os.environ.get(VARIABLE)
    if not value:
        return None
    folder = Path(value).expanduser()
    if not folder.is_dir():
        raise DataError(
            f"{VARIABLE} is {value}, which is not a folder; expected the folder with the data sets"
        )
    return folder


def find_local(name: str) -> Path | None:
    """The file of that name in the data folder, if there is one."""
    folder = data_folder()
    return folder / name if folder is not None and (folder / name).is_file() else None


def read_arrays(path: Path, names: Iterable[str]) -> dict[str, Array]:
    """Reads arrays by name from an .npz file, never a pickle.

    Raises:
        DataError: the file is broken, or one of the arrays is not in it.
    """
    try:
        # Opened here, so that it is closed however numpy fails.
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            archive.namelist()  # numpy.load takes single arrays and pickles, too; only archives go on from here
            file.seek(0)
            loaded = np.load(file, allow_pickle=False)
            missing = [name for name in names if name not in loaded.files]
            if missing:
                raise DataError(
                    f"{path} has no array named {missing[0]!r}; found {', '.join(loaded.files) or 'none'}; "
                    "expected the layout that edgekit's documentation of this data set gives"
                )
            return {name: np.asarray(loaded[name]) for name in names}
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error
    except MemoryError as error:
        raise DataError(f"{path} claims arrays larger than this machine's memory") from error
    except (
        ValueError,
        EOFError,
        KeyError,
        SyntaxError,
        RuntimeError,
        zlib.error,
        zipfile.BadZipFile,
    ) as error:
        raise DataError(f"{path} is not a sound .npz file ({error}); copy it again") from error


def check_rows(path: Path, arrays: dict[str, Array], names: Iterable[str]) -> None:
    """Raises:
    DataError: the arrays of these names do not all have the same number of rows.
    """
    lengths = {name: len(arrays[name]) if arrays[name].ndim else 0 for name in names}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise DataError(f"{path}: arrays of one length each are expected; found {listed} rows; copy it again")
