"""What run_recipe refuses, in one subprocess for all cases because starting TensorFlow takes seconds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit.artifact import load_artifact, load_evaluation_set
from edgekit.bench.accuracy import anomaly_auc
from edgekit.oracle import find_oracle
from tests.training_program import run_training_program

_PROGRAM = '''
import json, sys
from dataclasses import dataclass, replace
from pathlib import Path
import numpy as np
from edgekit.augmentation import FlipAndShift, ShiftInTime
from edgekit.datasets import DataSet
from edgekit.errors import EdgekitError
from edgekit.recipe import Recipe, run_recipe
from edgekit.techniques.quantize_int8 import QuantizeInt8

FOLDER = Path(sys.argv[1])


def build_model(dataset):
    from tf_keras import Sequential, layers
    return Sequential([
        layers.Input(dataset.x_train.shape[1:]), layers.Flatten(), layers.Dense(10, activation="softmax"),
    ])


def build_for_images(dataset):
    from tf_keras import Sequential, layers
    return Sequential([
        layers.Input(dataset.x_train.shape[1:]), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(10),
    ])


def build_unquantizable(dataset):
    import tensorflow as tf
    from tf_keras import Sequential, layers
    return Sequential([
        layers.Input(dataset.x_train.shape[1:]), layers.Flatten(),
        layers.Lambda(lambda x: tf.math.acos(x * 0.5)), layers.Dense(10, activation="softmax"),
    ])


def build_autoencoder(dataset):
    from tf_keras import Sequential, layers
    shape = dataset.x_train.shape[1:]
    size = int(np.prod(shape))
    return Sequential([
        layers.Input(shape), layers.Flatten(), layers.Dense(3), layers.Dense(size), layers.Reshape(shape),
    ])


def make_sounds():
    """Normal samples lie on a line, anomalies beside it; ten windows a recording."""
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(30), 10)
    is_anomaly = groups % 2
    line = rng.normal(0, 1, (1300, 1)) * np.ones(16)
    x = (line + rng.normal(0, 0.1, line.shape)).astype(np.float32)
    x[1000:][is_anomaly == 1, :8] += rng.normal(0, 0.3, (150, 8))
    order = rng.permutation(300)
    return DataSet("sounds", "made", 2, x[:1000], np.zeros(1000, np.int64), x[1000:][order],
                   is_anomaly[order], group_test=groups[order], task="anomaly")


def fail(dataset):
    raise KeyError("no such layer\\nand a second line")


@dataclass(frozen=True)
class Scramble(QuantizeInt8):
    """Breaks the model between Keras and the file, and remembers what it was called with."""
    name: str = "scramble"
    num_epochs: int = 1

    def wrap(self, model, context):
        calls.append("wrap")
        return model

    def strip(self, model):
        calls.append("strip")
        *_, kernel, bias = model.get_weights()
        model.set_weights([kernel[:, ::-1], bias])
        return model


calls = []
GOOD = Recipe("tiny", "digits", build_model, (QuantizeInt8(),), 2, 0.5, 0.05, learning_rate=0.01)
CASES = {
    "good": GOOD,
    "too inaccurate": replace(GOOD, min_accuracy=0.9999),
    "drops too far": replace(GOOD, techniques=(Scramble(),)),
    "disagrees": replace(GOOD, techniques=(Scramble(),), max_accuracy_drop=1.0),
    "not quantizable": replace(GOOD, build_model=build_unquantizable, min_accuracy=0.0),
    "fails to build": replace(GOOD, build_model=fail),
    "fails to train": replace(GOOD, build_model=lambda dataset: "a string"),
    "no such data": replace(GOOD, dataset="digit"),
    "anomalies": replace(GOOD, build_model=build_autoencoder, dataset="sounds", min_accuracy=0.9, num_epochs=10,
                         max_accuracy_drop=0.1, min_agreement=0.8),
    "anomalies moved": replace(GOOD, build_model=build_autoencoder, dataset="sounds", min_accuracy=0.9, num_epochs=10,
                               max_accuracy_drop=0.1, min_agreement=0.8, augment=ShiftInTime(0.2)),
    "classes of anomalies": GOOD,
    "images of sounds": replace(GOOD, build_model=build_for_images),
    "anomalies of classes": replace(GOOD, build_model=build_autoencoder),
    "augmented": replace(GOOD, augment=FlipAndShift(0.1, flip=False)),
    "augmented again": replace(GOOD, augment=FlipAndShift(0.1, flip=False)),
}
SOUNDS = make_sounds()
DATA = dict.fromkeys(("anomalies", "anomalies moved", "classes of anomalies", "images of sounds"), SOUNDS)
found = {}
for name, recipe in CASES.items():
    calls.clear()
    try:
        result = run_recipe(recipe, FOLDER / name, dataset=DATA.get(name))
        accuracy = result.info["accuracy"]
        found[name] = {"after": [each["after"] for each in accuracy["techniques"]]}
        found[name].update(metric=accuracy["metric"], n=accuracy["n"], sha256=result.model.sha256)
    except EdgekitError as error:
        found[name] = {"error": type(error).__name__, "message": str(error)}
    found[name]["calls"] = list(calls)
run_recipe(GOOD, FOLDER / "again")
found["same"] = [
    (FOLDER / "good" / each.name).read_bytes() == each.read_bytes() for each in (FOLDER / "again").iterdir()
]
print(json.dumps(found))
'''


@pytest.fixture(scope="session")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("recipes")
    cases = run_training_program(_PROGRAM, folder, str(folder / "out"))
    cases["folder"] = str(folder / "out")
    cases["written"] = sorted(each.name for each in (folder / "out").iterdir())
    return cases


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("too inaccurate", "the trained model has a test accuracy of .* expected at least 99.99%"),
        ("drops too far", r"accuracy falls from .* by more than the 5 points it promises"),
        ("disagrees", r"agrees with the trained one on .* expected at least 98\.00%"),
        ("not quantizable", r"could not convert the model to \.tflite: .*tf\.Acos"),
        ("fails to build", "failed while building and training the model: KeyError: "),
        ("fails to train", "failed while building and training the model: AttributeError: "),
        (
            "images of sounds",
            r"its network cannot take samples of shape \[16\], which sounds has; choose a data set .* digits",
        ),
        (
            "classes of anomalies",
            r"output has the shape \[10\]; the data set sounds needs \[16\], the samples",
        ),
        (
            "anomalies of classes",
            r"has the shape \[8, 8, 1\]; the data set digits needs \[10\], one number for",
        ),
    ],
)
def test_a_model_that_is_not_what_was_promised_is_an_error_in_one_line(
    found: dict[str, Any], case: str, message: str
) -> None:
    assert found[case]["error"] == "RecipeError"
    assert re.search(message, found[case]["message"])
    assert "\n" not in found[case]["message"]


def test_an_unknown_data_set_is_named(found: dict[str, Any]) -> None:
    assert found["no such data"]["error"] == "UnknownNameError"


def test_only_good_models_are_written(found: dict[str, Any]) -> None:
    assert found["good"]["after"][0] > 0.5
    augmented = ["augmented", "augmented again"]
    assert found["written"] == ["again", "anomalies", "anomalies moved", *augmented, "good"]


def test_a_technique_that_needs_training_is_wrapped_trained_and_stripped(found: dict[str, Any]) -> None:
    assert found["disagrees"]["calls"] == ["wrap", "strip"]
    assert found["good"]["calls"] == []


def test_a_second_run_in_the_same_process_writes_the_same_bytes(found: dict[str, Any]) -> None:
    assert found["same"] == [True] * 5


def test_what_chance_changes_is_the_same_for_the_same_seed(found: dict[str, Any]) -> None:
    assert found["augmented"]["sha256"] == found["augmented again"]["sha256"] != found["good"]["sha256"]
    assert found["augmented"]["after"][0] > 0.5


def test_an_autoencoder_is_judged_by_recordings_and_reproduces_what_it_is_given(
    found: dict[str, Any],
) -> None:
    for case in ("anomalies", "anomalies moved"):
        assert (found[case]["metric"], found[case]["n"]) == ("AUC", 30)
        assert found[case]["after"][0] > 0.9


def test_a_board_that_computes_what_the_reference_computes_has_the_recipes_area(
    found: dict[str, Any],
) -> None:
    artifact = load_artifact(Path(found["folder"]) / "anomalies")
    assert artifact.evaluation_path is not None
    evaluation = load_evaluation_set(artifact.evaluation_path, artifact.model)
    assert evaluation.groups is not None
    oracle = find_oracle(artifact.model.data)
    assert oracle is not None
    outputs = [oracle.invoke([each[np.newaxis]])[0] for each in evaluation.inputs[0]]
    accuracy = anomaly_auc(outputs, evaluation, artifact.model)
    assert accuracy is not None
    assert (accuracy.value, accuracy.n) == (found["anomalies"]["after"][0], 30)
