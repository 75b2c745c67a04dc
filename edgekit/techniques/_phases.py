"""Training that prepares channels for removal, in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edgekit.techniques import Context
from edgekit.techniques._channel_nouns import OUT, Array, ChannelGraph
from edgekit.techniques._channels_rebuild import mask_channels


def train_soft(
    model: Any,
    graph: ChannelGraph,
    context: Context,
    num_epochs: int,
    label: str,
    choose: Callable[[], Array],
    learning_rate: float | None,
) -> None:
    """Zeroes the filters that `choose` names after each epoch and lets them grow again in the next.

    Source: He et al., "Soft Filter Pruning for Accelerating Deep Convolutional Neural Networks", IJCAI 2018.
    """
    import tf_keras

    # Filters only: what reads them keeps its weights, through which they grow again.
    callback = tf_keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: mask_channels(model, graph, choose(), OUT)
    )
    context.train(model, num_epochs, label, callbacks=[callback], learning_rate=learning_rate)


def train_slim(
    model: Any, context: Context, num_epochs: int, label: str, penalty: float, learning_rate: float | None
) -> None:
    """Adds `penalty` times the sum of |gamma| of all batch normalizations to the loss.

    Source: Liu et al., "Learning Efficient Convolutional Networks through Network Slimming", ICCV 2017,
    equation 1.
    """
    import tf_keras

    def penalize(layer: Any) -> Any:
        config = layer.get_config()
        if isinstance(layer, tf_keras.layers.BatchNormalization):
            config["gamma_regularizer"] = tf_keras.regularizers.L1(penalty)
        return type(layer).from_config(config)

    # A copy has the penalty, so that later training is without.
    penalized = tf_keras.models.clone_model(model, clone_function=penalize)
    penalized.set_weights(model.get_weights())
    context.train(penalized, num_epochs, label, learning_rate=learning_rate)
    model.set_weights(penalized.get_weights())
