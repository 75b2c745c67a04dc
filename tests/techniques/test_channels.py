"""Channels are removed from networks of many kinds, in one subprocess because starting TensorFlow takes seconds."""

from __future__ import annotations

import pkgutil
import re
from typing import Any

import pytest

from edgekit import architectures
from tests.techniques.channel_models import MODELS
from tests.training_program import run_training_program


@pytest.fixture(scope="session")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return run_training_program("tests.techniques.channels_program", tmp_path_factory.mktemp("program"))


@pytest.mark.parametrize("name", MODELS)
def test_the_smaller_model_computes_what_the_one_with_zeroed_channels_does(
    found: dict[str, Any], name: str
) -> None:
    case = found[name]
    assert case["num_removed"] > 0
    assert case["num_params"][1] < case["num_params"][0]
    # An output that does not depend on the input would agree by chance.
    assert case["varies"] > 1000 * case["difference"]
    assert case["varies"] > 1e-3


@pytest.mark.parametrize("name", sorted({*MODELS} - {"squeeze", "unknown"}))
def test_zeroing_only_what_makes_the_channels_is_enough_where_zero_stays_zero(
    found: dict[str, Any], name: str
) -> None:
    assert found[name]["difference_of_producers"] < found[name]["varies"] / 1000


@pytest.mark.parametrize("name", MODELS)
def test_the_macs_are_predicted_without_building_the_smaller_model(found: dict[str, Any], name: str) -> None:
    predicted, counted = found[name]["macs"]
    assert predicted == counted < found[name]["macs_before"]


def test_random_graphs_compute_the_same_too(found: dict[str, Any]) -> None:
    cases = found["random"]
    assert sum(each["num_removed"] > 0 for each in cases) > len(cases) / 2
    for case in cases:
        assert case["difference"] < case["varies"] / 1000
        assert case["macs"][0] == case["macs"][1]


@pytest.mark.parametrize("name", [each.name for each in pkgutil.iter_modules(architectures.__path__)])
def test_the_networks_that_edgekit_has_can_all_be_made_smaller(found: dict[str, Any], name: str) -> None:
    case = found["architectures"][name]
    assert case["difference"] < case["varies"] / 1000
    assert case["macs"][0] == case["macs"][1] < case["macs_before"] / 2
    assert len(case["left"]) == 1  # what gives the output


def _bundles(found: dict[str, Any], name: str) -> list[list[Any]]:
    bundles: list[list[Any]] = found[name]["bundles"]
    return bundles


def test_what_add_joins_is_one_bundle_also_across_a_projection(found: dict[str, Any]) -> None:
    assert _bundles(found, "resnet") == [
        [["conv2d", "conv2d_2"], 8],
        [["conv2d_1"], 8],
        [["conv2d_3"], 16],
        [["conv2d_4", "conv2d_5"], 16],
    ]


def test_concatenated_channels_are_followed_one_by_one(found: dict[str, Any]) -> None:
    assert _bundles(found, "inception") == [
        [["conv2d", "conv2d_3"], 6],
        [["conv2d_1", "conv2d_3"], 4],
        [["conv2d_2", "conv2d_3"], 5],
        [["conv2d_4"], 8],
    ]


def test_dense_units_that_become_an_image_go_by_channel(found: dict[str, Any]) -> None:
    assert [["dense_1"], 6] in _bundles(found, "autoencoder")


def test_a_model_stays_what_it_was(found: dict[str, Any]) -> None:
    assert found["sequential"]["type"] == "Sequential"
    assert found["resnet"]["type"] == "Functional"


def test_what_cannot_be_followed_stays_and_is_named(found: dict[str, Any]) -> None:
    case = found["unknown"]
    assert _bundles(found, "unknown") == [[["free"], 8]]
    assert case["left"] == {
        "before_gru": "they reach layer gru (GRU), which channels cannot be followed through",
        "mixed": "layer mixed (Dense) applies softmax to them, which mixes channels",
        "dense": "they are the model's output",
    }
    assert case["uncounted"] == ["gru"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("subclassed", "is no graph of layers; expected a Sequential or Functional"),
        ("nested", "layer inner is a model within the model"),
        ("open size", r"layer \w+ has a tensor of open size .*; expected fixed sizes"),
    ],
)
def test_a_model_that_is_no_plain_graph_is_refused(found: dict[str, Any], name: str, message: str) -> None:
    assert re.search(message, found["refused"][name])
