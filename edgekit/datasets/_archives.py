"""Reading what is inside official archives, in memory: nothing is unpacked to disk and no pickle is run."""

from __future__ import annotations

import gzip
import io
import tarfile
import wave
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.errors import DataError

Array = np.ndarray[Any, Any]

_MAX_MEMBER_BYTES = 1 << 30  # the largest member of any of them is a third of this


@contextmanager
def _blame(path: Path | str) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, gzip.BadGzipFile) as error:
        raise DataError(
            f"{path} is not a sound archive ({error}); remove it, it will be downloaded again"
        ) from error
    except (NotImplementedError, RuntimeError) as error:
        raise DataError(f"{path} is packed in a way that cannot be read ({error})") from error
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error


def read_gzip(path: Path) -> bytes:
    """Raises:
    DataError: it is broken, or unpacks to more than any data set has.
    """
    with _blame(path), gzip.open(path) as file:
        return _read_at_most(file, path.name, path)


def iter_tar(path: Path, wanted: Callable[[str], bool] = lambda _: True) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the regular files in a .tar.gz, in their order in it.

    Raises:
        DataError: it is broken.
    """
    # gzip's own reader, because tarfile's would not verify the checksum at the end.
    with _blame(path), gzip.open(path) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
        while (member := archive.next()) is not None:
            # A stream's members are remembered for going back, which nobody does: 100,000 of them take room.
            archive.members.clear()  # type: ignore[attr-defined]
            name = member.name.removeprefix("./")
            file = archive.extractfile(member) if member.isfile() and wanted(name) else None
            if file is not None:
                yield name, _read_at_most(file, name, path)
        while stream.read(1 << 20):
            pass


def iter_zip(
    path: Path | bytes, wanted: Callable[[str], bool] = lambda _: True
) -> Iterator[tuple[str, bytes]]:
    """The same of a .zip file, or of one in memory, in the order of the names.

    Raises:
        DataError: it is broken.
    """
    label = path if isinstance(path, Path) else "a .zip file inside another"
    with _blame(label), zipfile.ZipFile(path if isinstance(path, Path) else io.BytesIO(path)) as archive:
        for name in sorted(archive.namelist()):
            if not name.endswith("/") and wanted(name):
                with archive.open(name) as file:
                    yield name, _read_at_most(file, name, label)


def _read_at_most(file: Any, name: str, path: Path | str) -> bytes:
    data: bytes = file.read(_MAX_MEMBER_BYTES + 1)
    if len(data) > _MAX_MEMBER_BYTES:
        raise DataError(
            f"{path}: {name} unpacks to more than {_MAX_MEMBER_BYTES >> 20} MiB; it is not the official one"
        )
    return data


def read_wav(data: bytes, name: str, sample_rate_hz: int) -> Array:
    """(samples,) int16 of a one-channel, 16-bit PCM file.

    Raises:
        DataError: it is something else, or of another sample rate.
    """
    try:
        with wave.open(io.BytesIO(data)) as file:
            found = (file.getnchannels(), file.getsampwidth() * 8, file.getframerate())
            samples = file.readframes(file.getnframes())
    except (wave.Error, EOFError, ValueError, RuntimeError) as error:
        raise DataError(f"{name} is not a sound .wav file ({error or 'it ends early'})") from error
    if found != (1, 16, sample_rate_hz):
        raise DataError(
            f"{name} has {found[0]} channels of {found[1]} bits at {found[2]} Hz; expected one of 16 bits at "
            f"{sample_rate_hz} Hz"
        )
    return np.frombuffer(samples[: len(samples) // 2 * 2], "<i2")
