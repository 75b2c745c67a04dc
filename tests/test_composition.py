from __future__ import annotations

import pytest

from edgekit.composition import check_composition
from edgekit.errors import RecipeError
from edgekit.techniques._text import parse_techniques

_GOOD = (
    *("int8", "qat", "prune:0.75,int8", "prune:0.5,qat:sparsity", "cluster:16,qat:clusters"),
    *("cluster:16,int8", "prune,prune:0.9,int8"),
)
_BAD = {
    "prune:0.75,qat": r"quantize_aware after prune_magnitude loses the sparsity .*preserve='sparsity'",
    "cluster,qat": r"quantize_aware after cluster_weights loses the clusters .*preserve='clusters'",
    "prune,cluster,int8": r"cluster_weights after prune_magnitude loses the sparsity",
    "cluster,prune,int8": r"prune_magnitude after cluster_weights loses the clusters .*put prune_magnitude before",
    "int8,prune": r"prune_magnitude comes after quantize_int8, .*; put quantize_int8 last",
    "qat,int8": r"quantize_int8 comes after quantize_aware",
    "cluster,qat:sparsity": r"pqat after cluster_weights loses the clusters",
}


@pytest.mark.parametrize("text", _GOOD)
def test_orders_that_work_are_taken(text: str) -> None:
    check_composition(parse_techniques(text))


@pytest.mark.parametrize("text", _BAD)
def test_an_order_that_undoes_what_it_did_is_refused_with_the_reason_and_the_way_out(text: str) -> None:
    with pytest.raises(RecipeError, match=_BAD[text]):
        check_composition(parse_techniques(text))
