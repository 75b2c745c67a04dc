"""Every network in one subprocess, because starting TensorFlow takes seconds."""

from __future__ import annotations

import json
import pkgutil
from typing import Any

import pytest

from edgekit import architectures
from tests.training_program import run_training_program

_NAMES = sorted(each.name for each in pkgutil.iter_modules(architectures.__path__))
_SHAPES = {
    "resnet8": ((32, 32, 3), 10),
    "ds_cnn": ((49, 10, 1), 12),
    "mobilenet_v1": ((96, 96, 3), 2),
    "autoencoder": ((640,), 2),
    "cnn_1d": ((128, 1), 5),
    "small_cnn": ((8, 8, 1), 10),
}
# Parameters of the MLPerf Tiny reference models, which have biases before batch normalization.
_PUBLISHED = {"resnet8": 78_666, "ds_cnn": 24_908, "mobilenet_v1": 221_794, "autoencoder": 269_992}

_PROGRAM = """
import importlib, json, sys
from edgekit.tensorflow_setup import import_tensorflow
import_tensorflow(0)
found = {}
for name, (shape, num_classes) in json.loads(sys.argv[1]).items():
    build = importlib.import_module(f"edgekit.architectures.{name}").build
    model, half = build(tuple(shape), num_classes), build(tuple(shape), num_classes, 0.5)
    voids = [layer for layer in model.layers if getattr(layer, "use_bias", True) is False]
    found[name] = {
        "parameters": model.count_params(),
        "void_biases": sum(layer.output.shape[-1] for layer in voids),
        "half": half.count_params(),
        "inputs": list(model.inputs[0].shape[1:]),
        "outputs": list(model.outputs[0].shape[1:]),
    }
print(json.dumps(found))
"""


@pytest.fixture(scope="session")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    shapes = json.dumps({name: _SHAPES[name] for name in _NAMES})
    return run_training_program(_PROGRAM, tmp_path_factory.mktemp("architectures"), shapes)


@pytest.mark.parametrize("name", _NAMES)
def test_it_takes_and_gives_what_was_asked_and_half_the_width_is_smaller(
    found: dict[str, Any], name: str
) -> None:
    shape, num_classes = _SHAPES[name]
    assert found[name]["inputs"] == list(shape)
    assert found[name]["outputs"] == (list(shape) if name == "autoencoder" else [num_classes])
    assert found[name]["half"] < 0.5 * found[name]["parameters"]


@pytest.mark.parametrize("name", sorted(_PUBLISHED))
def test_it_has_the_parameters_of_the_reference_model_but_for_void_biases(
    found: dict[str, Any], name: str
) -> None:
    assert found[name]["parameters"] + found[name]["void_biases"] == _PUBLISHED[name]
