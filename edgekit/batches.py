"""The batches of several epochs as one stream, in the order in which Keras would shuffle them epoch by epoch.

A call of `fit` for each epoch, each with a seed of its own, makes a run repeatable from any epoch on. But setting a
seed empties TensorFlow's cache of prepared functions, so that every epoch prepares the whole training step anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

# The layers of these packages draw no random numbers, or such that weights decide, but for those that say so.
_KNOWN = ("tf_keras.", "tensorflow_model_optimization.", "larq.", "edgekit.")
_OPAQUE = ("Lambda", "TFOpLambda", "ClassMethod", "InstanceMethod")
_MAX_SEED = 2**31 - 1

# (samples, …) of one batch, and what chance they are changed by → as many samples.
Augment = Callable[[np.ndarray[Any, Any], np.random.Generator], np.ndarray[Any, Any]]


def may_draw_random_numbers(model: Any) -> bool:
    """Whether a step of training may depend on more than weights and data, as dropout does."""
    import tf_keras

    random = tf_keras.__internal__.layers.BaseRandomLayer
    return any(
        isinstance(each, random)
        or not type(each).__module__.startswith(_KNOWN)
        or type(each).__name__ in _OPAQUE
        for each in (model, *model.submodules)
        if isinstance(each, tf_keras.layers.Layer)
    )


def shuffled_batches(
    inputs: np.ndarray[Any, Any], targets: np.ndarray[Any, Any], batch_size: int, seeds: Sequence[int]
) -> Any:
    """A tf.data.Dataset of (inputs, targets): one epoch for each seed, shuffled as `fit` does after setting it.

    Call it after setting a seed: a generator that exists already would go on where it stopped.
    """
    import tensorflow as tf

    count = len(inputs)
    num_full = count // batch_size * batch_size
    # A graph's first operator without a seed of its own has 0 beside the global one; both 0 would mean any.
    orders = [
        tf.raw_ops.RandomShuffle(
            value=tf.range(count),
            seed=seed % _MAX_SEED,
            seed2=0 if seed % _MAX_SEED else _MAX_SEED,
        )
        for seed in seeds
    ]

    def slice_epoch(order: Any) -> Any:
        batches = tf.data.Dataset.from_tensor_slices(tf.reshape(order[:num_full], [-1, batch_size]))
        if num_full == count:
            return batches
        return batches.concatenate(tf.data.Dataset.from_tensors(order[num_full:]))

    def gather(order: Any, data: tuple[Any, Any]) -> tuple[Any, Any]:
        return tf.gather(data[0], order), tf.gather(data[1], order)

    whole = tf.data.Dataset.from_tensors((_as_float32(inputs), _as_float32(targets))).repeat()
    epochs = tf.data.Dataset.from_tensor_slices(tf.stack(orders)).flat_map(slice_epoch)
    return tf.data.Dataset.zip((epochs, whole)).map(gather).prefetch(tf.data.AUTOTUNE)


def augmented_batches(
    inputs: np.ndarray[Any, Any],
    targets: np.ndarray[Any, Any],
    batch_size: int,
    seeds: Sequence[int],
    augment: Augment,
) -> Iterator[tuple[Any, Any]]:
    """(inputs, targets), one epoch for each seed, in an order by chance.

    Targets that are the inputs themselves, as an autoencoder has them, are changed as those are.
    """
    for seed in seeds:
        random = np.random.default_rng(seed)
        order = random.permutation(len(inputs))
        for start in range(0, len(order), batch_size):
            chosen = order[start : start + batch_size]
            samples = augment(inputs[chosen], random)
            yield samples, samples if targets is inputs else targets[chosen]


def _as_float32(values: Any) -> Any:
    """As Keras takes them: any floats in single precision."""
    array = np.asarray(values)
    return array.astype(np.float32) if np.issubdtype(array.dtype, np.floating) else array
