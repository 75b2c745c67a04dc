"""Tells whether calibration data show a converter the values that the model will meet.

Post-training quantization takes the range of every activation from a few samples. Samples on another scale, of one
class, or otherwise unlike the training data give a file that converts without a word and answers wrongly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.console import warn
from edgekit.errors import DataError

Array = np.ndarray[Any, Any]
_FEW = 16
_KNOWN_FACTORS = (255.0, 256.0, 127.5, 128.0, 127.0, 32768.0, 32767.0, 65535.0)


@dataclass(frozen=True)
class Finding:
    """What is wrong, in one sentence; with an error the samples cannot be used."""

    sentence: str
    is_error: bool = True


def diagnose_calibration(
    samples: Array, training: Array, labels: Array | None = None, training_labels: Array | None = None
) -> list[Finding]:
    """What speaks against calibrating with `samples`, (samples, …), a model that was trained on `training`.

    `labels` and `training_labels`: (samples,) classes, where they are known.
    """
    broken = _find_broken(samples, training)
    if broken is not None:
        return [Finding(broken)]
    scale = _find_scale(samples, training)
    if scale is not None:
        return [scale]
    findings = [*_find_classes(labels, training_labels), *_find_repetition(samples, training)]
    # One class is a distribution of its own; saying so twice helps nobody.
    return findings or list(_find_drift(samples, training))


def check_calibration(
    samples: Array, training: Array, labels: Array | None = None, training_labels: Array | None = None
) -> None:
    """Warns on standard error of what is doubtful.

    Raises:
        DataError: the samples cannot be used, with the reason and what to do.
    """
    findings = diagnose_calibration(samples, training, labels, training_labels)
    for each in findings:
        if each.is_error:
            raise DataError(each.sentence)
    for each in findings:
        warn(each.sentence)


def load_calibration(path: Path) -> tuple[Array, Array | None]:
    """Samples and, if the file has them, labels: the arrays x and y, or x_train and y_train, of an .npz file.

    Raises:
        DataError: it cannot be read or has neither.
    """
    expected = "expected an .npz file with the array x (samples, …) and, better, y (samples,)"
    try:
        # np.load forgets to close a damaged file that it has opened itself.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as loaded:
            for x, y in (("x", "y"), ("x_train", "y_train")):
                if x in loaded.files:
                    return np.asarray(loaded[x]), np.asarray(loaded[y]) if y in loaded.files else None
    except (OSError, ValueError, EOFError, KeyError, AttributeError) as error:
        raise DataError(f"cannot read the calibration data {path} ({error}); {expected}") from error
    except Exception as error:  # zipfile and zlib have their own, without a common base
        raise DataError(f"the calibration data {path} are damaged ({error}); {expected}") from error
    raise DataError(f"the calibration data {path} have no array x; {expected}")


def _find_broken(samples: Array, training: Array) -> str | None:
    if samples.ndim == 0 or len(samples) == 0:
        return "the calibration data are empty; expected at least 100 samples of the training data"
    if samples.dtype.kind not in "iufb":
        return f"the calibration data are {samples.dtype.name}; expected numbers, prepared as for training"
    if samples.shape[1:] != training.shape[1:]:
        return (
            f"the calibration samples have the shape {list(samples.shape[1:])}; expected that of the training "
            f"samples, {list(training.shape[1:])}"
        )
    bad = ~np.isfinite(samples.reshape(len(samples), -1)).all(axis=1)
    if bad.any():
        return (
            f"{bad.sum()} of {len(samples)} calibration samples hold NaN or infinity, the first one at index "
            f"{int(bad.argmax())}; expected finite numbers; remove them"
        )
    if samples.min() == samples.max() and training.min() != training.max():
        return (
            f"all calibration values are {samples.flat[0]:g}; expected values from {training.min():g} to "
            f"{training.max():g}, as in training"
        )
    return None


def _find_scale(samples: Array, training: Array) -> Finding | None:
    """Compares ranges without the outermost values, which differ between any two samples of the same data."""
    low, high = _range(samples)
    wanted_low, wanted_high = _range(training)
    width, wanted = high - low, wanted_high - wanted_low
    if wanted <= 0 or width <= 0:
        return None
    ratio = width / wanted
    said = (
        f"the calibration data lie between {low:.4g} and {high:.4g}, the training data between "
        f"{wanted_low:.4g} and {wanted_high:.4g}"
    )
    factor = next((each for each in _KNOWN_FACTORS if 0.8 < ratio / each < 1.25), None)
    inverse = next((each for each in _KNOWN_FACTORS if 0.8 < ratio * each < 1.25), None)
    if factor is not None:
        return Finding(f"{said}: they are not scaled; divide them by {factor:g}, as was done for training")
    if inverse is not None:
        return Finding(f"{said}: they are scaled, which training was not; multiply them by {inverse:g}")
    # Half of the range, or twice, is what another normalization does (0…1 for -1…1).
    overlap = min(high, wanted_high) - max(low, wanted_low)
    if ratio > 1.9 or overlap < 0.55 * wanted:
        return Finding(f"{said}: the range is wrong; prepare them exactly as the training data")
    if ratio > 1.4 or overlap < 0.8 * wanted:
        return Finding(f"{said}; take samples that cover what the model will meet", is_error=False)
    return None


def _range(values: Array) -> tuple[float, float]:
    low, high = np.quantile(values.astype(np.float32, copy=False), [0.001, 0.999])
    if low == high:  # nearly all values are one, such as the background of a picture
        low, high = values.min(), values.max()
    return float(low), float(high)


def _find_classes(labels: Array | None, training_labels: Array | None) -> Iterator[Finding]:
    if labels is None or training_labels is None:
        return
    found, expected = np.unique(labels), np.unique(training_labels)
    strange = np.setdiff1d(found, expected)
    if len(strange):
        yield Finding(
            f"the calibration labels have class {strange[0]}, which training did not have; fix them"
        )
    elif len(found) == 1 and len(expected) > 1:
        yield Finding(
            f"all {len(labels)} calibration samples are of class {found[0]}; expected all {len(expected)} classes; "
            "shuffle the data before you take samples from it"
        )
    elif len(found) < len(expected) and len(labels) >= 4 * len(expected):
        yield Finding(
            f"the calibration data have {len(found)} of {len(expected)} classes; take some samples of each",
            is_error=False,
        )


def _find_repetition(samples: Array, training: Array) -> Iterator[Finding]:
    rows = samples.reshape(len(samples), -1)
    if len(samples) > 1 and (rows == rows[0]).all():
        yield Finding("all calibration samples are the same one; expected at least 100 different ones")
    elif len(samples) < min(_FEW, len(training)):
        yield Finding(
            f"there are only {len(samples)} calibration samples; ranges from so few are chance; use at least 100",
            is_error=False,
        )


def _find_drift(samples: Array, training: Array) -> Iterator[Finding]:
    """Means of features that lie further from those of training than chance puts them.

    The error of a mean over n samples is σ/√n; neighbouring features vary together, so even the root mean square
    over all of them may reach a few σ/√n by chance, and a shift must also matter in units of σ.
    """
    rows = samples.reshape(len(samples), -1).astype(np.float64)
    reference = training[: 20 * max(len(samples), 500)]
    all_rows = reference.reshape(len(reference), -1).astype(np.float64)
    spread = all_rows.std(axis=0)
    varied = spread > 1e-3 * max(float(spread.max()), 1e-12)
    if not varied.any():
        return
    shift = (rows.mean(axis=0) - all_rows.mean(axis=0))[varied] / spread[varied]
    size = float(np.sqrt(np.square(shift).mean()))
    if size > 0.25 and size * np.sqrt(len(rows)) > 4.0:
        yield Finding(
            f"the calibration data differ from the training data: the mean of a feature is off by {size:.2f} standard "
            "deviations; take a random sample of the training data",
            is_error=False,
        )
