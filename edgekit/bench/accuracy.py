"""Accuracy from the device's own outputs over the whole evaluation set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgekit import anomaly
from edgekit.bench.arrays import Array
from edgekit.bench.result import Accuracy, ConfidenceInterval
from edgekit.bench.statistics import CONFIDENCE_LEVEL, wilson_interval
from edgekit.evaluation import EvaluationSet
from edgekit.tflite_model import TfliteModel


def class_labels(labels: Array | None, num_samples: int, num_classes: int) -> Array | None:
    """Class indices `(num_samples,)` from indices or one-hot rows; None if they are not the model's."""
    if labels is None or num_classes < 2 or len(labels) != num_samples:
        return None
    values = np.asarray(labels)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim == 2 and values.shape[1] == num_classes:
        is_one_hot = np.isin(values, (0, 1)).all() and (values.sum(axis=1) == 1).all()
        return np.asarray(values.argmax(axis=1)) if is_one_hot else None
    if values.ndim != 1 or values.dtype.kind not in "iufb":
        return None
    if values.dtype.kind == "f" and not (values == np.round(values)).all():
        return None
    indices = values.astype(np.int64)
    return indices if ((indices >= 0) & (indices < num_classes)).all() else None


def top1_accuracy(outputs: Sequence[Array], labels: Array) -> Accuracy:
    """`outputs` holds one array of class scores per sample. Of equal scores the lowest class counts."""
    predictions = np.array([int(np.argmax(each.reshape(-1))) for each in outputs])
    num_correct = int((predictions == labels).sum())
    return Accuracy(
        metric="top1",
        value=num_correct / len(labels),
        n=len(labels),
        num_correct=num_correct,
        confidence_interval=wilson_interval(num_correct, len(labels)),
    )


def anomaly_auc(outputs: Sequence[Array], evaluation: EvaluationSet, model: TfliteModel) -> Accuracy | None:
    """`outputs` holds one array per sample: what the device made of the input that it was to reproduce.

    None if an error is not finite, and has no place among the others.
    """
    assert evaluation.labels is not None  # noqa: S101  an anomaly set without labels is refused when it is read
    scores = anomaly.score_recordings(
        anomaly.to_real(evaluation.inputs[0], model.inputs[0]),
        anomaly.to_real(np.stack(outputs), model.outputs[0]),
        evaluation.labels,
        evaluation.groups,
    )
    if not np.isfinite(scores.errors).all():
        return None
    low, high = scores.interval(CONFIDENCE_LEVEL)
    return Accuracy(
        metric=anomaly.METRIC,
        value=scores.auc,
        n=len(scores.labels),
        confidence_interval=ConfidenceInterval(low, high, CONFIDENCE_LEVEL, "newcombe"),
    )
