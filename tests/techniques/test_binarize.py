"""The effects are trained in one subprocess: TensorFlow must not get into the process of the other tests."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from edgekit.composition import check_composition
from edgekit.errors import MissingDependencyError, RecipeError
from edgekit.techniques import Technique
from edgekit.techniques._text import parse_techniques
from edgekit.techniques.binarize import _METHODS, _PACKED, Binarize, parse
from tests.training_program import run_training_program

_NEEDED = ("tensorflow", "tf_keras", "sklearn", "larq", "larq_compute_engine")
_MISSING = [each for each in _NEEDED if importlib.util.find_spec(each) is None]
_trained = pytest.mark.skipif(bool(_MISSING), reason=f"needs edgekit[train]: {', '.join(_MISSING)} missing")

_PROGRAM = """
import contextlib, json, sys
import numpy as np
from edgekit.tensorflow_setup import import_tensorflow
tf = import_tensorflow(1)
import tf_keras
from tf_keras import layers
from edgekit.checkpoint import Checkpoints
from edgekit.datasets import load_dataset
from edgekit.errors import EdgekitError
from edgekit.exporters.tflite import export_tflite
from edgekit.native_output import filtered_stderr
from edgekit.recipe_accuracy import measure_agreement, measure_flatbuffer, measure_keras
from edgekit.techniques import Context
from edgekit.techniques.binarize import Binarize, parse
from edgekit.techniques.quantize_int8 import QuantizeInt8
from edgekit.tflite_model import read_model
from edgekit.training import Trainer

data = load_dataset("digits").take(320, 80)

@contextlib.contextmanager
def step(name, total=None):
    yield lambda count: None

trainer = Trainer(data, 1, 64, 3e-3, Checkpoints(None), step)
context = Context(data, 1, trainer.num_steps, True, trainer)

def build():
    inputs = tf_keras.Input((8, 8, 1))
    x = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu", name="first")(inputs)
    y = layers.Conv2D(8, 3, padding="same", activation="relu", name="inner")(x)
    y = layers.Conv2D(8, 1, use_bias=False, name="point")(y)
    y = layers.BatchNormalization()(y)
    x = layers.ReLU()(layers.Add()([x, y]))
    x = layers.Dense(16, activation="relu", name="dense")(layers.Flatten()(x))
    return tf_keras.Model(inputs, layers.Dense(10, activation="softmax", name="last")(x))

def run(technique, others=(), num_epochs=0):
    model = build()
    wrapped = technique.wrap(model, context)
    if num_epochs:
        technique.fit(wrapped, context, num_epochs)
    stripped = technique.strip(wrapped)
    promise = json.loads(json.dumps(technique.promise(stripped)))
    file = read_model(export_tflite(stripped, (technique, *others), data.x_train))
    technique.verify(file, promise)
    return stripped, promise, file

def refusal(action):
    try:
        action()
    except EdgekitError as error:
        return f"{type(error).__name__}: {error}"
    return "nothing was refused"

found = {}
with filtered_stderr():
    for text in sys.argv[1:]:
        technique = parse(text, frozenset())
        stripped, promise, file = run(
            technique,
            () if technique.is_packed or technique.num_activation_bits else (QuantizeInt8(),),
            # What is shown of a file needs no training, but for the estimators that are edgekit's own.
            num_epochs=2 if text in ("irnet", "stochastic") else 0,
        )
        measured = measure_flatbuffer(file, data, lambda count: None)
        found[text] = {
            "layers": promise["layers"],
            "rounded": promise.get("num_rounded_inputs"),
            "operators": [each.name for each in file.operators],
            "agreement": measure_agreement(measure_keras(stripped, data), measured),
            "with": measured.measured_with,
            "names": [each.name for each in stripped.layers],
            "dtypes": sorted({each.dtype for each in file.tensors if each.is_constant}),
        }
    plain = read_model(export_tflite(build(), (), data.x_train))
    bnn, ternary = Binarize("bnn"), Binarize("ternary")
    stripped = bnn.strip(bnn.wrap(build(), context))
    promise = bnn.promise(stripped)
    file = read_model(export_tflite(stripped, (bnn,), data.x_train))
    flipped = {**promise["layers"], "inner": {**promise["layers"]["inner"], "num_negative": 0}}
    wider = {**promise["layers"], "inner": {**promise["layers"]["inner"], "shape": [3, 3, 40, 8]}}
    found["refusals"] = {
        "not packed": refusal(lambda: bnn.verify(plain, promise)),
        "other signs": refusal(lambda: bnn.verify(file, {"layers": flipped})),
        "other shape": refusal(lambda: bnn.verify(file, {"layers": wider})),
        "not few": refusal(lambda: ternary.verify(plain, ternary.promise(build()))),
        "unknown layer": refusal(lambda: Binarize("bnn", keep_float=("stem",)).wrap(build(), context)),
        "no layer": refusal(
            lambda: Binarize("bnn", keep_float=("inner", "point", "dense")).wrap(build(), context)
        ),
    }
    found["same bytes"] = file.data == export_tflite(stripped, (bnn,), data.x_train)
print(json.dumps(found))
"""
_TEXTS = (*_PACKED, "binary_connect", "stochastic", "ternary", "dorefa2", "dorefa2x4")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return run_training_program(_PROGRAM, tmp_path_factory.mktemp("binarize"), *_TEXTS)


@_trained
@pytest.mark.parametrize("method", _PACKED)
def test_binary_layers_become_operators_of_larq_compute_engine(found: dict[str, Any], method: str) -> None:
    case = found[method]
    assert list(case["layers"]) == ["inner", "point", "dense"]
    assert case["operators"].count("LceBconv2d") == 3
    assert case["layers"]["inner"]["shape"] == [3, 3, 8, 8]
    assert case["layers"]["inner"]["num_binary_macs"] == 4 * 4 * 9 * 8 * 8
    assert case["with"].startswith("larq-compute-engine")
    assert case["agreement"] >= 0.98


@_trained
def test_signs_come_from_a_normalization_and_go_to_one(found: dict[str, Any]) -> None:
    names = found["bnn"]["names"]
    # The ReLU inside "inner" would leave no sign to "point"; that before "dense" is needed by nobody else either.
    assert "inner_centre" in names
    assert "inner_scale" in names
    assert "inner_activation" not in names
    assert "point_centre" not in names
    assert "point_scale" not in names
    assert "dense_centre" in names
    assert "dense_activation" in names


@_trained
@pytest.mark.parametrize(
    ("text", "levels"), [("binary_connect", 2), ("stochastic", 2), ("ternary", 3), ("dorefa2", 4)]
)
def test_weights_of_few_values_stay_few_in_int8(found: dict[str, Any], text: str, levels: int) -> None:
    case = found[text]
    assert {name: each["levels"] for name, each in case["layers"].items()} == dict.fromkeys(
        ("inner", "point", "dense"), levels
    )
    assert case["dtypes"] == ["int32", "int8"]
    assert "LceBconv2d" not in case["operators"]
    assert case["agreement"] >= 0.95
    if text == "ternary":
        assert all(0 < each["num_zeros"] < each["num_weights"] for each in case["layers"].values())


@_trained
def test_dorefa_rounds_activations_in_the_file(found: dict[str, Any]) -> None:
    assert found["dorefa2x4"]["operators"].count("ROUND") == found["dorefa2x4"]["rounded"] == 3


@_trained
def test_a_file_that_does_not_show_it_is_refused(found: dict[str, Any]) -> None:
    refusals = found["refusals"]
    assert "has 0 binarized operators (LceBconv2d); expected 3" in refusals["not packed"]
    assert "bits are not the signs of layer inner" in refusals["other signs"]
    assert "does not pack the weights of layer inner: expected an int32 tensor" in refusals["other shape"]
    assert "does not keep the binarization of layer inner" in refusals["not few"]
    assert "to keep the layers stem float" in refusals["unknown layer"]
    assert "no Conv2D or Dense layer to binarize" in refusals["no layer"]


@_trained
def test_the_same_model_gives_the_same_bytes(found: dict[str, Any]) -> None:
    assert found["same bytes"] is True


@pytest.mark.parametrize("method", _METHODS)
def test_every_method_has_its_short_name(method: str) -> None:
    technique: Technique = Binarize(method)
    assert parse(f"{method}1" if method == "dorefa" else method, frozenset()) == technique
    assert technique.effects == {"binarized layers" if method in _PACKED else "binary weights"}


def test_dorefa_has_bits_for_weights_and_for_activations() -> None:
    assert parse("dorefa3x4", frozenset()) == Binarize("dorefa", 3, 4)
    assert parse(None, frozenset()) == Binarize("approx_sign")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("binarize:xor", "binarization method of 'xor'; expected one of bnn, xnor"),
        ("binarize:dorefa9", "weights of 9 bits; expected 1 to 8"),
        ("binarize:dorefa2x0", "activations of 0 bits"),
        (
            "binarize:bnn,int8",
            "quantize_int8 after binarize loses the binarized layers .*leave quantize_int8 out",
        ),
        ("binarize:ternary,qat", "quantize_aware after binarize loses the binary weights"),
        ("prune,binarize", "binarize after prune_magnitude loses the sparsity"),
    ],
)
def test_what_makes_no_sense_is_refused_at_once(text: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        check_composition(parse_techniques(text))


def test_only_dorefa_takes_bits_and_all_have_to_train() -> None:
    with pytest.raises(RecipeError, match="bnn has one bit"):
        Binarize("bnn", num_bits=2)
    with pytest.raises(RecipeError, match="in 0 epochs"):
        Binarize(num_epochs=0)


def test_binary_weights_may_be_quantized_afterwards() -> None:
    check_composition(parse_techniques("binarize:ternary,int8"))


def test_a_missing_larq_is_said_before_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        MissingDependencyError, match=r"needs larq and larq_compute_engine, .*pip install larq=="
    ):
        Binarize("bnn").require()
    with pytest.raises(MissingDependencyError, match=r"\(ternary\) needs larq, not installed"):
        Binarize("ternary").require()
