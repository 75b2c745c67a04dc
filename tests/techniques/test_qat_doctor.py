"""What quantization-aware training refuses is rewritten with equal outputs, or named; in one subprocess."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.training_program import run_training_program

_PROGRAM = """
import json
import numpy as np
from edgekit.tensorflow_setup import import_tensorflow
import_tensorflow(1)
import tensorflow_model_optimization as tfmot
from tf_keras import Input, Model, Sequential, layers as L
from edgekit.errors import EdgekitError
from edgekit.native_output import filtered_stderr
from edgekit.techniques._qat_doctor import make_quantizable

random = np.random.default_rng(1)


def signal(body):
    inputs = Input((12, 3))
    return Model(inputs, L.Dense(4, activation="softmax")(body(inputs)))


def picture(body):
    inputs = Input((6, 6, 3))
    return Model(inputs, L.Dense(4, activation="softmax")(L.Flatten()(body(inputs))))


def branches(x):
    x = L.Conv1D(8, 3, padding="causal", dilation_rate=2, use_bias=False)(x)
    x = L.ReLU()(L.BatchNormalization()(x))
    y = L.DepthwiseConv1D(3, padding="same", depth_multiplier=1)(x)
    x = L.Concatenate(axis=2)([L.Add()([x, y]), y])
    x = L.Concatenate(axis=1)([x, x])
    x = L.SpatialDropout1D(0.1)(L.MaxPooling1D(3, 2, padding="same")(x))
    return L.GlobalMaxPooling1D()(L.ZeroPadding1D(1)(L.Cropping1D(1)(x)))


def pre_activation(x):
    x = L.Conv2D(4, 3, padding="same")(x)
    y = L.Conv2D(4, 3, padding="same")(L.ReLU()(L.BatchNormalization()(x)))
    return L.BatchNormalization(scale=False)(L.Add()([x, y]))


shared = L.Conv1D(3, 3, padding="same")
CASES = {
    "Conv1D in a sequence": lambda: Sequential([
        Input((12, 3)), L.Conv1D(8, 3, 2, activation="relu"), L.AveragePooling1D(2), L.Flatten(), L.Dense(4)]),
    "one-dimensional branches": lambda: signal(branches),
    "back to one dimension": lambda: signal(lambda x: L.Flatten()(L.Permute((2, 1))(L.Conv1D(5, 2)(x)))),
    "a shared layer": lambda: signal(lambda x: L.Flatten()(shared(shared(x)))),
    "upsampling": lambda: signal(lambda x: L.GlobalAveragePooling1D()(L.Conv1D(4, 3)(L.UpSampling1D(2)(x)))),
    "pre-activation": lambda: picture(pre_activation),
    "activation before normalization": lambda: picture(
        lambda x: L.BatchNormalization()(L.Conv2D(4, 3, activation="relu")(x))),
    "normalization of a vector": lambda: signal(
        lambda x: L.BatchNormalization()(L.Dense(6, activation="relu")(L.Flatten()(x)))),
    "normalization of the input": lambda: signal(lambda x: L.Flatten()(L.BatchNormalization()(x))),
    "Rescaling": lambda: picture(lambda x: L.Conv2D(4, 3, padding="same")(L.Rescaling(1 / 127.5, -1)(x))),
    "a nested model": lambda: picture(Sequential([Input((6, 6, 3)), L.Conv2D(4, 3), L.BatchNormalization()])),
    "nothing to do": lambda: picture(lambda x: L.ReLU()(L.BatchNormalization()(L.Conv2D(4, 3)(x)))),
    "PReLU": lambda: picture(lambda x: L.PReLU(name="odd")(L.Conv2D(4, 3)(x))),
    "LSTM": lambda: signal(lambda x: L.LSTM(4, name="odd")(x)),
    "Multiply": lambda: picture(lambda x: L.Multiply(name="odd")([x, x])),
    "Lambda": lambda: picture(L.Lambda(lambda x: x * 2, name="odd")),
    "LayerNormalization": lambda: picture(L.LayerNormalization(name="odd")),
    "normalization of rows": lambda: picture(lambda x: L.BatchNormalization(axis=1, name="odd")(x)),
    "open length": lambda: Model(*(lambda x: (x, L.GlobalMaxPooling1D()(L.Conv1D(4, 3)(x))))(Input((None, 3)))),
}
found = {}
with filtered_stderr():
    for name, build in CASES.items():
        model = build()
        for layer in model.layers:
            if type(layer).__name__ == "BatchNormalization":
                layer.set_weights([random.uniform(0.3, 2, each.shape) for each in layer.get_weights()])
        x = random.normal(size=(20, *(each or 9 for each in model.input_shape[1:]))).astype(np.float32)
        before = np.asarray(model(x))
        try:
            after, changes = make_quantizable(model, x)
            tfmot.quantization.keras.quantize_model(after)
            same = bool(np.allclose(before, after(x), atol=1e-5))
            found[name] = {
                "changes": changes, "same": same, "is itself": after is model,
                "unchanged": bool(np.array_equal(before, model(x))),
            }
        except EdgekitError as error:
            found[name] = {"error": str(error)}
print(json.dumps(found))
"""
_REWRITTEN = {
    "Conv1D in a sequence": ["Conv1D became Conv2D", "AveragePooling1D became AveragePooling2D"],
    "one-dimensional branches": ["Conv1D", "DepthwiseConv1D", "MaxPooling1D", "Cropping1D", "ZeroPadding1D"],
    "back to one dimension": ["Conv1D became Conv2D"],
    "a shared layer": ["Conv1D became Conv2D"],
    "upsampling": ["UpSampling1D", "Conv1D", "GlobalAveragePooling1D"],
    "pre-activation": ["BatchNormalization without a convolution in front"] * 2,
    "activation before normalization": ["BatchNormalization"],
    "normalization of a vector": ["BatchNormalization"],
    "normalization of the input": ["BatchNormalization"],
    "Rescaling": ["Rescaling became a depthwise 1x1 convolution with fixed weights"],
    "a nested model": ["its layers became the model's own"],
}
_REFUSED = {
    "PReLU": r"no layer of type PReLU, such as 'odd'; use ReLU or LeakyReLU",
    "LSTM": r"no layer of type LSTM, such as 'odd'; use Conv1D",
    "Multiply": r"no layer of type Multiply, such as 'odd'; leave the squeeze-and-excitation block out",
    "Lambda": r"no layer of type Lambda, such as 'odd'; write it with Keras layers",
    "LayerNormalization": r"LayerNormalization, such as 'odd'; use BatchNormalization",
    "normalization of rows": r"BatchNormalization 'odd' is over axis \[1\]; expected the channels",
    "open length": r"an input of open length; expected a fixed number of time steps",
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("qat")
    return run_training_program(_PROGRAM, folder)


@pytest.mark.parametrize("case", _REWRITTEN)
def test_what_tfmot_refuses_becomes_what_it_takes_with_equal_outputs(
    found: dict[str, Any], case: str
) -> None:
    assert "error" not in found[case], found[case]
    assert found[case]["same"]
    assert found[case]["unchanged"], "the given model was changed"
    for expected in _REWRITTEN[case]:
        assert any(expected in each for each in found[case]["changes"])


def test_a_model_that_tfmot_takes_is_left_alone(found: dict[str, Any]) -> None:
    assert found["nothing to do"]["is itself"]
    assert found["nothing to do"]["changes"] == []


@pytest.mark.parametrize("case", _REFUSED)
def test_what_cannot_be_had_is_named_with_the_way_out(found: dict[str, Any], case: str) -> None:
    assert re.search(_REFUSED[case], found[case]["error"])
