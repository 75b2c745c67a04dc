"""Training against Keras' own loop, in one subprocess because starting TensorFlow takes seconds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.training_program import run_training_program

_PROGRAM = """
import json, sys
from contextlib import nullcontext
from pathlib import Path
from zlib import crc32
import numpy as np
from edgekit.tensorflow_setup import import_tensorflow
tf = import_tensorflow(1)
import tf_keras
from tf_keras import layers
from edgekit.batches import may_draw_random_numbers
from edgekit.checkpoint import Checkpoints, open_checkpoints
from edgekit.datasets import DataSet
from edgekit.training import Trainer

random = np.random.default_rng(1)
# 70 samples: the last batch is smaller than the others.
inputs, labels = random.normal(0, 1, (70, 4)), random.integers(0, 3, 70)
DATA = DataSet("made", "made", 3, inputs.astype(np.float32), labels, inputs[:9].astype(np.float32), labels[:9])
CASES = {
    "plain": [],
    "dropout": [layers.Dropout(0.5)],
    "lambda": [layers.Lambda(lambda x: x + tf.random.normal(tf.shape(x)))],
    "inside": [tf_keras.Sequential([layers.GaussianNoise(0.5)])],
}


def build(extra):
    tf_keras.utils.set_random_seed(1)
    return tf_keras.Sequential([layers.Input((4,)), layers.Dense(5), *extra, layers.Dense(3, "softmax")])


def by_keras(extra):
    model = build(extra)
    rate = tf_keras.optimizers.schedules.CosineDecay(0.01, 3 * 5)
    model.compile(tf_keras.optimizers.Adam(rate), DATA.loss)
    for epoch in range(3):
        tf_keras.utils.set_random_seed((1 + crc32(f"x {epoch}".encode())) % 2**32)
        model.fit(
            DATA.x_train, DATA.targets, batch_size=16, initial_epoch=epoch, epochs=epoch + 1, verbose=0
        )
    return model.get_weights()


class Stopping(Checkpoints):
    def save(self, key, model, num_epochs):
        super().save(key, model, num_epochs)
        raise KeyboardInterrupt


def by_edgekit(extra, kept=Checkpoints(None)):
    model = build(extra)
    trainer = Trainer(DATA, 1, 16, 0.01, kept, lambda name, total: nullcontext(lambda count: None), "x")
    trainer(model, 3, "")
    return model.get_weights()


def same(one, other):
    return all(np.array_equal(*each) for each in zip(one, other, strict=True))


found = {}
for name, extra in CASES.items():
    found[name] = {"draws": may_draw_random_numbers(build(extra))}
for name in ("plain", "dropout"):
    whole = by_edgekit(CASES[name])
    found[name]["as keras"] = same(whole, by_keras(CASES[name]))
    folder = Path(sys.argv[1]) / name
    try:
        by_edgekit(CASES[name], Stopping(open_checkpoints(folder, {}).folder))
    except KeyboardInterrupt:
        pass
    found[name]["resumed"] = same(whole, by_edgekit(CASES[name], open_checkpoints(folder, {})))
print(json.dumps(found))
"""


@pytest.fixture(scope="session")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("training")
    return run_training_program(_PROGRAM, folder, str(folder))


def test_one_stream_of_epochs_gives_the_weights_of_one_fit_an_epoch(found: dict[str, Any]) -> None:
    assert found["plain"]["as keras"]


@pytest.mark.parametrize("name", ["plain", "dropout"])
def test_an_interrupted_training_ends_with_the_weights_of_one_that_was_not(
    found: dict[str, Any], name: str
) -> None:
    assert found[name]["resumed"]


def test_layers_that_may_draw_random_numbers_are_found_wherever_they_are(found: dict[str, Any]) -> None:
    assert {name: case["draws"] for name, case in found.items()} == {
        "plain": False,
        "dropout": True,
        "lambda": True,
        "inside": True,
    }
