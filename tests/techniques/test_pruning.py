"""Every way of magnitude pruning once, in one subprocess because starting TensorFlow takes seconds."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.training_program import run_training_program

# Weights of conv, depthwise, hidden and classes.
_SIZES = {"conv": 288, "hidden": 2048, "classes": 64}


@pytest.fixture(scope="session")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return run_training_program("tests.techniques.pruning_program", tmp_path_factory.mktemp("program"))


@pytest.mark.parametrize("case", ["polynomial global", "constant depthwise", "2:4", "iterative", "lottery"])
def test_the_zeros_are_in_the_file_and_a_dense_file_is_refused(found: dict[str, Any], case: str) -> None:
    pruned = found[case]
    for sparsity in pruned["promise"]["sparsity"].values():
        assert round(sparsity, 4) in pruned["file"]
    assert re.match("the exported model does not keep the pruning of layer", pruned["dense"])
    assert pruned["layers"] == [
        "Conv2D",
        "BatchNormalization",
        "DepthwiseConv2D",
        "Flatten",
        "Dense",
        "Dense",
    ]


def test_each_layer_has_the_sparsity_that_was_asked_for_but_depthwise_stays_dense(
    found: dict[str, Any],
) -> None:
    promise = found["iterative"]["promise"]
    assert promise["sparsity"] == dict.fromkeys(_SIZES, 0.75)
    assert promise["num_weights"] == _SIZES
    assert promise["left_dense"] == ["depthwise"]
    assert found["iterative"]["file"] == [0.0, 0.75, 0.75, 0.75]


def test_depthwise_kernels_are_pruned_when_asked_for(found: dict[str, Any]) -> None:
    assert found["constant depthwise"]["promise"]["sparsity"] == {
        **dict.fromkeys(_SIZES, 0.75),
        "depthwise": 0.75,
    }
    assert found["constant depthwise"]["file"] == [0.75] * 4


def test_a_polynomial_schedule_rises_and_a_constant_one_starts_at_its_target(found: dict[str, Any]) -> None:
    ((first, *_, last),) = found["polynomial global"]["epochs"]
    targets = found["polynomial global"]["promise"]["sparsity"]
    for layer, target in targets.items():
        assert 0.1 < first[layer] < target - 0.01
        assert last[layer] == target
    assert [each["hidden"] for each in found["constant depthwise"]["epochs"][0]] == [0.75]


def test_one_threshold_takes_more_from_the_layers_with_small_weights_and_all_from_none(
    found: dict[str, Any],
) -> None:
    promise = found["polynomial global"]["promise"]
    assert promise["total_sparsity"] == pytest.approx(0.75, abs=0.01)
    # The wide layer was initialized with the smallest weights.
    assert promise["sparsity"]["hidden"] > 0.75 > promise["sparsity"]["classes"]
    assert max(promise["sparsity"].values()) <= 0.95


def test_two_of_every_four_neighbours_are_zero_in_the_file(found: dict[str, Any]) -> None:
    assert found["2:4"]["blocks"] == [0, 2, 2, 2]
    assert found["2:4"]["promise"]["m_by_n"] == [2, 4]


def test_each_round_takes_the_same_part_of_what_is_left_and_training_fills_nothing_in(
    found: dict[str, Any],
) -> None:
    rounds = found["iterative"]["epochs"]
    assert [each["hidden"] for epochs in rounds for each in epochs] == [0.5, 0.75]


def test_a_lottery_goes_back_to_the_early_weights_without_the_smallest(found: dict[str, Any]) -> None:
    rewound = found["rewound"]
    assert rewound["labels"] == ["start", "round 1", "round 2", "winning ticket"]
    assert rewound["changed"]
    for label in ("round 2", "winning ticket"):
        assert rewound[label]["same"], label
    # By layer the largest stay: in each kernel no weight that went ended up larger than one that stayed.
    assert rewound["round 2"]["smallest"]
    assert found["lottery"]["promise"]["total_sparsity"] == pytest.approx(0.75, abs=0.01)


def test_an_interrupted_run_repeats_no_epoch_and_ends_with_the_same_weights(found: dict[str, Any]) -> None:
    # Rewinding point, two rounds and the ticket: 1 + 2 + 2 + 2 epochs, interrupted after the first of round 2.
    assert found["resumed"] == {"same": True, "epochs": [4, 3]}


@pytest.mark.parametrize("name", ["magnitude", "iterative", "lottery"])
def test_a_model_with_nothing_to_prune_or_to_train_is_one_sentence(found: dict[str, Any], name: str) -> None:
    refused = found["refused"]
    assert (
        "has no convolution or dense layer of at least 64 weights; lower min_weights"
        in refused[f"{name} nothing"]
    )
    assert "has no trainable weights; expected at least one layer" in refused[f"{name} frozen"]


def test_channels_that_do_not_divide_and_layers_that_stayed_dense_are_named(found: dict[str, Any]) -> None:
    assert "no layer has input channels that 4 divides" in found["refused"]["odd"]
    assert re.search(r"layer \w+ has a sparsity of 0.0% after training", found["refused"]["untrained"])
