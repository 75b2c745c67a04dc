"""Training samples for techniques that look at what a model does with some."""

from __future__ import annotations

import numpy as np

from edgekit.techniques import Context
from edgekit.techniques._channel_nouns import Array


def choose_samples(context: Context, num_samples: int) -> Array:
    """Indices of some of the training samples, in order: another choice for another seed."""
    order = np.random.default_rng(context.seed).permutation(len(context.dataset.x_train))
    chosen: Array = np.sort(order[:num_samples])
    return chosen
