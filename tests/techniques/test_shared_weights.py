"""What clustering and codebooks do to the file, in one subprocess because starting TensorFlow takes seconds."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest

from tests.training_program import run_training_program

_PROGRAM = """
import json
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
import numpy as np
from edgekit.tensorflow_setup import import_tensorflow
import_tensorflow(1)
import tf_keras
from tf_keras import layers
from edgekit.checkpoint import Checkpoints, open_checkpoints
from edgekit.datasets import DataSet
from edgekit.errors import EdgekitError
from edgekit.exporters.tflite import export_tflite
from edgekit.flatbuffer_weights import find_weights
from edgekit.native_output import filtered_stderr
from edgekit.oracle import LiteRtOracle
from edgekit.techniques import Context
from edgekit.techniques._fold import fold_normalization
from edgekit.techniques.cluster_weights import ClusterWeights
from edgekit.techniques.codebook_int8 import CodebookInt8
from edgekit.techniques.prune_magnitude import PruneMagnitude
from edgekit.techniques.quantize_int8 import QuantizeInt8
from edgekit.tflite_model import read_model
from edgekit.training import Trainer

@contextmanager
def step(name, total=None):
    yield lambda count: None

random = np.random.default_rng(1)
x = random.random((160, 6, 6, 2)).astype(np.float32)
y = np.arange(160) % 4
data = DataSet("tiny", "made up", 4, x, y, x[:16], y[:16])
trainer = Trainer(data, 1, 32, 1e-3, Checkpoints(None), step)
context = Context(data, 1, 5, True, trainer)

def build():
    inputs = layers.Input((6, 6, 2))
    z = layers.Conv2D(16, 3, padding="same", use_bias=False, name="first")(inputs)
    z = layers.ReLU()(layers.BatchNormalization()(z))
    z = layers.BatchNormalization()(layers.DepthwiseConv2D(3, name="depthwise")(z))
    z = layers.Conv2DTranspose(8, 2, name="transposed")(z)
    z = layers.ReLU()(layers.BatchNormalization()(z))
    z = layers.BatchNormalization()(layers.Conv2D(8, 1, activation="relu", name="second")(z))
    z = layers.BatchNormalization()(layers.Dense(16, name="third")(layers.Flatten()(z)))
    model = tf_keras.Model(inputs, layers.Dense(4, activation="softmax", name="last")(layers.ReLU()(z)))
    # As after training: channels of very different size and of either sign.
    for layer in model.layers:
        if type(layer).__name__ == "BatchNormalization":
            size = layer.gamma.shape[0]
            gamma = random.uniform(0.1, 3, size) * random.choice([-1, 1], size)
            statistics = [random.normal(size=size) / 9, random.uniform(0.3, 1, size)]
            layer.set_weights([gamma, random.normal(size=size) / 9, *statistics])
    return model

def plain():
    return tf_keras.Sequential([
        layers.Input((6, 6, 2)), layers.Conv2D(16, 3, activation="relu", name="first"),
        layers.Flatten(), layers.Dense(16, activation="relu", name="third"), layers.Dense(4, name="last"),
    ])

def apply(techniques, model, context=context, num_epochs=1):
    promises = []
    for technique in techniques:
        model = technique.wrap(model, context)
        if technique.num_epochs and num_epochs:
            technique.fit(model, context, num_epochs)
        model = technique.strip(model)
        promises.append(technique.promise(model))
    file = read_model(export_tflite(model, techniques, x, promises))
    for technique, promise in zip(techniques, promises):
        technique.verify(file, promise)
    return file, promises, model

def describe(file):
    names = {"first", "second", "third", "last", "transposed", "depthwise"}
    found = {}
    for each in find_weights(file):
        name = next(n for n in sorted(names) if n in each.name)
        rows = np.moveaxis(each.codes, each.channel_axis, 0)
        found[name] = {
            "distinct": each.num_codes, "in a channel": each.num_codes_per_channel, "zeros": each.sparsity,
            "values": [float(v) for v in np.unique(each.codes)][:20],
        }
    return found

def difference(model, file):
    oracle, worst = LiteRtOracle(file), 0.0
    scale, zero = file.inputs[0].scales[0], file.inputs[0].zero_points[0]
    for sample, expected in zip(x[:8], np.asarray(model(x[:8]))):
        codes = np.clip(np.round(sample[None] / scale) + zero, -128, 127).astype(np.int8)
        found = (oracle.invoke([codes])[0][0] - float(file.outputs[0].zero_points[0])) * file.outputs[0].scales[0]
        worst = max(worst, float(np.abs(found - expected).max()))
    return worst

found = {}
with filtered_stderr():
    original = build()
    folded = fold_normalization(original)
    outputs = [np.asarray(each(x[:16])) for each in (original, folded)]
    found["fold"] = {
        "left": sum(type(each).__name__ == "BatchNormalization" for each in folded.layers),
        "difference": float(np.abs(outputs[0] - outputs[1]).max()),
    }
    for name, techniques in {
        "4": (CodebookInt8(num_codes=4),),
        "pruned": (
            PruneMagnitude(0.5, schedule="constant"), CodebookInt8(num_codes=8, keep_zeros=True, depthwise=True)
        ),
    }.items():
        file, promises, model = apply(techniques, build())
        found["codebook " + name] = {
            "layers": describe(file), "books": promises[-1]["codebooks"], "difference": difference(model, file),
            "sparsity": promises[0].get("sparsity"),
        }
    technique = CodebookInt8(num_codes=4)
    # As the converter writes it: with the codebook's weights, but codes that each channel has for itself.
    unshared = read_model(export_tflite(model, [QuantizeInt8()], x))
    try:
        technique.verify(unshared, {**promises[-1], "num_codes": 4})
        found["plain int8"] = "taken"
    except EdgekitError as error:
        found["plain int8"] = str(error)
    try:
        small = tf_keras.Sequential([layers.Input((6, 6, 2)), layers.Flatten(), layers.Dense(4, activation="softmax")])
        CodebookInt8(min_weights=1000).wrap(small, context)
    except EdgekitError as error:
        found["too small"] = str(error)
    try:
        small.set_weights([each * np.nan for each in small.get_weights()])
        CodebookInt8().wrap(small, context)
    except EdgekitError as error:
        found["not finite"] = str(error)

    # An interrupted training goes on as if nothing had been.
    class Interrupt(tf_keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    def tune(folder, interrupts):
        keep = replace(trainer, checkpoints=open_checkpoints(Path(folder), {}))
        def train(model, *args, callbacks=(), **more):
            keep(model, *args, callbacks=[*callbacks, *([Interrupt()] if interrupts else [])], **more)
        tf_keras.utils.set_random_seed(1)
        model = plain()
        model.set_weights([random_.normal(size=each.shape) / 3 for each in model.weights])
        technique.fit(model, replace(context, train=train), 3)
        return technique.strip(model).get_weights()

    random_ = np.random.default_rng(3)
    straight = tune("straight", False)
    random_ = np.random.default_rng(3)
    try:
        tune("resumed", True)
    except KeyboardInterrupt:
        pass
    random_ = np.random.default_rng(4)
    found["resumed"] = [bool((a == b).all()) for a, b in zip(straight, tune("resumed", False))]

    # Clustering, in float files, whose weights are the clusters themselves.
    tf_keras.utils.set_random_seed(1)
    start = plain().get_weights()
    def begin():
        model = plain()
        model.set_weights(start)
        return model
    for name, technique, num_epochs in (
        *((each, ClusterWeights(8, centroids=each), 0) for each in ("kmeans++", "density", "linear", "random")),
        ("per channel", ClusterWeights(4, per_channel=True), 1),
    ):
        found["cluster " + name] = describe(apply((technique,), begin(), num_epochs=num_epochs)[0])
    pruned, sparse = PruneMagnitude(0.5, schedule="constant"), ClusterWeights(8, preserve_sparsity=True)
    found["cluster sparse"] = describe(apply((pruned, sparse), begin())[0])
    found["kernels"] = {
        "first": np.sort(start[0].ravel()).tolist(), "third": np.sort(start[2].ravel()).tolist()
    }
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("shared_weights")
    return run_training_program(_PROGRAM, folder)


def test_folding_changes_nothing_but_the_number_of_layers(found: dict[str, Any]) -> None:
    # The one after a layer with an activation of its own cannot be folded.
    assert found["fold"]["left"] == 1
    assert found["fold"]["difference"] < 1e-4


@pytest.mark.parametrize(("case", "num_codes"), [("4", 4), ("pruned", 8)])
def test_a_whole_tensor_has_no_more_codes_than_its_codebook(
    found: dict[str, Any], case: str, num_codes: int
) -> None:
    books, layers = found[f"codebook {case}"]["books"], found[f"codebook {case}"]["layers"]
    # Depthwise kernels have one where that was asked for.
    asked = {"depthwise"} if case == "pruned" else set()
    assert set(books) == {"first", "transposed", "second", "third", "last"} | asked
    for name, entries in books.items():
        assert layers[name]["distinct"] <= len(entries) <= num_codes
        assert set(layers[name]["values"]) <= set(entries)
    # What has no codebook stays as fine as it was.
    assert "depthwise" in books or layers["depthwise"]["distinct"] > 16


@pytest.mark.parametrize("case", ["4", "pruned"])
def test_the_file_answers_as_the_model_with_its_codebooks_does(found: dict[str, Any], case: str) -> None:
    assert found[f"codebook {case}"]["difference"] < 0.05


def test_pruned_weights_stay_zero_in_the_codebook(found: dict[str, Any]) -> None:
    case = found["codebook pruned"]
    for name, sparsity in case["sparsity"].items():
        assert 0 in case["books"][name]
        assert case["layers"][name]["zeros"] >= sparsity >= 0.48


def test_a_file_without_the_codebook_is_refused(found: dict[str, Any]) -> None:
    assert re.search(
        r"does not keep the codebook of layer \w+: \d+ codes; expected at most 4", found["plain int8"]
    )


def test_a_model_without_a_layer_that_is_large_enough_is_refused(found: dict[str, Any]) -> None:
    assert "no convolution or dense layer of at least 1000 weights" in found["too small"]


def test_weights_that_are_not_finite_are_refused(found: dict[str, Any]) -> None:
    assert re.search(r"layer \w+ has weights that are not finite", found["not finite"])


def test_an_interrupted_codebook_ends_like_one_that_was_not(found: dict[str, Any]) -> None:
    assert found["resumed"] == [True] * 6


@pytest.mark.parametrize("centroids", ["kmeans++", "density", "linear", "random"])
def test_a_clustered_layer_has_that_many_values(found: dict[str, Any], centroids: str) -> None:
    for name in ("first", "third", "last"):
        assert 2 <= found[f"cluster {centroids}"][name]["distinct"] <= 8


def test_linear_centroids_lie_evenly_between_the_extremes(found: dict[str, Any]) -> None:
    for name, kernel in found["kernels"].items():
        values = found["cluster linear"][name]["values"]
        steps = [after - before for before, after in itertools.pairwise(values)]
        assert max(steps) < 1.01 * min(steps)
        assert values[0] == pytest.approx(kernel[0], abs=1e-3)


def test_each_way_to_choose_centroids_chooses_others(found: dict[str, Any]) -> None:
    cases = ("kmeans++", "density", "linear", "random")
    assert len({tuple(found[f"cluster {each}"]["third"]["values"]) for each in cases}) == len(cases)


def test_clusters_of_a_channel_are_its_own(found: dict[str, Any]) -> None:
    layer = found["cluster per channel"]["first"]
    assert layer["in a channel"] <= 4
    assert layer["distinct"] > 8


def test_clusters_beside_the_zeros_of_pruning_leave_them_zero(found: dict[str, Any]) -> None:
    for name in ("first", "third", "last"):
        assert found["cluster sparse"][name]["zeros"] >= 0.48
        assert found["cluster sparse"][name]["distinct"] <= 8 + 1
