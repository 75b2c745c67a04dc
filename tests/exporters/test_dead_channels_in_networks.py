"""Networks at random, with planted channels, answer the same without them."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from edgekit.exporters.equal_outputs import make_inputs
from edgekit.oracle import find_oracle
from tests.exporters.planted import KINDS, SAME, VALID, Network
from tests.exporters.trimming import trim


@st.composite
def _networks(draw: Any) -> Network:
    size = draw(st.integers(4, 7))
    net = Network(
        (1, size, size + 1, draw(st.integers(1, 3))),
        draw(st.integers(0, 2**32 - 1)),
        zero=draw(st.integers(-128, 127)),
    )

    def dead(count: int) -> dict[int, str]:
        return draw(st.dictionaries(st.integers(0, count - 1), st.sampled_from(KINDS), max_size=count))

    def layer() -> None:
        height, width = net.shapes[net.at][1:3]
        common = {
            "padding": draw(st.sampled_from([SAME, VALID])) if min(height, width) > 4 else SAME,
            "stride": draw(st.integers(1, 2)) if min(height, width) > 3 else 1,
            "activation": draw(st.sampled_from([0, 1, 2, 3])),
            "zero": draw(st.sampled_from([-128, -128, -5, 127])),
        }
        kind = draw(
            st.sampled_from(["conv", "conv", "depthwise", "residual", "concatenation", "pool", "pad"])
        )
        channels = net.shapes[net.at][-1]
        if kind == "conv":
            count = draw(st.integers(1, 8))
            net.conv(count, dead(count), size=draw(st.sampled_from([1, 1, 2, 3])), **common)
        elif kind == "depthwise":
            multiplier = draw(st.sampled_from([1, 1, 2]))
            net.depthwise(dead(channels * multiplier), multiplier, **common)
        elif kind == "residual":
            first = net.at
            net.add(first, net.conv(channels, dead(channels), size=3))
        elif kind == "concatenation":
            start, count = net.at, draw(st.integers(1, 5))
            first = net.conv(count, dead(count))
            net.at = start
            other = net.conv(count, dead(count), size=3)
            net.concatenate([first, other], draw(st.sampled_from([1, 3])))
        elif kind == "pool" and min(height, width) > 3:
            net.pool(draw(st.sampled_from(["MAX_POOL_2D", "AVERAGE_POOL_2D"])), draw(st.integers(2, 3)), SAME)
        elif kind == "pad":
            net.pad([[0, 0], [1, 0], [0, 1], draw(st.sampled_from([[0, 0], [1, 2]]))])

    for _ in range(draw(st.integers(1, 4))):
        layer()
    end = draw(st.sampled_from(["none", "flatten", "dense", "mean"]))
    if end == "flatten":
        net.flatten()
    elif end == "mean":
        net.mean()
    if end != "none":
        net.dense(draw(st.integers(1, 4)))
    return net


@settings(max_examples=150, deadline=None, derandomize=True)
@given(_networks(), st.sampled_from([1, 4]))
def test_networks_answer_the_same_without_their_dead_channels(net: Network, multiple: int) -> None:
    model, _, found = trim(net.build(), multiple)
    assert all(found.bounds[tensor].is_constant[channel] for tensor, channel in net.planted)
    oracle = find_oracle(model.data)
    assert oracle is not None
    for inputs in make_inputs(model.inputs, 1):
        for index, values in oracle.tensors(inputs).items():
            rows = values.reshape(-1, values.shape[-1])
            assert (rows >= found.bounds[index].low).all()
            assert (rows <= found.bounds[index].high).all()
