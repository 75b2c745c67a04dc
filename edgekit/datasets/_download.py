"""Files of data sets from their official addresses, kept in the user's cache."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import filelock
import platformdirs

from edgekit.console import note
from edgekit.datasets._data_folder import VARIABLE, data_folder, find_local
from edgekit.datasets._transfer import NotReachableError, transfer
from edgekit.errors import DataError

_announced: set[str] = set()


@dataclass(frozen=True)
class RemoteFile:
    """A file as its publisher offers it.

    `sha256` is None where no checksum is known; the first download's is then kept, and later ones must match it.
    """

    name: str
    url: str
    sha256: str | None = None


@dataclass(frozen=True)
class Publication:
    """A data set as it is published: `ready_made` is the .npz that spares the download, if edgekit reads one."""

    dataset: str
    licence: str
    ready_made: str | None = None


def cache_folder(dataset: str) -> Path:
    """Where the downloads of a data set are."""
    return platformdirs.user_cache_path("edgekit") / "datasets" / dataset


def fetch(publication: Publication, file: RemoteFile) -> Path:
    """The file in `$EDGEKIT_DATA_DIR` or in the cache; downloaded if it is in neither.

    The licence is told once a run, when the first file of a data set has been downloaded.

    Raises:
        DataError: it cannot be had (says the address and what to do), or is not the file that was published.
    """
    local = find_local(file.name)
    if local is not None:
        if file.sha256 is not None:
            _require(local, file.sha256, f"replace it by the one from {file.url}")
        return local
    folder = cache_folder(publication.dataset)
    target = folder / file.name
    if target.is_file():
        return target
    with _locked(folder / f".{file.name}.lock"):
        if not target.is_file():
            _download(publication, file, target)
    return target


def _download(publication: Publication, file: RemoteFile, target: Path) -> None:
    if not file.url.startswith(("http://", "https://")):
        raise DataError(
            f"cannot download {file.url}: expected an address that starts with http:// or https://"
        )
    part = target.with_name(f"{file.name}.part")
    try:
        transfer(file.url, part)
    except NotReachableError as error:
        raise DataError(_describe_offline(publication, file, str(error))) from error
    _announce(publication)
    pin = target.with_name(f"{file.name}.sha256")
    try:
        known = file.sha256 or (pin.read_text(encoding="ascii").strip() if pin.is_file() else None)
        if known is None:
            digest = _sha256(part)
            pin.write_text(f"{digest}\n", encoding="ascii")
            note(
                f"{file.name}: edgekit knows no published checksum of it, so what arrived is taken on trust; "
                f"its SHA-256 {digest} is kept in {pin}, and later downloads must match it"
            )
        else:
            origin = "the published one" if file.sha256 else f"the one of the first download, in {pin}"
            _require(
                part, known, f"that is {origin}; it was not kept; try again later, the address is {file.url}"
            )
        part.replace(target)
    except OSError as error:
        raise DataError(f"cannot write {target}: {error.strerror or error}; nothing was kept") from error
    finally:
        part.unlink(missing_ok=True)


def _require(path: Path, expected: str, advice: str) -> None:
    digest = _sha256(path)
    if digest != expected:
        raise DataError(f"{path} has the SHA-256 {digest}; expected {expected}; {advice}")


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error
    return digest.hexdigest()


def _describe_offline(publication: Publication, file: RemoteFile, reason: str) -> str:
    files = " or ".join(each for each in (publication.ready_made, file.name) if each)
    folder = data_folder()
    state = f"is {folder}, without that file" if folder is not None else "is not set"
    return (
        f"cannot download {file.url}: {reason}; the data set {publication.dataset} needs it; connect this machine "
        f"to the internet, or set {VARIABLE} to a folder with {files} ({VARIABLE} {state})"
    )


def _announce(publication: Publication) -> None:
    if publication.dataset not in _announced:
        _announced.add(publication.dataset)
        note(f"{publication.dataset}: {publication.licence}")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Two runs on one machine download a file once."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(path)
        lock.acquire()
    except OSError as error:
        raise DataError(
            f"cannot write to the cache folder {path.parent}: {error.strerror or error}; make it writable, or set "
            f"XDG_CACHE_HOME to another place"
        ) from error
    try:
        yield
    finally:
        lock.release()
