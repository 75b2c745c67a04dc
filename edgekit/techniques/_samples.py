"""Training samples for techniques that look at what a model does with some."""

from __future__ import annotations

import numpy as np

from edgekit.errors import DataError
from edgekit.techniques import Context
from edgekit.techniques._channel_nouns import Array


def choose_samples(context: Context, num_samples: int) -> Array:
    """Indices of some of the training samples, not just of the first, which may all be of one class.

    Raises:
        DataError: they hold NaN or infinity.
    """
    x_train = context.dataset.x_train
    chosen: Array = np.sort(np.random.default_rng(context.seed).permutation(len(x_train))[:num_samples])
    if not np.isfinite(x_train[chosen]).all():
        raise DataError(
            f"data set {context.dataset.name} has training inputs that are not finite; expected numbers; "
            "remove the samples with NaN or infinity"
        )
    return chosen
