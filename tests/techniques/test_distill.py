"""Distillation: students that see wrong labels only, so that what they know they have from their teachers."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit.composition import check_composition
from edgekit.errors import EdgekitError, RecipeError
from edgekit.flatbuffer_weights import find_weights
from edgekit.techniques._distill import soften
from edgekit.techniques._text import parse_techniques
from edgekit.techniques.distill import Distill
from edgekit.techniques.distill_hints import DistillHints
from edgekit.techniques.distill_mutual import DistillMutual
from edgekit.techniques.distill_self import DistillSelf
from edgekit.techniques.prune_magnitude import PruneMagnitude
from edgekit.tflite_model import read_model
from tests.tiny_model import build_dense
from tests.training_program import run_training_program

_PROGRAM = """
import json, sys
from dataclasses import replace
from functools import partial
from pathlib import Path
import numpy as np
from edgekit.tensorflow_setup import import_tensorflow
tf = import_tensorflow(1)
import tf_keras
from contextlib import nullcontext
from edgekit.checkpoint import Checkpoints, open_checkpoints
from edgekit.datasets import load_dataset
from edgekit.errors import EdgekitError
from edgekit.recipe import Recipe, run_recipe
from edgekit.techniques import Context
from edgekit.training import Trainer
from edgekit.techniques.distill import Distill
from edgekit.techniques.distill_hints import DistillHints
from edgekit.techniques.distill_mutual import DistillMutual, ensemble_logits
from edgekit.techniques.distill_self import DistillSelf
from edgekit.flatbuffer_weights import find_weights
from edgekit.techniques._distill import distillation_loss, soften
from edgekit.techniques.quantize_aware import QuantizeAware
from edgekit.techniques.quantize_int8 import QuantizeInt8

FOLDER = Path(sys.argv[1])


def build_model(dataset, width=8, activation="softmax", classes=10):
    from tf_keras import Sequential, layers
    return Sequential([
        layers.Input(dataset.x_train.shape[1:]),
        layers.Conv2D(width, 3, padding="same", activation="relu", name="first"),
        layers.MaxPooling2D(),
        layers.Conv2D(width, 3, padding="same", activation="relu", name="second"),
        layers.Flatten(), layers.Dense(classes, activation=activation),
    ])


right = load_dataset("digits").take(640, 100)
wrong = replace(right, name="wrong", y_train=np.random.default_rng(1).permutation(right.y_train))
teacher = build_model(right, 24)
teacher.compile("adam", "sparse_categorical_crossentropy")
teacher.fit(right.x_train, right.y_train, epochs=12, verbose=0)
files = []
for name in ("teacher.keras", "teacher.h5"):
    files.append(str(FOLDER / name))
    teacher.save(files[-1])
build_model(right, 4, None).save(FOLDER / "logits.keras")

PTQ = QuantizeInt8(num_samples=32)
SOFT = dict(alpha=1.0, num_epochs=8)
BASE = Recipe("tiny", "digits", build_model, (PTQ,), 0, 0.0, 1.0, min_agreement=0.0)


def run(name, techniques, dataset, recipe=BASE):
    try:
        result = run_recipe(replace(recipe, techniques=techniques), FOLDER / "out" / name, dataset=dataset)
    except EdgekitError as error:
        return {"error": type(error).__name__, "message": str(error)}
    from edgekit.flatbuffer_weights import find_weights
    return {
        "after": [each["after"] for each in result.info["accuracy"]["techniques"]],
        "weights": sum(each.codes.size for each in find_weights(result.model)),
        "dtypes": sorted({each.dtype for each in result.model.tensors}),
    }


found = {
    "plain qat": run("plain qat", (QuantizeAware(num_epochs=8, learning_rate=3e-3),), wrong),
    "qat": run("qat", (Distill((files[0],), **SOFT), QuantizeAware(num_epochs=6, learning_rate=3e-3)), wrong),
    "ensemble": run("ensemble", (Distill(tuple(files), **SOFT),), wrong),
    "hints": run("hints", (DistillHints(files[0], hint_epochs=2, **SOFT),), wrong),
    "built": run("built", (Distill((partial(build_model, width=12),), teacher_epochs=8, **SOFT),), right),
    "mutual": run("mutual", (DistillMutual((build_model, files[0]), num_epochs=8),), right),
    "self": run("self", (DistillSelf(num_epochs=8),), right),
    "logits": run("logits", (Distill((str(FOLDER / "logits.keras"),)), PTQ), right),
    "no file": run("no file", (Distill((str(FOLDER / "none.keras"),)), PTQ), right),
    "classes": run("classes", (Distill((lambda d: build_model(d, classes=11),)), PTQ), right),
    "hint shape": run("hint shape", (DistillHints(files[0], "first", "second", **SOFT), PTQ), right),
    "hint name": run("hint name", (DistillHints(files[0], "frist", "second", **SOFT), PTQ), right),
}

# Interrupted after the teacher and some epochs of the student, then resumed.
for name, technique in {
    "built": Distill((partial(build_model, width=12),), teacher_epochs=2, num_epochs=3),
    "self": DistillSelf(num_epochs=4),
    "mutual": DistillMutual((build_model,), num_epochs=3),
}.items():
    save, first, then = Checkpoints.save, [], []

    def fit(folder):
        tf_keras.utils.set_random_seed(1)
        checkpoints = open_checkpoints(FOLDER / name / folder, {})
        trainer = Trainer(right, 1, 32, 3e-3, checkpoints, lambda what, total: nullcontext(lambda n: None))
        student = build_model(right)
        technique.fit(student, Context(right, 1, 20, False, trainer), technique.num_epochs)
        return student.get_weights()

    def fail(self, key, model, num_epochs):
        save(self, key, model, num_epochs)
        first.append(key)
        if "student" in key and num_epochs == 2:
            raise KeyboardInterrupt

    whole = fit("whole")
    Checkpoints.save = fail
    try:
        fit("resumed")
    except KeyboardInterrupt:
        pass
    Checkpoints.save = lambda self, key, model, n: (then.append(key), save(self, key, model, n))
    resumed = fit("resumed")
    Checkpoints.save = save
    same = all(np.array_equal(a, b) for a, b in zip(whole, resumed))
    found[f"{name} resumed"] = {"same": same, "first": len(first), "then": len(then)}

# The loss of probabilities has the gradient of the textbook's loss of logits.
logits = tf.constant(np.random.default_rng(2).normal(0, 8, (16, 10)).astype(np.float32))
towards = soften(tf.nn.softmax(tf.random.normal((16, 10))).numpy(), 4.0)
labels = np.arange(16) % 10
with tf.GradientTape(persistent=True) as tape:
    tape.watch(logits)
    targets = np.concatenate([towards, labels[:, None]], axis=1).astype(np.float32)
    ours = distillation_loss(4.0, 0.7)(targets, tf.nn.softmax(logits))
    soft = tf.nn.softmax_cross_entropy_with_logits(towards, logits / 4)
    book = 0.7 * 16 * soft + 0.3 * tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
found["gradient"] = float(tf.reduce_max(tf.abs(tape.gradient(ours, logits) - tape.gradient(book, logits))))
peers = np.log([[[0.5, 0.3, 0.2], [0.25, 0.25, 0.5]]])
found["ensembles"] = {
    each: tf.nn.softmax(ensemble_logits(tf.constant(peers), [0], each)).numpy()[0].tolist()
    for each in ("minlogit", "mean", "naive")
}
print(json.dumps(found))
"""


@pytest.fixture(scope="session")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("distill")
    return run_training_program(_PROGRAM, folder, str(folder))


@pytest.mark.parametrize("case", ["qat", "ensemble", "hints"])
def test_what_the_file_knows_it_knows_from_the_teacher(found: dict[str, Any], case: str) -> None:
    assert found["plain qat"]["after"][-1] < 0.3
    assert found[case]["after"][0] > 0.8, found[case]


def test_quantization_aware_training_goes_on_towards_the_teachers_targets(found: dict[str, Any]) -> None:
    assert found["plain qat"]["after"][-1] < 0.3
    assert found["qat"]["after"][-1] > 0.8
    assert found["qat"]["dtypes"] == ["int32", "int8"]


@pytest.mark.parametrize("case", ["built", "mutual", "self"])
def test_students_of_teachers_peers_and_themselves_learn(found: dict[str, Any], case: str) -> None:
    assert found[case]["after"][-1] > 0.8, found[case]


@pytest.mark.parametrize("case", ["ensemble", "qat", "hints", "built", "mutual", "self"])
def test_only_the_student_is_in_the_file(found: dict[str, Any], case: str) -> None:
    assert found[case]["weights"] == 9 * 8 + 9 * 8 * 8 + 16 * 8 * 10


@pytest.mark.parametrize(
    ("case", "epochs_before", "epochs_after"), [("built", 2 + 2, 1), ("self", 2, 2), ("mutual", 2, 1)]
)
def test_an_interrupted_run_repeats_no_epoch_and_ends_with_the_same_weights(
    found: dict[str, Any], case: str, epochs_before: int, epochs_after: int
) -> None:
    assert found[f"{case} resumed"] == {"same": True, "first": epochs_before, "then": epochs_after}


def test_the_loss_of_probabilities_has_the_gradient_of_the_loss_of_logits(found: dict[str, Any]) -> None:
    assert found["gradient"] < 1e-4


def test_ensembles_of_peers_are_those_of_the_paper(found: dict[str, Any]) -> None:
    expected = {
        "minlogit": np.array([1, 0.6, 0.4]) / 2,
        "mean": np.sqrt([0.5 * 0.25, 0.3 * 0.25, 0.2 * 0.5]),
        "naive": np.array([0.5, 0.3, 0.2]),
    }
    for name, values in expected.items():
        assert found["ensembles"][name] == pytest.approx(values / values.sum())


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("logits", "distill: teacher 1 does not end in a softmax"),
        ("no file", "there is no model"),
        ("classes", r"teacher 1 has outputs of shape \[11\]; expected \[10\] classes"),
        ("hint shape", r"teacher layer first are \(8, 8\) and of student layer second \(4, 4\)"),
        ("hint name", "there is no layer frist; expected one of first, "),
    ],
)
def test_a_teacher_that_does_not_fit_is_named(found: dict[str, Any], case: str, message: str) -> None:
    assert re.search(message, found[case]["message"]), found[case]


def test_softening_probabilities_is_softening_their_logits() -> None:
    logits = np.array([[1.0, 2.0, 4.0], [0.0, 30.0, -5.0]])
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    expected = np.exp(logits / 4) / np.exp(logits / 4).sum(1, keepdims=True)
    assert soften(probabilities, 4.0) == pytest.approx(expected, rel=1e-5)
    assert soften(np.array([[1.0, 0.0]]), 1.0).tolist() == [[1.0, pytest.approx(0.0)]]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Distill(()), "distill has no teacher"),
        (lambda: Distill(("a.keras",), temperature=0.0), "a temperature of 0.0; expected a number above 0"),
        (lambda: Distill(("a.keras",), alpha=1.2), "an alpha of 1.2; expected above 0 and at most 1"),
        (lambda: DistillMutual(()), "has no peer"),
        (lambda: DistillMutual(("a.keras",), ensemble="max"), "an ensemble of 'max'; expected minlogit"),
        (lambda: DistillHints("a.keras", hint="conv"), "expected both hint and guided"),
        (lambda: DistillSelf(num_epochs=1), "1 epochs have no past"),
        (lambda: parse_techniques("distill"), "distill needs a teacher"),
        (lambda: parse_techniques("selfdistill:2"), "takes no argument; found '2'"),
    ],
)
def test_settings_that_make_no_sense_are_one_sentence(make: Any, message: str) -> None:
    with pytest.raises(EdgekitError, match=message):
        make()


def test_text_names_one_teacher_or_several() -> None:
    (technique,) = parse_techniques("distill:a.keras+b.h5")
    assert isinstance(technique, Distill)
    assert technique.teachers == ("a.keras", "b.h5")
    assert parse_techniques("hints:a.keras") == (DistillHints("a.keras"),)
    assert parse_techniques("mutual:a.keras+b.h5") == (DistillMutual(("a.keras", "b.h5")),)


@pytest.mark.parametrize("name", ["distill", "hints", "mutual"])
def test_text_without_a_teacher_is_refused(name: str) -> None:
    with pytest.raises(RecipeError, match=f"{name} needs a .*: the file of a .*'{name}:"):
        parse_techniques(name)


def _build(width: int) -> None: ...


def test_a_run_is_recognized_in_another_process() -> None:
    """The representation is part of a checkpoint's identity; an address in memory would change it."""
    text = repr(Distill((_build, functools.partial(_build, width=4), Path("a.keras"))))
    assert text.startswith(
        "Distill(teachers=(_build, partial(_build, (), {'width': 4}), a.keras), temperature=4.0"
    )


def test_distilling_after_pruning_is_refused() -> None:
    with pytest.raises(RecipeError, match="put distill before prune_magnitude"):
        check_composition((PruneMagnitude(), Distill(("a.keras",)), *parse_techniques("int8")))
    check_composition((Distill(("a.keras",)), *parse_techniques("prune,qat")))


def test_a_file_with_more_than_the_student_is_refused() -> None:
    model = read_model(build_dense())
    num_weights = sum(each.codes.size for each in find_weights(model))
    DistillSelf().verify(model, {"num_weights": num_weights})
    with pytest.raises(
        RecipeError, match="expected at most the student's 1; a part that only training needs"
    ):
        DistillSelf().verify(model, {"num_weights": 1})
