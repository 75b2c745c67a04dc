"""An Artifact on disk: the one thing in which the TensorFlow side and the device side meet."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.errors import DataError, ModelError
from edgekit.evaluation import CLASSIFICATION, EvaluationSet, encode_npz, load_evaluation_set
from edgekit.tflite_model import TensorInfo, TfliteModel, load_model

__all__ = ["Artifact", "EvaluationSet", "load_artifact", "load_evaluation_set", "write_artifact"]

SCHEMA_VERSION = 1
_MODEL, _INFO, _EVALUATION = "model.tflite", "artifact.json", "eval.npz"


@dataclass(frozen=True)
class Artifact:
    """A model with its provenance. `info` is the content of artifact.json, {} for a bare .tflite."""

    name: str
    model: TfliteModel
    info: Mapping[str, Any]
    evaluation_path: Path | None


def load_artifact(path: Path) -> Artifact:
    """Reads an artifact folder, or a .tflite file: with its siblings if artifact.json names its sha256.

    Raises:
        ModelError: the model is missing, broken, or not the one artifact.json describes.
        DataError: artifact.json is broken, or the folder is no artifact.
    """
    if path.is_dir():
        if not (path / _MODEL).is_file():
            raise DataError(f"{path} is not an artifact: it has no {_MODEL}; `edgekit compress` makes one")
        model = load_model(path / _MODEL)
        info = _read_info(path / _INFO) if (path / _INFO).is_file() else {}
        if info and info.get("sha256") != model.sha256:
            raise ModelError(
                f"{path / _INFO} describes a model with sha256 {str(info.get('sha256'))[:12]}…, "
                f"but {_MODEL} has {model.sha256[:12]}…; make the artifact again"
            )
        return _assemble(path, path.resolve().name, model, info)
    model = load_model(path)
    try:
        info = _read_info(path.parent / _INFO)
    except DataError:
        info = {}
    if info.get("sha256") != model.sha256:
        return Artifact(path.stem, model, {}, None)
    return _assemble(path.parent, path.stem, model, info)


def _assemble(folder: Path, default_name: str, model: TfliteModel, info: Mapping[str, Any]) -> Artifact:
    evaluation = folder / _EVALUATION
    return Artifact(
        name=str(info.get("name") or default_name),
        model=model,
        info=info,
        evaluation_path=evaluation if evaluation.is_file() else None,
    )


def write_artifact(
    folder: Path,
    model: TfliteModel,
    evaluation: EvaluationSet | None,
    info: Mapping[str, Any],
    extra_files: Mapping[str, bytes],
) -> None:
    """Writes the folder as a whole; an artifact already there is replaced once the new one is complete.

    `info` comes on top of what the model itself says; `extra_files` are the exporters' work, by file name.
    Equal arguments give equal bytes.

    Raises:
        DataError: nothing can be written there, or `folder` holds something that is not an artifact.
    """
    files = dict(extra_files)
    files[_MODEL] = model.data
    if evaluation is not None:
        names = (
            ["inputs"]
            if len(evaluation.inputs) == 1
            else [f"input_{i}" for i in range(len(evaluation.inputs))]
        )
        arrays = dict(zip(names, evaluation.inputs, strict=True))
        if evaluation.labels is not None:
            arrays["labels"] = evaluation.labels
        if evaluation.task != CLASSIFICATION:
            arrays["task"] = np.array(evaluation.task)
        if evaluation.groups is not None:
            arrays["groups"] = evaluation.groups
        files[_EVALUATION] = encode_npz(arrays)
    content = {**describe_model(model), **info, "files": sorted([*files, _INFO])}
    files[_INFO] = (json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()
    with _replacing(folder) as temporary:
        for name, data in files.items():
            with (temporary / name).open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())


def describe_model(model: TfliteModel) -> dict[str, Any]:
    """What artifact.json says about the model itself."""
    return {
        "schema_version": SCHEMA_VERSION,
        "sha256": model.sha256,
        "model_bytes": len(model.data),
        "macs": model.macs,
        "operators": [{"name": each.name, "macs": each.macs} for each in model.operators],
        "inputs": [describe_tensor(each) for each in model.inputs],
        "outputs": [describe_tensor(each) for each in model.outputs],
    }


def check_replaceable(folder: Path) -> None:
    """Whether an artifact may be written there; asked before a long training, too.

    Raises:
        DataError: the place is not writable, or is neither empty nor an artifact with nothing else in it.
    """
    if not folder.exists():
        nearest = next(each for each in folder.absolute().parents if each.exists())
        if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
            raise DataError(f"cannot write {folder}: {nearest} is not a folder that you may write to")
        return
    if not folder.is_dir():
        raise DataError(f"{folder} exists and is not a folder; choose another one with --out")
    present = {each.name for each in folder.iterdir()}
    try:
        files = _read_info(folder / _INFO).get("files") if present else []
        ours = {each for each in files if isinstance(each, str)} if isinstance(files, list) else set()
    except DataError:
        ours = set()
    if present - ours:
        foreign = ", ".join(sorted(present - ours)[:3])
        raise DataError(
            f"{folder} holds files that are not part of an artifact ({foreign}), and replacing "
            "it would delete them; choose another folder with --out"
        )


@contextmanager
def _replacing(folder: Path) -> Iterator[Path]:
    """A temporary folder that takes the place of `folder` when the block ends well, and vanishes when not."""
    check_replaceable(folder)
    folder = folder.resolve()
    temporary: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o777 & ~umask)
        yield temporary
        old = temporary.with_name(temporary.name + ".old")
        if folder.exists():
            folder.rename(old)
        try:
            temporary.rename(folder)
        except BaseException:
            if old.exists():
                old.rename(folder)
            raise
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise DataError(f"cannot write {folder}: {error.strerror or error}; nothing was changed") from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


def _read_info(path: Path) -> dict[str, Any]:
    try:
        info = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is not valid JSON ({error}); make the artifact again") from error
    if not isinstance(info, dict) or info.get("schema_version") != SCHEMA_VERSION:
        found = info.get("schema_version") if isinstance(info, dict) else type(info).__name__
        raise DataError(f"{path} has schema version {found!r}; this edgekit reads version {SCHEMA_VERSION}")
    return info


def describe_tensor(tensor: TensorInfo) -> dict[str, Any]:
    """A tensor as JSON shows it, in artifact.json and elsewhere."""
    return {
        "name": tensor.name,
        "shape": list(tensor.shape),
        "dtype": tensor.dtype,
        "scales": list(tensor.scales),
        "zero_points": list(tensor.zero_points),
    }
