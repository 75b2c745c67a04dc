from __future__ import annotations

import numpy as np
import pytest

from edgekit.errors import RecipeError
from edgekit.techniques._channel_nouns import Bundle
from edgekit.techniques._channels_select import Limits, rank_within_layers, select_groups

_BUNDLES = (Bundle(("a",), (0, 1, 2, 3)), Bundle(("b", "c"), (4, 5, 6, 7, 8, 9)))
_SCORES = np.array([4.0, 1.0, 3.0, 2.0, 0.1, 0.6, 0.2, 0.5, 0.3, 0.4])
_FREE = Limits(1, 0.0)


def _num_left(removed: np.ndarray) -> float:
    return float((~removed).sum())


def _removed(limits: Limits, target: float, scores: np.ndarray = _SCORES) -> list[int]:
    return np.flatnonzero(select_groups(_BUNDLES, scores, limits, _num_left, target)).tolist()


def test_the_least_of_all_layers_go_first_and_no_more_than_needed() -> None:
    assert _removed(_FREE, 10) == []
    assert _removed(_FREE, 8) == [4, 6]
    assert _removed(_FREE, 4) == [1, 4, 6, 7, 8, 9]


def test_every_layer_keeps_its_least_number_of_channels() -> None:
    assert _removed(Limits(2, 0.0), 4) == [1, 3, 4, 6, 8, 9]
    assert _removed(Limits(1, 0.5), 5) == [1, 3, 4, 6, 8]


def test_what_is_left_is_a_multiple_where_one_is_asked_for() -> None:
    assert _removed(Limits(1, 0.0, multiple=4), 8) == [4, 6]
    assert _removed(Limits(1, 0.0, multiple=2), 7) == [4, 6, 8, 9]
    with pytest.raises(RecipeError, match="leave a cost of 8; expected at most 7"):
        _removed(Limits(1, 0.0, multiple=4), 7)


def test_ranks_take_the_same_fraction_from_each_layer() -> None:
    ranks = rank_within_layers(_BUNDLES, _SCORES * [1, 1, 1, 1, 1000, 1000, 1000, 1000, 1000, 1000])
    assert ranks.tolist() == [1.0, 0.25, 0.75, 0.5, *(each / 6 for each in (1, 6, 2, 5, 3, 4))]
    assert _removed(_FREE, 5, ranks) == [1, 3, 4, 6, 8]


def test_a_bundle_with_an_unknown_score_stays_whole() -> None:
    scores = _SCORES.copy()
    scores[5] = np.nan
    assert _removed(_FREE, 7, scores) == [1, 2, 3]


def test_a_target_that_the_limits_do_not_allow_is_refused() -> None:
    with pytest.raises(
        RecipeError, match="leave a cost of 4; expected at most 3; ask for a smaller reduction"
    ):
        _removed(Limits(2, 0.0), 3)


def test_the_cost_is_asked_for_rarely_because_a_board_may_answer() -> None:
    asked = []

    def cost(removed: np.ndarray) -> float:
        asked.append(1)
        return _num_left(removed)

    bundles = (Bundle(("a",), tuple(range(1000))),)
    removed = select_groups(bundles, np.arange(1000.0), _FREE, cost, 400)
    assert removed.sum() == 600
    assert len(asked) <= 12


@pytest.mark.parametrize("share", [0.3, 0.5, 0.75, 0.999])
@pytest.mark.parametrize("steps", [1, 16, 100])
def test_what_has_to_be_measured_is_asked_for_still_more_rarely(share: float, steps: int) -> None:
    """A board's costs: much that does not shrink, and steps as of vector instructions."""
    asked = []

    def cost(removed: np.ndarray) -> float:
        asked.append(1)
        left = -(-_num_left(removed) // steps) * steps
        return 200 + left + 0.0005 * left**2

    bundles = (Bundle(("a",), tuple(range(1000))),)
    target = share * cost(np.zeros(1000, bool))
    del asked[:]
    removed = select_groups(bundles, np.arange(1000.0), _FREE, cost, target, guide=_num_left)
    assert len(asked) <= (10 if steps > 1 else 8)
    found = cost(removed)
    assert found <= target
    # As close as was asked for, or 1 % more of the channels would have been too many.
    again = removed.copy()
    again[max(0, int(removed.sum()) - 11) :] = False
    assert found >= 0.99 * target or cost(again) > target


def test_a_search_among_measurements_that_lie_ends() -> None:
    random = np.random.default_rng(4)
    bundles = (Bundle(("a",), tuple(range(300))),)
    for _ in range(50):
        known = {0: 1000.0, 299: 100.0}

        def cost(removed: np.ndarray, known: dict[int, float] = known) -> float:
            return known.setdefault(int(removed.sum()), float(random.uniform(100, 1000)))

        removed = select_groups(bundles, np.arange(300.0), _FREE, cost, 500, guide=_num_left)
        assert cost(removed) <= 500
        assert len(known) <= 13
