from __future__ import annotations

import pytest

from edgekit.composition import check_composition
from edgekit.errors import EdgekitError, RecipeError
from edgekit.techniques._text import parse_techniques
from edgekit.techniques.cluster_weights import ClusterWeights

_GOOD = (
    *("int8", "qat", "prune:0.75,int8", "prune:0.5,qat:sparsity", "cluster:16,qat:clusters"),
    *("cluster:16,int8", "prune,prune:0.9,int8", "prune:0.75,qat", "prune,cluster,qat", "cluster,qat"),
    *("float16", "prune,dynamic", "cluster,int16x8", "prune,int4", "int4:unpacked", "mixed:5", "pow2,int8"),
    *("prune,pow2:3,int16x8", "pow2,float16", "codebook", "prune:0.75,codebook:8", "selfdistill,codebook:16"),
    *("prune:0.75:depthwise,int8", "prune:0.5:depthwise,prune:0.9:depthwise,int8"),
)
_BAD = {
    "float16,int8": r"quantize_int8 comes after quantize_float16, .* numbers of few bits; put quantize_float16 last",
    "int4,qat": r"quantize_aware comes after quantize_int4, .* fixed integers; put quantize_int4 last",
    "pow2,qat:plain": r"quantize_aware after power_of_two loses the powers of two .*; use quantize_int8, which",
    "pow2,prune": r"prune_magnitude after power_of_two loses the powers of two",
    "cluster,pow2": r"power_of_two after cluster_weights loses the clusters",
    "prune:0.75,qat:plain": r"quantize_aware after prune_magnitude loses the sparsity .*preserve='sparsity'",
    "cluster,qat:plain": r"quantize_aware after cluster_weights loses the clusters .*preserve='clusters'",
    "cluster,prune,int8": r"prune_magnitude after cluster_weights loses the clusters .*put prune_magnitude before",
    "int8,prune": r"prune_magnitude comes after quantize_int8, .*; put quantize_int8 last",
    "qat,int8": r"quantize_int8 comes after quantize_aware",
    "cluster,codebook": r"codebook_int8 after cluster_weights loses the clusters",
    "pow2,codebook": r"codebook_int8 after power_of_two loses the powers of two .*; use quantize_int8, which",
    "codebook,int8": r"quantize_int8 comes after codebook_int8, .* fixed integers; put codebook_int8 last",
    "prune:0.75:depthwise,qat": r"pqat after prune_magnitude loses the sparsity of depthwise .*; use quantize_int8",
    "prune_iterative:0.75:depthwise,qat": r"pqat after prune_iterative loses the sparsity of depthwise kernels",
    "prune:0.75:depthwise,prune:0.9,int8": r"after prune_magnitude loses the sparsity of depthwise kernels .*before",
    "prune:0.75:depthwise,cluster,int8": r"cluster_weights after prune_magnitude loses the sparsity of depthwise",
    "cluster,qat:sparsity": r"pqat after cluster_weights loses the clusters",
}


@pytest.mark.parametrize("text", _GOOD)
def test_orders_that_work_are_taken(text: str) -> None:
    check_composition(parse_techniques(text))


@pytest.mark.parametrize("text", _BAD)
def test_an_order_that_undoes_what_it_did_is_refused_with_the_reason_and_the_way_out(text: str) -> None:
    with pytest.raises(RecipeError, match=_BAD[text]):
        check_composition(parse_techniques(text))


def test_plain_names_keep_what_the_techniques_before_them_gave() -> None:
    assert [each.name for each in parse_techniques("prune,cluster:8,qat")][-1] == "pcqat"
    assert parse_techniques("prune,cluster:8,int8")[1].keeps >= {"sparsity"}


def test_clustering_that_does_not_keep_the_zeros_is_refused_after_pruning() -> None:
    with pytest.raises(RecipeError, match="cluster_weights after prune_magnitude loses the sparsity"):
        check_composition((*parse_techniques("prune"), ClusterWeights(), *parse_techniques("int8")))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "names no technique"),
        ("prune:1.2", "sparsity of 1.2: expected a fraction above 0 and below 1"),
        ("prune:much", "sparsity of much: expected a fraction"),
        ("cluster:0", "number of clusters of 0: expected a whole number"),
        ("cluster:1", "1 clusters; expected at least 2"),
        ("qat:everything", "cannot preserve 'everything'"),
        ("prun:0.5", "did you mean 'prune'"),
    ],
)
def test_text_that_makes_no_sense_is_one_sentence(text: str, message: str) -> None:
    with pytest.raises(EdgekitError, match=message):
        parse_techniques(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("float16:2", "float16 takes no argument, but '2' was given"),
        ("dynamic:2", "dynamic takes no argument"),
        ("int16x8:0", "int16x8 of 0: expected a whole number of at least 1"),
        ("int4:3", "int4 takes 'unpacked' or nothing, but '3' was given"),
        ("mixed:9", "9 bits on average; expected at least 4 and less than 8"),
        ("mixed:few", "'few' bits on average; expected a number from 4 to 8"),
        ("pow2:8", "8 powers of two; expected 1 to 7"),
    ],
)
def test_an_argument_that_makes_no_sense_is_refused(text: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        parse_techniques(text)
