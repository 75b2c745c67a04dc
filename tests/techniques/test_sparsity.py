"""Which weights go, and when a file is refused: without TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from edgekit.errors import EdgekitError
from edgekit.techniques._sparsity import SCOPES, choose_masks, verify_sparsity
from edgekit.techniques._text import parse_techniques
from edgekit.techniques.prune_iterative import PruneIterative
from edgekit.techniques.prune_lottery import PruneLottery
from edgekit.techniques.prune_magnitude import PruneMagnitude
from edgekit.tflite_model import read_model
from tests.tiny_model import build_dense

_RANDOM = np.random.default_rng(1)
_KERNELS = [_RANDOM.normal(0, 1, (3, 3, 4, 8)), _RANDOM.normal(0, 0.01, (3, 3, 8, 8)), np.ones((4, 4))]


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("sparsity", [0.3, 0.75, 0.95])
def test_as_many_weights_stay_as_was_asked_for_and_they_are_the_largest(scope: str, sparsity: float) -> None:
    masks = choose_masks(_KERNELS, sparsity, scope)
    kept, total = sum(int(each.sum()) for each in masks), sum(each.size for each in _KERNELS)
    assert kept == pytest.approx(total * (1 - sparsity), abs=2)
    for kernel, mask in zip(_KERNELS, masks, strict=True):
        assert mask.shape == kernel.shape
        assert np.abs(kernel[mask]).min() >= np.abs(kernel[~mask]).max(initial=0)


def test_the_scope_decides_whether_layers_compete_and_whether_their_scale_counts() -> None:
    def densities(scope: str) -> list[float]:
        return [float(each.mean()) for each in choose_masks(_KERNELS[:2], 0.75, scope)]

    assert densities("layer") == pytest.approx([0.25, 0.25], abs=0.01)
    # Plainly the weights of the small-valued layer go first, down to a fifth of the average density.
    assert densities("global_magnitude")[1] == pytest.approx(0.05, abs=0.01)
    assert densities("global")[1] > 0.1
    scaled = [_KERNELS[0] * 100, _KERNELS[1]]
    same = zip(choose_masks(_KERNELS[:2], 0.75, "global"), choose_masks(scaled, 0.75, "global"), strict=True)
    assert all((before == after).all() for before, after in same)


def test_scores_of_one_layer_are_those_of_the_paper() -> None:
    # LAMP: 9/9, 4/(9+4), 1/(9+4+1) beside 1/1: of four weights two stay.
    masks = choose_masks([np.array([1.0, -3.0, 2.0]), np.array([0.01])], 0.5, "global")
    assert [each.tolist() for each in masks] == [[False, True, False], [True]]


def test_what_is_gone_stays_gone_even_if_it_is_large() -> None:
    survivors = [np.arange(10) >= 5]
    (mask,) = choose_masks([np.arange(10.0)[::-1]], 0.7, "layer", survivors)
    assert mask.tolist() == [False] * 5 + [True] * 3 + [False] * 2


def test_a_layer_keeps_one_weight_even_if_rounding_leaves_none() -> None:
    masks = choose_masks([np.full(3, 0.1), np.ones(500)], 0.99, "global_magnitude")
    assert [int(each.sum()) for each in masks] == [1, 4]


_PROMISE = {"sparsity": {"weights": 1 / 12}, "num_weights": {"weights": 12}}


def test_a_file_with_as_many_zeros_is_taken_and_one_with_fewer_refused() -> None:
    model = read_model(build_dense())
    verify_sparsity(model, _PROMISE)
    with pytest.raises(EdgekitError, match=r"layer weights: tensor 1 .* sparsity of 8\.3%; expected 50\.0%"):
        verify_sparsity(model, {**_PROMISE, "sparsity": {"weights": 0.5}})
    with pytest.raises(EdgekitError, match=r"no tensor of that size has a sparsity of 0\.0%"):
        verify_sparsity(model, {**_PROMISE, "num_weights": {"weights": 13}})


def test_zeros_in_other_places_than_every_block_are_refused() -> None:
    with pytest.raises(EdgekitError, match=r"4 neighbours in tensor 1 .* have 0 zeros; expected 1"):
        verify_sparsity(read_model(build_dense()), {**_PROMISE, "m_by_n": [1, 4]})


def test_text_names_sparsity_scope_and_options() -> None:
    def one(text: str) -> Any:
        return parse_techniques(text)[0]

    assert one("prune:0.6:global") == PruneMagnitude(0.6, "global")
    assert one("prune:0.6:depthwise:constant") == PruneMagnitude(0.6, schedule="constant", depthwise=True)
    assert one("prune:2x4") == PruneMagnitude(m_by_n=(2, 4))
    assert one("prune_iterative:0.9:global_magnitude") == PruneIterative(0.9, "global_magnitude")
    assert one("prune_lottery") == PruneLottery(0.75)
    assert [each.name for each in parse_techniques("prune_lottery:0.8,qat")] == ["prune_lottery", "pqat"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PruneMagnitude(1.2), "a sparsity of 1.2: expected a fraction above 0 and below 1"),
        (lambda: PruneIterative(1.2), "a sparsity of 1.2"),
        (lambda: PruneLottery(float("nan")), "a sparsity of nan"),
        (lambda: PruneMagnitude(scope="all"), "a pruning scope of 'all'; expected one of layer, global"),
        (lambda: PruneMagnitude(schedule="cubic"), "a pruning schedule of 'cubic'"),
        (lambda: PruneMagnitude(m_by_n=(4, 2)), r"m by n of \(4, 2\); expected for example \(2, 4\)"),
        (lambda: PruneMagnitude(m_by_n=(2, 4), scope="global"), "leave scope at 'layer'"),
        (lambda: PruneIterative(num_rounds=0), "0 rounds of 2 epochs, .* expected at least 1 round"),
        (lambda: PruneLottery(rewind_epochs=-1), "rewound to epoch -1; expected"),
        (
            lambda: parse_techniques("prune:0.5:globl"),
            "pruning by 'globl'; expected a sparsity and then one of",
        ),
        (lambda: parse_techniques("prune:0.5:global:layer"), "pruning by global and layer"),
        (lambda: parse_techniques("prune_iterative:global"), "a sparsity of global: expected a fraction"),
    ],
)
def test_settings_that_make_no_sense_are_one_sentence(make: Any, message: str) -> None:
    with pytest.raises(EdgekitError, match=message):
        make()
