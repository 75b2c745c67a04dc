"""The tensor decompositions, all of them on the same layers and on the same small model."""

from __future__ import annotations

import importlib.util
import re
from typing import Any

import numpy as np
import pytest

from edgekit.composition import check_composition
from edgekit.errors import EdgekitError, RecipeError
from edgekit.flatbuffer_weights import find_weights
from edgekit.techniques._forms import Form
from edgekit.techniques._text import parse_techniques
from edgekit.techniques.decompose_cp import CpForm
from edgekit.techniques.decompose_ring import ConvRing, DecomposeRing, DenseRing
from edgekit.techniques.decompose_svd import ChannelForm, DecomposeSvd, MatrixForm, SpatialForm
from edgekit.techniques.decompose_tt import ConvTrain, DecomposeTensorTrain, DenseTrain, split_evenly
from edgekit.techniques.decompose_tucker import DecomposeTucker, TuckerForm
from edgekit.tflite_model import read_model
from tests.tiny_model import build_dense
from tests.training_program import run_training_program

_needs_tensorly = pytest.mark.skipif(
    importlib.util.find_spec("tensorly") is None, reason="needs edgekit[train]"
)

_PROGRAM = """
import json, sys, warnings
from dataclasses import replace
from pathlib import Path
import numpy as np
from edgekit.tensorflow_setup import import_tensorflow
tf = import_tensorflow(1)
import tf_keras
from tf_keras import Input, Model, layers
from edgekit.datasets import load_dataset
from edgekit.errors import EdgekitError
from edgekit.flatbuffer_weights import find_weights
from edgekit.recipe import Recipe, run_recipe
from edgekit.techniques._replace import Replacement, replace_layers
from edgekit.techniques._text import parse_techniques
from edgekit.techniques.decompose_cp import DecomposeCp
from edgekit.techniques.decompose_ring import DecomposeRing
from edgekit.techniques.decompose_svd import DecomposeSvd
from edgekit.techniques.decompose_tt import DecomposeTensorTrain
from edgekit.techniques.decompose_tucker import DecomposeTucker
from edgekit.techniques.quantize_aware import QuantizeAware
from edgekit.techniques.quantize_int8 import QuantizeInt8

FOLDER = Path(sys.argv[1])
rng = np.random.default_rng(3)
found = {"layers": {}, "runs": {}}


def conv(**arguments):
    return layers.Conv2D(7, 3, activation="relu", bias_initializer="normal", name="it", **arguments)


LAYERS = {
    "conv same": ((9, 8, 4), conv(padding="same")),
    "conv valid, stride 2": ((9, 8, 4), conv(strides=2)),
    "conv same, stride 2": ((9, 8, 4), conv(padding="same", strides=2)),
    "conv same, strides 2 and 1": ((9, 8, 4), conv(padding="same", strides=(2, 1))),
    "conv dilated": ((9, 8, 4), conv(padding="same", dilation_rate=2)),
    "conv 1x3": ((9, 8, 4), layers.Conv2D(7, (1, 3), padding="same", name="it")),
    "conv 1x1": ((9, 8, 4), layers.Conv2D(7, 1, strides=2, activation="tanh", name="it")),
    "dense": ((12,), layers.Dense(10, activation="softmax", bias_initializer="normal", name="it")),
    "dense of a sequence": ((5, 12), layers.Dense(10, name="it")),
    "dense without bias": ((12,), layers.Dense(16, use_bias=False, name="it")),
}
TECHNIQUES = {
    "svd": DecomposeSvd(), "svd channel": DecomposeSvd(split="channel"), "tucker": DecomposeTucker(),
    "cp": DecomposeCp(), "cp separate": DecomposeCp(separate=True), "tt": DecomposeTensorTrain(),
    "tt of 3": DecomposeTensorTrain(num_cores=3), "ring": DecomposeRing(), "ring of 4": DecomposeRing(joint=4),
}
for kind, (shape, layer) in LAYERS.items():
    inputs = Input(shape)
    model = Model(inputs, layer(inputs))
    x = rng.normal(size=(4, *shape)).astype("float32")
    if len(shape) == 3:
        # Of rank 3, which alternating least squares find, unlike the highest rank of all.
        weights = model.get_weights()
        factors = [rng.normal(size=(size, 3)) / 2 for size in weights[0].shape]
        model.set_weights([np.einsum("ar,br,cr,dr->abcd", *factors), *weights[1:]])
    for name, technique in TECHNIQUES.items():
        form = technique.make_form(layer)
        if isinstance(form, str):
            found["layers"][f"{name}: {kind}"] = form
            continue
        ranks = (4,) if "cp" in name else form.max_ranks
        made = form.build(layer, f"it_{technique.name}", form.factorize(ranks))
        replaced = replace_layers(model, {"it": made})
        before, after = model(x).numpy(), replaced(x).numpy()
        counted = sum(
            w.shape.num_elements() for w in replaced.weights if "kernel" in w.name
        )
        found["layers"][f"{name}: {kind}"] = [
            float(np.abs(before - after).max()), counted - form.num_weights(ranks), before.shape == after.shape
        ]

# A graph with a layer used twice, two addends and a nested call.
inputs = Input((8,))
shared, head = layers.Dense(8, name="twice"), layers.Dense(3, name="head")
a = shared(inputs)
model = Model(inputs, head(layers.Add()([shared(layers.ReLU()(a)), a, inputs])))
technique = DecomposeSvd(rank=8)
form = technique.make_form(shared)
replaced = replace_layers(model, {"twice": form.build(shared, "twice_svd", form.factorize((8,)))})
x = rng.normal(size=(4, 8)).astype("float32")
found["shared"] = [
    float(np.abs(model(x).numpy() - replaced(x).numpy()).max()),
    sorted(each.name for each in replaced.layers if each.weights), shared.get_weights()[0].shape[0],
]

data = load_dataset("digits").take(640, 100)
model = tf_keras.Sequential([
    layers.Input((8, 8, 1)), layers.Conv2D(16, 3, padding="same", use_bias=False, name="stem"),
    layers.BatchNormalization(momentum=0.9), layers.ReLU(),
    layers.Conv2D(24, 3, strides=2, padding="same", activation="relu", name="middle"),
    layers.Flatten(), layers.Dense(32, activation="relu", name="wide"), layers.Dense(10, activation="softmax"),
])
model.compile(tf_keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy")
model.fit(data.x_train, data.y_train, epochs=8, verbose=0)
WEIGHTS = model.get_weights()


def build(dataset, broken=False):
    copy = tf_keras.models.clone_model(model)
    copy.set_weights(WEIGHTS)
    if broken:
        kernel, bias = copy.get_layer("wide").get_weights()
        copy.get_layer("wide").set_weights([kernel * np.nan, bias])
    return copy


PTQ, TUNE = QuantizeInt8(num_samples=32), dict(num_epochs=4)
RUNS = {
    "alone": (PTQ,),
    "svd": (DecomposeSvd(**TUNE),),
    "tucker": (DecomposeTucker(**TUNE),),
    "cp": (DecomposeCp(**TUNE),),
    "tt": (DecomposeTensorTrain(**TUNE),),
    "ring": (DecomposeRing(**TUNE),),
    "tuned never": (DecomposeSvd(energy=0.9, num_epochs=0),),
    "ring, tt, qat": (
        DecomposeRing(layers=("middle",), **TUNE), DecomposeTensorTrain(layers=("wide",), **TUNE),
        QuantizeAware(num_epochs=2),
    ),
    "too high": (DecomposeTucker(rank=(17, 8), layers=("middle",)), PTQ),
    "too many": (DecomposeTucker(rank=(8, 8, 8), layers=("middle",)), PTQ),
    "no smaller": (DecomposeTucker(rank=(16, 24), layers=("middle",)), PTQ),
    "ring too high": (DecomposeRing(rank=(2, 9, 4), layers=("middle",)), PTQ),
    "no layer": (DecomposeSvd(layers=("midle",)), PTQ),
    "not taken": (DecomposeCp(layers=("wide",)), PTQ),
    "not a kernel": (DecomposeSvd(layers=("flatten",)), PTQ),
    "too little": (DecomposeSvd(budget=0.001), PTQ),
    "nothing": (DecomposeSvd(min_weights=10**6), PTQ),
}
BASE = Recipe("tiny", "digits", build, (PTQ,), 0, 0.0, 1.0, min_agreement=0.0)


def run(name, recipe):
    try:
        result = run_recipe(recipe, FOLDER / name, dataset=data)
    except EdgekitError as error:
        return {"error": type(error).__name__, "message": str(error)}
    steps = result.info["accuracy"]["techniques"]
    return {
        "after": steps[-1]["after"], "promise": steps[0]["promise"], "macs": result.model.macs,
        "weights": sum(each.codes.size for each in find_weights(result.model)),
        "operators": [each.name for each in result.model.operators], "bytes": len(result.model.data),
    }


for name, techniques in RUNS.items():
    found["runs"][name] = run(name, replace(BASE, techniques=techniques))
found["runs"]["nan"] = run(
    "nan", replace(BASE, techniques=RUNS["svd"], build_model=lambda dataset: build(dataset, True))
)
print(json.dumps(found))
"""


@pytest.fixture(scope="session")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("decompose")
    return run_training_program(_PROGRAM, folder, str(folder))


def test_at_full_rank_every_layer_computes_what_it_did(found: dict[str, Any]) -> None:
    taken = {name: values for name, values in found["layers"].items() if not isinstance(values, str)}
    for name, (difference, _, same_shape) in taken.items():
        assert same_shape, name
        # Alternating least squares stop when they come near.
        assert difference < (2e-2 if name.startswith("cp") else 1e-4), name
    assert {name.split(":")[0] for name in taken} == {name.split(":")[0] for name in found["layers"]}


def test_the_weights_that_ranks_are_chosen_by_are_those_of_the_layers(found: dict[str, Any]) -> None:
    taken = {name: values for name, values in found["layers"].items() if not isinstance(values, str)}
    assert {name: values[1] for name, values in taken.items() if values[1]} == {}


def test_layers_that_a_decomposition_is_not_for_are_refused_with_the_reason(found: dict[str, Any]) -> None:
    refused = {name for name, values in found["layers"].items() if isinstance(values, str)}
    convs_only = ("tucker", "cp", "cp separate")
    matrices = ("dense", "dense of a sequence", "dense without bias", "conv 1x1")
    grids = ("tt", "tt of 3", "ring", "ring of 4")
    assert refused == {f"{each}: {kind}" for each in convs_only for kind in matrices} | {
        f"{each}: {kind}" for each in grids for kind in ("dense of a sequence", "conv 1x1")
    }


def test_a_layer_that_is_used_twice_stays_so(found: dict[str, Any]) -> None:
    difference, names, _ = found["shared"]
    assert difference < 1e-4
    assert names == ["head", "twice_svd_1", "twice_svd_2"]


@pytest.mark.parametrize("name", ["svd", "tucker", "cp", "tt", "ring"])
def test_half_the_weights_are_gone_from_the_file_and_the_accuracy_is_not(
    found: dict[str, Any], name: str
) -> None:
    dense, run = found["runs"]["alone"], found["runs"][name]
    # Tucker and CP leave dense layers alone, which have more than half of the weights.
    limit = 0.9 if name in ("tucker", "cp") else 0.55
    assert run["weights"] == run["promise"]["num_weights"] < limit * dense["weights"]
    # Trains and rings store less and compute more.
    assert name in ("tt", "ring") or run["macs"] < dense["macs"]
    assert run["after"] > dense["after"] - 0.15, (run, dense)
    assert set(run["operators"]) <= {
        *("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "RESHAPE", "CONCATENATION", "SOFTMAX"),
    }


def test_what_keeps_most_of_the_energy_needs_no_tuning(found: dict[str, Any]) -> None:
    run, dense = found["runs"]["tuned never"], found["runs"]["alone"]
    assert run["weights"] < dense["weights"]
    assert run["after"] > dense["after"] - 0.1


def test_two_decompositions_of_different_layers_and_quantization_aware_training_go_together(
    found: dict[str, Any],
) -> None:
    run = found["runs"]["ring, tt, qat"]
    assert run["weights"] < 0.6 * found["runs"]["alone"]["weights"]
    assert run["after"] > 0.7


@pytest.mark.parametrize(
    ("case", "message"),
    [
        (
            "too high",
            "tucker: layer middle: rank 17×8, but the tensor's is at most 16×24; give a smaller rank",
        ),
        ("too many", "tucker: layer middle: 3 ranks; expected 2"),
        ("no smaller", "with rank 16×24 layer middle has 4288 weights, not fewer than its 3456"),
        ("ring too high", "ring: layer middle: rank 2×9×4, but the tensor's is at most 2×8×48"),
        ("no layer", "there is no layer midle; expected one of stem, "),
        ("not taken", "cp cannot factorize layer wide: expected a two-dimensional convolution"),
        ("not a kernel", "svd cannot factorize layer flatten: expected a convolution or dense layer"),
        ("too little", "rank 1 needs [0-9]+ already; expected at least 0.0"),
        ("nothing", "no layer of at least 1000000 weights"),
        ("nan", "layer wide has weights that are not finite"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(found: dict[str, Any], case: str, message: str) -> None:
    assert re.search(message, found["runs"][case].get("message", "")), found["runs"][case]


_RANDOM = np.random.default_rng(5)
_KERNEL = _RANDOM.normal(size=(3, 3, 8, 12))
_MATRIX = _RANDOM.normal(size=(24, 18))
_FORMS: dict[str, Form] = {
    "matrix": MatrixForm(_MATRIX),
    "channel": ChannelForm(_KERNEL),
    "spatial": SpatialForm(_KERNEL),
    "tucker": TuckerForm(_KERNEL),
    "conv train": ConvTrain(_KERNEL),
    "dense train": DenseTrain(_MATRIX, (2, 3, 4), (3, 3, 2), True),
    "conv ring": ConvRing(_KERNEL, 2),
    "dense ring": DenseRing(_MATRIX, 3),
}


@_needs_tensorly
@pytest.mark.parametrize("name", _FORMS)
def test_the_factors_of_full_rank_give_the_tensor_back(name: str) -> None:
    form = _FORMS[name]
    assert form.kept(form.ranks_at(1.0)) == pytest.approx(1.0, abs=1e-9)
    assert form.check(form.ranks_at(1.0)) is None


@_needs_tensorly
@pytest.mark.parametrize("name", _FORMS)
def test_more_level_is_more_weights_and_more_energy(name: str) -> None:
    form = _FORMS[name]
    ranks = [form.ranks_at(level) for level in (0.0, 0.3, 0.6, 0.9, 1.0)]
    weights, kept = [form.num_weights(each) for each in ranks], [form.kept(each) for each in ranks]
    assert weights == sorted(weights)
    assert kept == pytest.approx(sorted(kept), abs=1e-6)
    assert weights[0] < weights[-1]
    for each, count in zip(ranks, weights, strict=True):
        sizes = sum(factor.size for factor in form.factorize(each))
        assert sizes + (18 if name == "dense train" else 0) == count


@_needs_tensorly
@pytest.mark.parametrize("name", ["matrix", "channel", "spatial", "conv ring", "dense ring"])
def test_ranks_by_energy_keep_that_energy(name: str) -> None:
    form = _FORMS[name]
    assert form.kept(form.ranks_by_energy(0.8)) >= 0.8 - 1e-9


@_needs_tensorly
def test_cp_finds_the_components_that_there_are() -> None:
    factors = [_RANDOM.normal(size=(size, 2)) for size in (3, 3, 6, 5)]
    kernel = np.einsum("ar,br,cr,dr->abcd", *factors)
    for is_separate in (True, False):
        assert CpForm(kernel, is_separate).kept((2,)) > 0.999
        assert CpForm(kernel, is_separate).kept((1,)) < 0.99
    assert CpForm(kernel, True).check((55,)) == "rank 55, but the tensor's is at most 45"


def test_grids_are_as_even_as_they_can_be() -> None:
    assert [split_evenly(784, 2), split_evenly(10, 2), split_evenly(7, 2), split_evenly(64, 3)] == [
        (28, 28),
        (2, 5),
        (1, 7),
        (4, 4, 4),
    ]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DecomposeSvd(budget=1.2), "svd: a budget of 1.2: expected a fraction above 0 and below 1"),
        (lambda: DecomposeSvd(energy=0.0), "svd: an energy of 0.0: expected a fraction"),
        (lambda: DecomposeSvd(energy=0.5, rank=3), "both a rank and an energy"),
        (lambda: DecomposeTucker(rank=(0, 4)), r"a rank of \(0, 4\); expected whole numbers of at least 1"),
        (lambda: DecomposeSvd(split="diagonal"), "a split of 'diagonal'; expected 'spatial' or 'channel'"),
        (lambda: DecomposeTensorTrain(num_cores=1), "1 cores; expected at least 2"),
        (lambda: DecomposeRing(joint=0), "a joint rank of 0; expected at least 1"),
        (lambda: parse_techniques("svd:much"), "svd: a budget of much: expected a fraction"),
        (lambda: parse_techniques("tucker:0"), "a rank of 0; expected whole numbers"),
        (lambda: parse_techniques("tt:e2"), "tt: an energy of 2: expected a fraction"),
    ],
)
def test_settings_that_make_no_sense_are_one_sentence(make: Any, message: str) -> None:
    with pytest.raises(EdgekitError, match=message):
        make()


def test_text_gives_a_budget_an_energy_or_ranks() -> None:
    budget, energy, ranks, rank, *_ = parse_techniques("svd:0.4,cp:e0.8,tucker:8x16,ring:4,tt")
    assert (budget.budget, energy.energy, ranks.rank, rank.rank) == (0.4, 0.8, (8, 16), 4)  # type: ignore[attr-defined]


def test_decomposing_what_is_pruned_is_refused_and_pruning_what_is_decomposed_is_not() -> None:
    with pytest.raises(RecipeError, match="tucker after prune_magnitude loses the sparsity"):
        check_composition(parse_techniques("prune,tucker,int8"))
    check_composition(parse_techniques("tucker,prune,qat"))


def test_a_file_that_does_not_have_the_factors_is_refused() -> None:
    model = read_model(build_dense())
    count = sum(each.codes.size for each in find_weights(model))
    technique = DecomposeSvd()
    technique.verify(model, {"num_weights": count, "factors": {"dense_svd_1": count}})
    with pytest.raises(RecipeError, match=f"has {count} weights; svd promises at most 1"):
        technique.verify(model, {"num_weights": 1, "factors": {"dense_svd_1": 1}})
    with pytest.raises(RecipeError, match="no tensor of 3 weights for the factor dense_svd_1"):
        technique.verify(model, {"num_weights": count, "factors": {"dense_svd_1": 3}})
