"""The samples a model is judged with, checked against the model before anything is run."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.anomaly import check_recordings
from edgekit.errors import DataError
from edgekit.tflite_model import TensorInfo, TfliteModel

Array = np.ndarray[Any, Any]
_INPUT_NAMES = ("inputs", "x_test", "x")
_LABEL_NAMES = ("labels", "y_test", "y")
_GROUP_NAMES = ("groups", "group_test")
CLASSIFICATION, ANOMALY = "classification", "anomaly"


@dataclass(frozen=True, eq=False)
class EvaluationSet:
    """Samples, and what they are.

    `inputs`: one array per model input, (samples, …) without the model's batch axis of 1, in its dtype.
    `labels`: (samples,) int64, or None. For the task "classification" the index of the class; for "anomaly", whose
    model reproduces its input, 0 for normal and 1 for an anomaly.
    `groups`: (samples,) int64, or None; of an anomaly set, samples with the same number are one recording.
    """

    inputs: tuple[Array, ...]
    labels: Array | None
    sha256: str
    task: str = CLASSIFICATION
    groups: Array | None = None

    def __len__(self) -> int:
        return len(self.inputs[0])


def load_evaluation_set(path: Path, model: TfliteModel) -> EvaluationSet:
    """Reads an .npz with `inputs` (or input_0, input_1, …; x_test; x) and optionally `labels` (y_test; y).

    For anomaly detection it also has `task`, the text "anomaly", and optionally `groups` (group_test). Floats
    for a quantized input are quantized as TFLite's QUANTIZE does it.

    Raises:
        DataError: the file cannot be read or does not fit the model.
    """
    arrays = _read_npz(path)
    names = _input_names(arrays, len(model.inputs), path)
    inputs = tuple(
        _fit(arrays[name], tensor, f"{path}: array {name!r}")
        for name, tensor in zip(names, model.inputs, strict=True)
    )
    found = next((name for name in _LABEL_NAMES if name in arrays), None)
    task = _read_task(arrays, path)
    num_classes = 2 if task == ANOMALY else _num_classes(model)
    labels = None if found is None else _fit_labels(arrays[found], num_classes, f"{path}: array {found!r}")
    groups = None
    if task == ANOMALY:
        grouped = next((name for name in _GROUP_NAMES if name in arrays), None)
        groups = None if grouped is None else arrays[grouped]
    return _assemble(inputs, labels, str(path), model, task, groups)


def make_evaluation_set(
    inputs: Sequence[Array],
    labels: Array | None,
    model: TfliteModel,
    task: str = CLASSIFICATION,
    groups: Array | None = None,
) -> EvaluationSet:
    """The same from arrays in memory.

    Raises:
        DataError: they do not fit the model.
    """
    fitted = tuple(
        _fit(array, tensor, f"input {position} of the evaluation set")
        for position, (array, tensor) in enumerate(zip(inputs, model.inputs, strict=True))
    )
    num_classes = 2 if task == ANOMALY else _num_classes(model)
    if labels is not None:
        labels = _fit_labels(labels, num_classes, "the evaluation set's labels")
    return _assemble(fitted, labels, "evaluation set", model, task, groups if task == ANOMALY else None)


def _assemble(
    inputs: tuple[Array, ...],
    labels: Array | None,
    where: str,
    model: TfliteModel,
    task: str,
    groups: Array | None,
) -> EvaluationSet:
    lengths = [len(array) for array in inputs] + ([] if labels is None else [len(labels)])
    if len(set(lengths)) > 1:
        kind = "inputs and labels" if labels is not None else "inputs"
        raise DataError(
            f"{where}: {kind} need the same number of samples; found {', '.join(map(str, lengths))}"
        )
    if lengths[0] == 0:
        raise DataError(f"{where} has no samples; at least one is needed")
    if task != ANOMALY:
        return EvaluationSet(inputs, labels, _hash((*inputs, labels)))
    checked, groups = check_recordings(labels, groups, model, where)
    return EvaluationSet(inputs, checked, _hash((*inputs, checked, groups, np.array(task))), task, groups)


def _read_task(arrays: Mapping[str, Array], path: Path) -> str:
    """Files that name no task are older than tasks, or of a user's own: classification."""
    if "task" not in arrays:
        return CLASSIFICATION
    task = arrays["task"]
    if task.shape != () or str(task) not in (CLASSIFICATION, ANOMALY):
        raise DataError(
            f"{path}: task is {str(task)[:40]!r}; expected the text {CLASSIFICATION!r} or {ANOMALY!r}"
        )
    return str(task)


def quantize(values: Array, tensor: TensorInfo) -> Array:
    """Real values to the tensor's integers: round half away from zero in float32, saturate.

    Source: TFLite reference kernel AffineQuantize (TfLiteRound is std::round).
    """
    limits = np.iinfo(tensor.dtype)
    quotients = (np.asarray(values, np.float32) / np.float32(tensor.scales[0])).astype(np.float64)
    rounded = np.copysign(np.floor(np.abs(quotients) + 0.5), quotients) + tensor.zero_points[0]
    return np.clip(rounded, limits.min, limits.max).astype(tensor.dtype)


def encode_npz(arrays: Mapping[str, Array]) -> bytes:
    """The bytes of an .npz that depend on the arrays alone: no time stamps, no compression library."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.save(member, np.asarray(array, order="C"), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), member.getvalue())
    return file.getvalue()


def _read_npz(path: Path) -> dict[str, Array]:
    expected = "expected an .npz file written with numpy.savez"
    try:
        # numpy.load takes .npy files and pickles, too; only archives go on from here.
        with zipfile.ZipFile(path) as archive:
            archive.namelist()
        with np.load(path, allow_pickle=False) as loaded:
            wanted = [
                name
                for name in loaded.files
                if name in (*_INPUT_NAMES, *_LABEL_NAMES, *_GROUP_NAMES, "task") or name.startswith("input_")
            ]
            arrays = {name: np.asarray(loaded[name]) for name in wanted}
            others = [name for name in loaded.files if name not in wanted]
    except zipfile.BadZipFile as error:
        raise DataError(f"{path} is not a sound .npz file ({error}); {expected}") from error
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}; {expected}") from error
    except MemoryError as error:
        raise DataError(f"{path} claims arrays larger than this machine's memory; {expected}") from error
    except (ValueError, EOFError, KeyError, zlib.error, SyntaxError, TypeError, RuntimeError) as error:
        raise DataError(f"{path} holds an array that cannot be read ({error}); {expected}") from error
    if not arrays:
        raise DataError(
            f"{path} has no array named 'inputs', 'x_test' or 'x'; found {', '.join(others) or 'none'}"
        )
    return arrays


def _input_names(arrays: Mapping[str, Array], num_inputs: int, path: Path) -> Sequence[str]:
    numbered = sorted(name for name in arrays if name.startswith("input_"))
    expected = [f"input_{index}" for index in range(num_inputs)]
    if set(numbered) >= set(expected) and len(numbered) == num_inputs:
        return expected
    single = next((name for name in _INPUT_NAMES if name in arrays), None)
    if num_inputs == 1 and single is not None:
        return [single]
    wanted = "'inputs'" if num_inputs == 1 else ", ".join(repr(name) for name in expected)
    raise DataError(
        f"{path}: the model has {num_inputs} input{'s' * (num_inputs != 1)}, expected {wanted}; "
        f"found {', '.join(repr(name) for name in arrays)}"
    )


def _fit(array: Array, tensor: TensorInfo, label: str) -> Array:
    sample = tensor.shape[1:] if tensor.shape[:1] == (1,) else tensor.shape
    if array.ndim and array.shape[1:] == tensor.shape:
        array = array.reshape(len(array), *sample)
    if array.ndim == 0 or array.shape[1:] != sample:
        wanted = ", ".join(["samples", *map(str, sample)])
        raise DataError(f"{label} has shape {list(array.shape)}; the model's input needs ({wanted})")
    if array.dtype.name == tensor.dtype:
        if array.dtype.kind == "f":
            _check_finite(array, label)
        return np.ascontiguousarray(array)
    integer = tensor.dtype in ("int8", "uint8", "int16")
    if array.dtype.kind == "f":
        _check_finite(array, label)
        if integer and tensor.scales and tensor.scales[0] > 0 and tensor.zero_points:
            return quantize(array, tensor)
        if tensor.dtype in ("float32", "float64"):
            return array.astype(tensor.dtype)
    hint = " or floats, which are quantized here" if integer and tensor.scales else ""
    raise DataError(f"{label} is {array.dtype.name}; the model's input needs {tensor.dtype}{hint}")


def _num_classes(model: TfliteModel) -> int:
    return prod(model.outputs[0].shape) if model.outputs else 0


def _fit_labels(labels: Array, num_classes: int, label: str) -> Array:
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise DataError(f"{label} has shape {list(labels.shape)}; expected one class index for each sample")
    if labels.dtype.kind not in "iub":
        raise DataError(f"{label} is {labels.dtype.name}; expected integers, the index of the class")
    lowest, highest = (int(labels.min()), int(labels.max())) if labels.size else (0, 0)
    if lowest < 0 or (num_classes > 1 and highest >= num_classes):
        wrong = lowest if lowest < 0 else highest
        raise DataError(
            f"{label} holds the class {wrong}; the model's output has classes 0 to {num_classes - 1}"
        )
    return labels.astype(np.int64)


def _check_finite(array: Array, label: str) -> None:
    wrong = array.size - int(np.isfinite(array).sum())
    if wrong:
        raise DataError(
            f"{label} holds {wrong} values that are not finite (NaN or infinity); expected real numbers"
        )


def _hash(arrays: Sequence[Array | None]) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        if array is None:
            digest.update(b"none\0")
        else:
            digest.update(f"{array.dtype.str}{list(array.shape)}\0".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
