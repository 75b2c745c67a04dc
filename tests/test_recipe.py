"""What run_recipe refuses, in one subprocess for all cases because starting TensorFlow takes seconds."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_HAS_TENSORFLOW = all(importlib.util.find_spec(each) for each in ("tensorflow", "tf_keras", "sklearn"))

_PROGRAM = '''
import json, sys
from dataclasses import dataclass, replace
from pathlib import Path
from edgekit.errors import EdgekitError
from edgekit.recipe import Recipe, run_recipe
from edgekit.techniques.quantize_int8 import QuantizeInt8

FOLDER = Path(sys.argv[1])


def build_model(dataset):
    from tf_keras import Sequential, layers
    return Sequential([
        layers.Input(dataset.x_train.shape[1:]), layers.Flatten(), layers.Dense(10, activation="softmax"),
    ])


def build_unquantizable(dataset):
    import tensorflow as tf
    from tf_keras import Sequential, layers
    return Sequential([
        layers.Input(dataset.x_train.shape[1:]), layers.Flatten(),
        layers.Lambda(lambda x: tf.math.acos(x * 0.5)), layers.Dense(10, activation="softmax"),
    ])


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
}
found = {}
for name, recipe in CASES.items():
    calls.clear()
    try:
        result = run_recipe(recipe, FOLDER / name)
        found[name] = {"after": [each["after"] for each in result.info["accuracy"]["techniques"]]}
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
    if not _HAS_TENSORFLOW:
        pytest.skip("needs edgekit[train]")
    folder = tmp_path_factory.mktemp("recipes")
    (folder / "program.py").write_text(_PROGRAM)
    result = subprocess.run(
        [sys.executable, "program.py", str(folder / "out")],
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PYTHONPATH": str(Path(__file__).resolve().parent.parent), "PATH": "/usr/bin:/bin"},
        timeout=580,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    cases: dict[str, Any] = json.loads(result.stdout)
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
    assert found["written"] == ["again", "good"]


def test_a_technique_that_needs_training_is_wrapped_trained_and_stripped(found: dict[str, Any]) -> None:
    assert found["disagrees"]["calls"] == ["wrap", "strip"]
    assert found["good"]["calls"] == []


def test_a_second_run_in_the_same_process_writes_the_same_bytes(found: dict[str, Any]) -> None:
    assert found["same"] == [True] * 5
