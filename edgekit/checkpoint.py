"""What a run has trained so far, on disk, so that it goes on after an interruption."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.errors import DataError
from edgekit.evaluation import Array, encode_npz
from edgekit.files import write_atomically

_DESCRIPTION = "run.json"


@dataclass(frozen=True)
class Checkpoints:
    """A folder of one .npz per stage: weights, the optimizer's variables and the number of finished epochs.

    Without a folder nothing is kept.
    """

    folder: Path | None

    def restore(self, key: str, model: Any) -> int:
        """Puts the saved state into the compiled `model`; returns how many epochs are behind it.

        Raises:
            DataError: the file is broken or belongs to another model.
        """
        path = self._path(key)
        if path is None or not path.exists():
            return 0
        try:
            with np.load(path, allow_pickle=False) as saved:
                arrays = {name: saved[name] for name in saved.files}
            model.optimizer.build(model.trainable_variables)
            weights = _unpack(arrays, "weights", model.get_weights())
            state = _unpack(arrays, "optimizer", _values(model.optimizer))
            num_epochs = int(arrays["num_epochs"])
            model.set_weights(weights)
            for variable, value in zip(model.optimizer.variables, state, strict=True):
                variable.assign(value)
        except (OSError, KeyError, ValueError, EOFError) as error:
            raise DataError(
                f"the checkpoint {path} does not fit this model ({error}); "
                f"delete {self.folder} to train from the start"
            ) from error
        return num_epochs

    def save(self, key: str, model: Any, num_epochs: int) -> None:
        path = self._path(key)
        if path is None:
            return
        arrays = {**_pack("weights", model.get_weights()), **_pack("optimizer", _values(model.optimizer))}
        arrays["num_epochs"] = np.array(num_epochs)
        write_atomically(path, encode_npz(arrays))

    def discard(self) -> None:
        """Called when the artifact is written."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, key: str) -> Path | None:
        name = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in key)
        return None if self.folder is None else self.folder / f"{name}.npz"


def _values(optimizer: Any) -> list[Array]:
    return [np.asarray(each.numpy()) for each in optimizer.variables]


def _pack(name: str, values: Sequence[Array]) -> dict[str, Array]:
    """All of them in one member: a wrapped model has hundreds, and each member of an archive costs time."""
    layout = json.dumps([[each.dtype.str, list(each.shape)] for each in values])
    content = b"".join(each.tobytes() for each in values)
    return {
        name: np.frombuffer(content, np.uint8),
        f"{name}_layout": np.frombuffer(layout.encode(), np.uint8),
    }


def _unpack(arrays: Mapping[str, Array], name: str, like: Sequence[Array]) -> list[Array]:
    """Raises KeyError or ValueError unless what was packed has the number, types and shapes of `like`."""
    expected, content = _pack(name, like), arrays[name].tobytes()
    if arrays[f"{name}_layout"].tobytes() != expected[f"{name}_layout"].tobytes():
        raise ValueError(f"its {name} have other shapes than the model's")
    if len(content) != expected[name].nbytes:
        raise ValueError(f"it holds {len(content)} bytes of {name}, expected {expected[name].nbytes}")
    found, start = [], 0
    for each in like:
        found.append(np.frombuffer(content, each.dtype, each.size, start).reshape(each.shape))
        start += each.nbytes
    return found


def open_checkpoints(folder: Path, identity: Mapping[str, Any]) -> Checkpoints:
    """The checkpoints in `folder`, if they were made by the run that `identity` (JSON) describes.

    Raises:
        DataError: they are another run's, or the folder cannot be written.
    """
    text = json.dumps(identity, sort_keys=True)
    content = {"identity": identity, "sha256": hashlib.sha256(text.encode()).hexdigest()}
    path = folder / _DESCRIPTION
    if path.exists():
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(
                f"{path} cannot be read ({error}); delete {folder} to train from the start"
            ) from error
        if not isinstance(found, dict) or found.get("sha256") != content["sha256"]:
            raise DataError(
                f"{folder} holds the checkpoint of another run ({_difference(found, identity)}); "
                "delete it to train from the start, or write to another folder with --out"
            )
        return Checkpoints(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"cannot make the checkpoint folder {folder}: {error.strerror}") from error
    write_atomically(path, json.dumps(content, indent=2, sort_keys=True).encode())
    return Checkpoints(folder)


def _difference(found: Any, identity: Mapping[str, Any]) -> str:
    before = found.get("identity") if isinstance(found, dict) else None
    if not isinstance(before, dict):
        return "without a description"
    names = [name for name in sorted({*before, *identity}) if before.get(name) != identity.get(name)]
    return "; ".join(f"{name} was {before.get(name)!r}, now {identity.get(name)!r}" for name in names[:2])
