"""Handwritten digits: 1,797 grey images of 8x8 pixels, 10 classes.

Source: E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository,
1998 (CC BY 4.0), the part that ships inside scikit-learn.
"""

from __future__ import annotations

import numpy as np

from edgekit.datasets import DataSet
from edgekit.errors import MissingDependencyError

_TEST_EVERY = 5


def load() -> DataSet:
    """Pixels 0 … 16 scaled to 0 … 1. Every fifth image of a class is for testing: 1,442 train, 355 test."""
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise MissingDependencyError(
            "the digits come with scikit-learn, which is not installed; pip install 'edgekit[train]'"
        ) from error
    digits = load_digits()
    images = (digits.images / 16.0).astype(np.float32)[..., np.newaxis]
    labels = digits.target.astype(np.int64)
    is_test = np.zeros(len(labels), bool)
    for digit in range(10):
        is_test[np.flatnonzero(labels == digit)[_TEST_EVERY - 1 :: _TEST_EVERY]] = True
    return DataSet(
        name="digits",
        source="UCI Optical Recognition of Handwritten Digits, from scikit-learn",
        num_classes=10,
        class_names=tuple("0123456789"),
        licence="CC BY 4.0, E. Alpaydin and C. Kaynak 1998",
        x_train=images[~is_test],
        y_train=labels[~is_test],
        x_test=images[is_test],
        y_test=labels[is_test],
    )
