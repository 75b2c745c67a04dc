"""Which groups of channels go, over all layers at once, until the model costs little enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from edgekit.errors import RecipeError
from edgekit.techniques._channel_nouns import Array, Bundle

Cost = Callable[[Array], float]
_CLOSE_ENOUGH = 0.01


@dataclass(frozen=True)
class Limits:
    """What each layer keeps: at least `min_channels` and the fraction `min_kept`, a multiple of `multiple`."""

    min_channels: int = 4
    min_kept: float = 0.2
    multiple: int = 1

    def __str__(self) -> str:
        text = f"at least {self.min_channels} channels and {self.min_kept:.0%} of them"
        return text if self.multiple == 1 else f"{text}, a multiple of {self.multiple}"


def select_groups(
    bundles: Sequence[Bundle],
    scores: Array,
    limits: Limits,
    cost: Cost,
    target: float,
    guide: Cost | None = None,
) -> Array:
    """The groups to remove, (num_groups,) bool: those of the least score, as few as bring the cost to `target`.

    `scores`: (num_groups,), the higher the better; NaN where there is none, and then its whole bundle stays.
    `guide` is a cost that can be computed, where `cost` has to be measured: the one is taken to be about a straight
    line over the other, and the search ends at a cost of at most 1 % below the target, or where 1 % of the guide is
    all that could stay besides.

    Raises:
        RecipeError: the limits leave too much.
    """
    chunks = _rank(bundles, scores, limits)

    def first(count: int) -> Array:
        removed = np.zeros(len(scores), bool)
        for chunk in chunks[:count]:
            removed[chunk] = True
        return removed

    least = cost(first(len(chunks)))
    if least > target:
        raise RecipeError(
            f"the channels that may be removed leave a cost of {least:.10g}; expected at most {target:.10g}; ask "
            f"for a smaller reduction, or let each layer keep less than now ({limits})"
        )
    if guide is not None:
        guides = [guide(first(count)) for count in range(len(chunks) + 1)]
        return first(_search_measured(lambda count: cost(first(count)), guides, target))
    # The cost falls with every chunk, so the shortest list that suffices is found by halving.
    low, high = 0, len(chunks)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if cost(first(middle)) <= target else (middle + 1, high)
    return first(low)


def _search_measured(cost: Callable[[int], float], guides: Sequence[float], target: float) -> int:
    """How many chunks go: between too few and enough, where the line through both meets the target.

    Costs of a board have steps, and are not quite the same when they are measured again. So where the line misses, the
    next line is overstepped, by twice as much each time, until the target lies between; then halving finds it.
    """
    low, high = 0, len(guides) - 1
    above, below = cost(low), cost(high)
    if above <= target:
        return 0
    aim = target * (1 - _CLOSE_ENOUGH / 2)
    resolution = guides[0] * _CLOSE_ENOUGH
    overstep = 0.0
    missed: set[bool] = set()
    while high - low > 1 and below < target * (1 - _CLOSE_ENOUGH) and guides[low] - guides[high] > resolution:
        if len(missed) < 2:
            wanted = guides[low] + (guides[high] - guides[low]) * (above - aim) / (above - below)
            wanted += overstep if True in missed else -overstep
            overstep = 2 * overstep or resolution
        else:
            wanted = (guides[low] + guides[high]) / 2
        between = range(low + 1, high)
        middle = next((count for count in between if guides[count] <= wanted), high - 1)
        found = cost(middle)
        missed.add(found <= target)
        if found <= target:
            high, below = middle, found
        else:
            low, above = middle, found
    return high


def rank_within_layers(bundles: Sequence[Bundle], scores: Array) -> Array:
    """Scores that take the same fraction from each layer: a group's place in its bundle, above 0 up to 1."""
    ranks = np.full(len(scores), np.nan)
    for bundle in bundles:
        groups = np.array(bundle.groups)
        if not np.isnan(scores[groups]).any():
            order = groups[np.argsort(scores[groups], kind="stable")]
            ranks[order] = np.arange(1, len(order) + 1) / len(order)
    return ranks


def _rank(bundles: Sequence[Bundle], scores: Array, limits: Limits) -> list[Array]:
    """What is removed at once, worst first: single groups, or as many as keep the layer a multiple."""
    ranked: list[tuple[float, Array]] = []
    for bundle in bundles:
        groups = np.array(bundle.groups)
        if np.isnan(scores[groups]).any():
            continue
        order = groups[np.argsort(scores[groups], kind="stable")]
        least = max(limits.min_channels, int(np.ceil(limits.min_kept * len(order))), 1)
        least = -(-least // limits.multiple) * limits.multiple
        start, left = 0, len(order)
        while True:
            # The first step goes down to a multiple, the others from one to the next.
            size = left % limits.multiple or limits.multiple
            if left - size < least:
                break
            chunk = order[start : start + size]
            ranked.append((float(scores[chunk].mean()), chunk))
            start, left = start + size, left - size
    # Sorting is stable, and within a bundle the scores rise, so that a bundle's chunks stay in order.
    return [chunk for _, chunk in sorted(ranked, key=lambda item: item[0])]
