"""Small networks of each kind that structural pruning must follow, with weights as after training."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np


def build(name: str) -> Any:
    """The model of that name, with random weights and batch-norm statistics, so that nothing is 0 or 1 by chance."""
    import tf_keras

    tf_keras.backend.clear_session()
    tf_keras.utils.set_random_seed(3)
    return randomize(MODELS[name]())


def randomize(model: Any) -> Any:
    rng = np.random.default_rng(5)

    def draw(name: str, shape: tuple[int, ...]) -> Any:
        if "variance" in name:
            return rng.uniform(0.3, 1.0, shape)
        if len(shape) < 2:
            return rng.uniform(-0.3, 0.3, shape) + ("gamma" in name)
        # Scaled by what is summed, so that the outputs still depend on the inputs after many layers.
        return rng.normal(0, np.sqrt(2 / np.prod(shape[: -2 if "depthwise" in name else -1])), shape)

    for layer in model.layers:
        layer.set_weights([draw(each.name, tuple(each.shape)) for each in layer.weights])
    return model


def _normalize(x: Any, activation: str = "relu") -> Any:
    from tf_keras import layers

    return layers.Activation(activation)(layers.BatchNormalization()(x))


def _sequential() -> Any:
    """Flatten between convolution and dense layers; a rank-1 BatchNormalization; no Functional graph."""
    from tf_keras import Sequential, layers

    return Sequential(
        [
            *(layers.Input((8, 8, 3)), layers.Conv2D(8, 3, activation="relu"), layers.MaxPooling2D()),
            *(layers.ZeroPadding2D(1), layers.Conv2D(12, 3, strides=2), layers.PReLU(shared_axes=[1, 2])),
            *(layers.Flatten(), layers.Dense(16, activation="relu"), layers.BatchNormalization()),
            *(layers.Dropout(0.2), layers.Dense(5, activation="softmax")),
        ]
    )


def _resnet() -> Any:
    """An identity block, and one with stride 2 and a 1x1 projection."""
    from tf_keras import Input, Model, layers

    inputs = Input((8, 8, 3))
    x = _normalize(layers.Conv2D(8, 3, padding="same", use_bias=False)(inputs))
    for filters, stride in ((8, 1), (16, 2)):
        y = _normalize(layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)(x))
        y = layers.BatchNormalization()(layers.Conv2D(filters, 3, padding="same")(y))
        if stride == 2:
            x = layers.BatchNormalization()(layers.Conv2D(filters, 1, strides=2)(x))
        x = layers.ReLU()(layers.Add()([x, y]))
    x = layers.GlobalAveragePooling2D()(x)
    return Model(inputs, layers.Dense(5, activation="softmax")(x))


def _ds_cnn() -> Any:
    from tf_keras import Input, Model, layers

    inputs = Input((12, 10, 1))
    x = _normalize(layers.Conv2D(8, (4, 3), strides=2, padding="same")(inputs))
    for _ in range(2):
        x = _normalize(layers.DepthwiseConv2D(3, padding="same")(x))
        x = _normalize(layers.Conv2D(8, 1)(x))
    x = layers.Flatten()(layers.AveragePooling2D((6, 5))(x))
    return Model(inputs, layers.Dense(5, activation="softmax")(x))


def _mobilenet() -> Any:
    """Zero padding before strides, a depth multiplier, ReLU6, a linear bottleneck, Reshape before the classes."""
    from tf_keras import Input, Model, layers

    inputs = Input((8, 8, 3))
    x = layers.ReLU(6.0)(layers.BatchNormalization()(layers.Conv2D(8, 3, padding="same")(inputs)))
    x = layers.ZeroPadding2D(((0, 1), (0, 1)))(x)
    x = layers.DepthwiseConv2D(3, strides=2, depth_multiplier=2, use_bias=False)(x)
    x = layers.ReLU(6.0)(layers.BatchNormalization()(x))
    x = layers.BatchNormalization()(layers.Conv2D(8, 1, use_bias=False)(x))
    y = _normalize(layers.Conv2D(24, 1)(x))
    y = _normalize(layers.DepthwiseConv2D(3, padding="same")(y))
    x = layers.Add()([x, layers.BatchNormalization()(layers.Conv2D(8, 1)(y))])
    x = layers.Reshape((1, 1, 8))(layers.GlobalAveragePooling2D()(layers.SeparableConv2D(8, 3)(x)))
    x = layers.Reshape((5,))(layers.Conv2D(5, 1)(layers.Dropout(0.1)(x)))
    return Model(inputs, layers.Softmax()(x))


def _inception() -> Any:
    """Concatenate of three branches, one of them pooled, added to a skip, and nested once more."""
    from tf_keras import Input, Model, layers

    inputs = Input((8, 8, 3))
    x = layers.Conv2D(6, 3, padding="same", activation="relu")(inputs)
    pooled = layers.MaxPooling2D(3, strides=1, padding="same")(x)
    y = layers.Concatenate()([layers.Conv2D(4, 1)(x), layers.Conv2D(5, 3, padding="same")(x), pooled])
    y = layers.ReLU()(layers.Add()([y, layers.Conv2D(15, 1)(x)]))
    y = layers.Concatenate()([y, x])
    y = layers.Conv2D(8, 3, activation="tanh")(y)
    return Model(inputs, layers.Dense(5)(layers.Flatten()(y)))


def _squeeze() -> Any:
    """Squeeze and excitation: sigmoid(0) is not 0, so the gate's channels must go with those that they scale."""
    from tf_keras import Input, Model, layers

    inputs = Input((8, 8, 3))
    x = _normalize(layers.Conv2D(8, 3)(inputs), "sigmoid")
    gate = layers.Dense(4, activation="relu")(layers.GlobalAveragePooling2D()(x))
    gate = layers.Reshape((1, 1, 8))(layers.Dense(8, activation="sigmoid")(gate))
    x = layers.GlobalMaxPooling2D()(layers.Multiply()([x, gate]))
    return Model(inputs, layers.Dense(5)(x))


def _signal() -> Any:
    """One axis: Conv1D, causal and dilated, depthwise and separable."""
    from tf_keras import Input, Model, layers

    inputs = Input((32, 2))
    x = layers.Conv1D(8, 5, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv1D(8, 3, dilation_rate=2, padding="causal", activation="elu")(x)
    x = _normalize(layers.DepthwiseConv1D(3, padding="same")(x))
    x = layers.SeparableConv1D(8, 3, activation="relu")(layers.MaxPooling1D()(x))
    return Model(inputs, layers.Dense(5)(layers.GlobalAveragePooling1D()(x)))


def _autoencoder() -> Any:
    """Dense units that become an image by Reshape, and a transposed convolution."""
    from tf_keras import Input, Model, layers

    inputs = Input((20,))
    x = layers.BatchNormalization()(layers.Dense(12, activation="relu")(inputs))
    x = layers.Reshape((2, 2, 6))(layers.Dense(24, activation="relu")(x))
    x = layers.Conv2DTranspose(8, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Conv2D(4, 3, padding="same")(layers.UpSampling2D()(x))
    return Model(inputs, layers.Flatten()(x))


def _shared() -> Any:
    """One convolution called twice, and Subtract of what it makes."""
    from tf_keras import Input, Model, layers

    one, other = Input((6, 6, 2)), Input((6, 6, 2))
    first, second = layers.Conv2D(6, 3, activation="relu"), layers.Conv2D(8, 3)
    x = layers.Subtract()([second(first(one)), second(first(other))])
    return Model([one, other], layers.Dense(3)(layers.GlobalAveragePooling2D()(x)))


def _unknown() -> Any:
    """A Lambda and a recurrent layer, which keep what they meet, beside layers that can be followed."""
    from tf_keras import Input, Model, layers

    inputs = Input((12, 2))
    x = layers.Conv1D(8, 3, activation="relu", name="free")(inputs)
    x = layers.Conv1D(6, 3, name="before_gru")(x)
    x = layers.Dense(8, activation="softmax", name="mixed")(layers.GRU(7)(x))
    return Model(inputs, layers.Dense(3)(x * 2.0))


MODELS: dict[str, Callable[[], Any]] = {
    name.removeprefix("_"): value
    for name, value in list(globals().items())
    if name in ("_sequential", "_resnet", "_ds_cnn", "_mobilenet", "_inception", "_squeeze", "_signal")
    or name in ("_autoencoder", "_shared", "_unknown")
}


def build_random(seed: int) -> Any:
    """A Functional graph of four to ten layers, each on tensors that are already there."""
    import tf_keras
    from tf_keras import Input, Model, layers

    tf_keras.backend.clear_session()
    choose = random.Random(seed)  # noqa: S311
    inputs = Input((6, 6, 3))
    tensors = [layers.Conv2D(choose.randint(2, 6), 3, padding="same")(inputs)]
    for _ in range(choose.randint(4, 10)):
        x = choose.choice(tensors[-3:])
        same = [each for each in tensors if each.shape == x.shape]
        kind = choose.choice(("conv", "depthwise", "norm", "add", "concatenate", "activation", "grouped"))
        if kind == "conv":
            x = layers.Conv2D(
                choose.choice((4, 6)), choose.choice((1, 3)), padding="same", activation="relu"
            )(x)
        elif kind == "depthwise":
            x = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=choose.choice((1, 2)))(x)
        elif kind == "norm":
            x = layers.BatchNormalization()(x)
        elif kind == "add":
            x = layers.Add()([x, choose.choice(same)])
        elif kind == "concatenate":
            x = layers.Concatenate()([x, choose.choice(tensors)])
        elif kind == "activation":
            x = layers.Activation(choose.choice(("sigmoid", "tanh", "softmax", "relu")))(x)
        else:
            x = layers.Conv2D(x.shape[-1], 3, padding="same", groups=x.shape[-1])(x)
        tensors.append(x)
    x = layers.Flatten()(x) if choose.random() < 0.5 else layers.GlobalAveragePooling2D()(x)
    return randomize(Model(inputs, layers.Dense(4)(x)))
