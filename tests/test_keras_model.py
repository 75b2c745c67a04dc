"""Files of Keras 2 and Keras 3, in one subprocess because starting TensorFlow takes seconds."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.training_program import run_training_program

_PROGRAM = """
import json, sys
from pathlib import Path
from edgekit.errors import EdgekitError
from edgekit.keras_model import load_keras_model
from edgekit.tensorflow_setup import import_tensorflow

import_tensorflow(0)
import keras, numpy as np, tf_keras

FOLDER, L = Path(sys.argv[1]), keras.layers
rng = np.random.default_rng(0)
image, signal = rng.random((3, 16, 16, 3), np.float32), rng.random((3, 20, 3), np.float32)

inputs = keras.Input((16, 16, 3))
x = L.BatchNormalization()(L.Conv2D(8, 3, padding="same", use_bias=False)(inputs))
x = L.ReLU(max_value=6)(x)
x = L.Add()([x, L.LeakyReLU(0.1)(L.DepthwiseConv2D(3, padding="same")(x))])
x = L.SeparableConv2D(12, 3, activation="swish")(L.MaxPooling2D()(x))
x = L.GlobalAveragePooling2D()(L.Dropout(0.2)(L.Concatenate()([x, x])))
functional = keras.Model(inputs, L.Softmax()(L.Dense(10)(x)))
for layer in functional.layers:  # so that equal outputs are not equal by chance
    layer.set_weights([rng.uniform(0.1, 1, each.shape) for each in layer.get_weights()])
sequential = keras.Sequential([keras.Input((20, 3)), L.Conv1D(4, 3), L.LSTM(5), L.Dense(2, "softmax")])
unknown = keras.Sequential([keras.Input((20, 3)), L.RMSNormalization(), L.Flatten(), L.Dense(2)])
code = keras.Sequential([keras.Input((20, 3)), L.Lambda(lambda x: x * 2, name="twice"), L.Flatten()])
old = tf_keras.Sequential([tf_keras.layers.Input((20, 3)), tf_keras.layers.Conv1D(4, 3)])

functional.save(FOLDER / "functional.keras")
functional.save(FOLDER / "functional.h5")
sequential.save(FOLDER / "sequential.keras")
unknown.save(FOLDER / "unknown.keras")
code.save(FOLDER / "code.keras")
old.save(FOLDER / "old.h5")
old.save(FOLDER / "old.keras")
old.save(FOLDER / "old_saved_model")
old.save_weights(FOLDER / "weights.h5")
tf_keras.Sequential([tf_keras.layers.Lambda(lambda x: x, input_shape=(2,), name="same")]).save(FOLDER / "code.h5")
(FOLDER / "text.keras").write_text("hello")
(FOLDER / "folder").mkdir()

found = {}
originals = {"functional": (functional, image), "sequential": (sequential, signal), "old": (old, signal)}
for path in [*sorted(FOLDER.iterdir()), FOLDER / "none.h5"]:
    if path.name == "program.py":
        continue
    try:
        model = load_keras_model(path)
        original, samples = originals[path.stem.split("_")[0]]
        difference = np.abs(original.predict(samples, verbose=0) - model.predict(samples, verbose=0)).max()
        found[path.name] = {"is_tf_keras": isinstance(model, tf_keras.Model), "difference": float(difference)}
    except EdgekitError as error:
        found[path.name] = {"error": str(error)}
print(json.dumps(found))
"""


@pytest.fixture(scope="session")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("keras_models")
    return run_training_program(_PROGRAM, folder, str(folder))


@pytest.mark.parametrize(
    "name",
    [
        *("functional.keras", "functional.h5", "sequential.keras"),
        *("old.h5", "old.keras", "old_saved_model"),
    ],
)
def test_a_model_of_any_keras_becomes_a_tf_keras_model_that_computes_the_same(
    found: dict[str, Any], name: str
) -> None:
    assert found[name].get("error") is None
    assert found[name]["is_tf_keras"]
    assert found[name]["difference"] < 1e-5


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("unknown.keras", r"layer rms_normalization is a RMSNormalization, which tf_keras does not have"),
        ("code.keras", r"layer twice is a Lambda, which holds Python code"),
        ("code.h5", r"layer same is a Lambda, which holds Python code"),
        ("weights.h5", r"holds weights without a model"),
        ("text.keras", r"is not a Keras model"),
        ("folder", r"is a folder without saved_model\.pb"),
        ("none.h5", r"there is no model"),
    ],
)
def test_what_cannot_be_loaded_is_one_sentence(found: dict[str, Any], name: str, message: str) -> None:
    assert re.search(message, found[name]["error"])
    assert "\n" not in found[name]["error"]
