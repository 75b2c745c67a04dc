"""How well reconstruction errors tell anomalies from what is normal; for a recipe and for a board's own outputs.

An autoencoder that was trained on normal samples reproduces others badly. A recording's score is the mean over its
windows of their mean squared errors, as in MLPerf Tiny's anomaly detection.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod, sqrt
from typing import Any

import numpy as np

from edgekit.errors import DataError
from edgekit.tflite_model import TensorInfo, TfliteModel

Array = np.ndarray[Any, Any]
METRIC = "auc"
# float64 copies of so many windows at a time, where all of them may not fit into memory.
_WINDOWS_AT_ONCE = 4096


@dataclass(frozen=True, eq=False)
class Scores:
    """One of each for a recording: `errors` float64, the higher the less normal; `labels`, 1 for an anomaly."""

    errors: Array
    labels: Array

    @property
    def auc(self) -> float:
        """The area under the ROC curve: how likely it is that an anomaly scores higher than what is normal.

        Source: Bamber, D. (1975), The area above the ordinal dominance graph, J. Math. Psychology 12 (it is the
        statistic of Mann and Whitney divided by the number of pairs; ties count half).
        """
        from scipy.stats import rankdata  # importing scipy.stats takes longer than many a benchmark

        is_anomaly = self.labels == 1
        num_anomalies, num_normal = int(is_anomaly.sum()), int((~is_anomaly).sum())
        ranks = float(rankdata(self.errors)[is_anomaly].sum())
        return (ranks - num_anomalies * (num_anomalies + 1) / 2) / (num_anomalies * num_normal)

    def interval(self, level: float) -> tuple[float, float]:
        """Where the area lies with that confidence; like Wilson's interval it stays inside [0, 1] even at 0 and 1.

        Source: Newcombe, R. G. (2006), Confidence intervals for an effect size measure based on the Mann-Whitney
        statistic, part 2, Statistics in Medicine 25, method 5.
        """
        from scipy.optimize import brentq
        from scipy.stats import norm

        area, quantile = self.auc, float(norm.ppf((1 + level) / 2))
        num_anomalies = int((self.labels == 1).sum())
        num_normal = len(self.labels) - num_anomalies
        mean = len(self.labels) / 2 - 1

        def excess(true_area: float) -> float:
            """How much further `area` is from the true one than chance takes it at this level."""
            factor = 1 + mean * (1 - true_area) / (2 - true_area) + mean * true_area / (1 + true_area)
            variance = true_area * (1 - true_area) * factor / (num_anomalies * num_normal)
            return abs(area - true_area) - quantile * sqrt(variance)

        # At 0 and 1 nothing is left to chance, so those always are solutions, too, and not the ones looked for.
        inside = min(max(area, 1e-9), 1 - 1e-9)
        low = 0.0 if area == 0 else float(brentq(excess, 0.0, inside))
        high = 1.0 if area == 1 else float(brentq(excess, inside, 1.0))
        return low, high


def check_recordings(
    labels: Array | None, groups: Array | None, model: TfliteModel, where: str
) -> tuple[Array, Array | None]:
    """Returns an evaluation set's labels and groups, (windows,), if reconstruction errors can be held against them.

    Raises:
        DataError: they cannot.
    """
    sizes = [[prod(each.shape) for each in tensors] for tensors in (model.inputs, model.outputs)]
    if len(sizes[0]) != 1 or sizes[0] != sizes[1]:
        raise DataError(
            f"{where} is for anomaly detection, but the model's outputs have {sizes[1]} elements and its inputs "
            f"{sizes[0]}; expected a model that reproduces its one input"
        )
    if labels is None:
        raise DataError(
            f"{where} is for anomaly detection and has no labels; expected 0 or 1 for each sample"
        )
    if groups is not None and (groups.shape != labels.shape or groups.dtype.kind not in "iu"):
        raise DataError(
            f"{where}: groups are {groups.dtype.name} of shape {list(groups.shape)}; expected {len(labels)} "
            "integers, the number of each sample's recording"
        )
    numbers, members = np.unique(labels if groups is None else groups, return_inverse=True)
    anomalous = np.bincount(members, labels) / np.bincount(members)
    mixed = numbers[(anomalous > 0) & (anomalous < 1)]
    if len(mixed):
        raise DataError(
            f"{where}: the samples of recording {mixed[0]} are labelled both 0 and 1; expected one label for all"
        )
    if len(set(labels.tolist())) < 2:
        raise DataError(
            f"{where}: all labels are {labels[0]}; expected normal samples, 0, and anomalies, 1, to tell apart"
        )
    return labels, None if groups is None else groups.astype(np.int64)


def score_recordings(inputs: Array, outputs: Array, labels: Array, groups: Array | None) -> Scores:
    """`inputs`, `outputs`: (windows, …) real numbers; `labels`: (windows,) 0 or 1; `groups`: (windows,) or None.

    Windows of one number in `groups` are one recording, and these come in the order of their numbers; without
    groups each window is one.
    """
    errors = np.empty(len(inputs), np.float64)
    for start in range(0, len(inputs), _WINDOWS_AT_ONCE):
        part = slice(start, start + _WINDOWS_AT_ONCE)
        wanted, found = (
            np.asarray(each[part], np.float64).reshape(len(labels[part]), -1) for each in (inputs, outputs)
        )
        errors[part] = np.square(found - wanted).mean(axis=1)
    if groups is None:
        return Scores(errors, labels)
    _, first, recording = np.unique(groups, return_index=True, return_inverse=True)
    means = np.bincount(recording, errors) / np.bincount(recording)
    return Scores(means, labels[first])


def to_real(values: Array, tensor: TensorInfo) -> Array:
    """What quantized numbers stand for, float32; others as they are."""
    if not tensor.scales or values.dtype.kind == "f":
        return values
    return (values.astype(np.float32) - tensor.zero_points[0]) * np.float32(tensor.scales[0])
