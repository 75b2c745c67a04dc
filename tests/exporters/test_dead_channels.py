"""Dead channels are found, all of them, and what is left without them answers the same, byte for byte."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import pytest
import tflite
from ai_edge_litert import schema_py_generated as schema
from hypothesis import given, settings
from hypothesis import strategies as st

from edgekit.exporters._channel_graph import Bounds
from edgekit.exporters.dead_channels import find_dead_channels, remove_dead_channels
from edgekit.exporters.equal_outputs import make_inputs
from edgekit.oracle import LiteRtOracle, find_oracle
from edgekit.tflite_model import read_model
from tests.exporters.planted import KINDS, RELU, RELU6, SAME, VALID, Network
from tests.exporters.trimming import padded, removed, trim
from tests.generators.catalogue import CASES
from tests.generators.networks import build_small_network
from tests.test_deploy import model_with_a_float_operator

_UNDERSTOOD = [
    f"ek_{name}"
    for name in (
        *(
            "conv_2d_int8",
            "depthwise_conv_2d_int8",
            "fully_connected_int8",
            "add_int8",
            "average_pool_2d_int8",
        ),
        *("max_pool_2d_int8", "mean_int8", "pad_any", "concatenation_any", "reshape_any"),
        *("squeeze_any", "expand_dims_any"),
    )
]


# ---- what a channel may hold ----


@pytest.mark.parametrize("name", _UNDERSTOOD)
def test_bounds_hold_and_those_of_single_values_are_what_the_kernel_gives(name: str) -> None:
    understood = []

    # Those that take any type are drawn with int8 now and then.
    @settings(max_examples=60 if "int8" in name else 300, deadline=None, database=None, derandomize=True)
    @given(CASES[name], st.integers(0, 2**32 - 1))
    def check(data: bytes, seed: int) -> None:
        model = read_model(data)
        found = find_dead_channels(model)
        oracle = find_oracle(data)
        if not found.rules or oracle is None:
            return
        understood.append(model)
        (rule,) = found.rules
        output = model.outputs[0].index
        for inputs in make_inputs(model.inputs, 2):
            rows = oracle.invoke(inputs)[0].reshape(-1, model.outputs[0].shape[-1])
            assert (rows >= found.bounds[output].low).all()
            assert (rows <= found.bounds[output].high).all()
        # One value for each channel, everywhere: then nothing lies between the ends but what borders make of it.
        rng = np.random.default_rng(seed)
        values = {each.index: rng.integers(-128, 128, each.shape[-1:]) for each in model.inputs}
        given_bounds = {**found.bounds, **{index: Bounds(value, value) for index, value in values.items()}}
        expected = rule.bounds(given_bounds)
        inputs = [np.broadcast_to(values[each.index], each.shape).astype(np.int8) for each in model.inputs]
        rows = oracle.invoke(inputs)[0].reshape(-1, model.outputs[0].shape[-1])
        assert (rows.min(axis=0) == expected.low).all()
        assert (rows.max(axis=0) == expected.high).all()

    check()
    assert understood


# ---- planted channels ----

_CONSUMERS: dict[str, Callable[[Network], Any]] = {
    "pointwise": lambda net: net.conv(3),
    "valid": lambda net: net.conv(3, size=3, padding=VALID),
    "depthwise, which keeps it constant": lambda net: (
        net.depthwise({1: "negative", 4: "silent"}),
        net.conv(3),
    ),
    "average pool": lambda net: (net.pool("AVERAGE_POOL_2D"), net.conv(3)),
    "max pool": lambda net: (net.pool("MAX_POOL_2D", 3, SAME), net.conv(3)),
    "mean and dense": lambda net: (net.mean(), net.dense(3)),
    "flatten and dense": lambda net: (net.flatten(), net.dense(3)),
    "dense that flattens": lambda net: net.dense(3),
    "dense of int4": lambda net: (net.flatten(), net.dense(3, dtype="int4")),
    "pad in the channels": lambda net: (net.pad([[0, 0], [0, 0], [0, 0], [2, 1]]), net.conv(3)),
    "two parts": lambda net: (net.concatenate([net.at, net.source]), net.conv(3)),
    "without a bias": lambda net: net.conv(3, with_bias=False),
}


@pytest.mark.parametrize("consumer", _CONSUMERS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_planted_channel_is_found_and_removed(kind: str, consumer: str) -> None:
    activation = {"six": RELU6, "negative": RELU}.get(kind, 0)
    net = Network((1, 6, 6, 3), seed=len(consumer), scale=0.1, zero=-128)
    net.conv(5, {1: kind, 4: kind}, activation=activation)
    planted = list(net.planted)
    _CONSUMERS[consumer](net)
    model, smaller, found = trim(net.build())
    assert all(found.bounds[tensor].is_constant[channel] for tensor, channel in planted)
    assert all(removed(found, planted))
    assert smaller.tensors[planted[0][0]].shape[-1] == 3
    assert smaller.macs < model.macs
    assert len(smaller.data) < len(model.data) + 200  # a bias that was not there takes more than it saves


def test_an_addition_loses_what_both_operands_can_do_without() -> None:
    net = Network((1, 5, 5, 2))
    first = net.conv(6, {0: "positive", 2: "silent", 3: "negative"})
    net.at = net.source
    second = net.conv(6, {0: "tiny", 3: "silent", 5: "negative"}, zero=7)
    total = net.add(first, second)
    net.conv(4)
    _, _, found = trim(net.build())
    assert np.flatnonzero(~found.present[total]).tolist() == [0, 3]
    assert np.flatnonzero(found.bounds[total].is_constant).tolist() == [0, 3]


@pytest.mark.parametrize("multiplier", [1, 2, 3])
def test_a_depthwise_channel_goes_with_its_input(multiplier: int) -> None:
    net = Network((1, 5, 5, 2))
    before = net.conv(4)
    after = net.depthwise(
        dict.fromkeys(range(multiplier, 2 * multiplier), "negative"), multiplier, activation=RELU
    )
    net.conv(3)
    _, _, found = trim(net.build())
    # Its input is not constant, but nobody reads it any more.
    assert found.present[before].tolist() == [True, False, True, True]
    assert found.present[after].sum() == 3 * multiplier
    assert found.num_removable == 1 + multiplier


def test_a_depthwise_layer_on_one_channel_loses_outputs_alone() -> None:
    net = Network((1, 5, 5, 1))
    after = net.depthwise({1: "negative", 2: "silent"}, 4)
    net.conv(3)
    _, smaller, found = trim(net.build())
    assert found.present[after].tolist() == [True, False, False, True]
    assert smaller.tensors[after].shape[-1] == 2


def test_what_nobody_reads_goes_though_it_is_not_constant() -> None:
    net = Network((1, 5, 5, 2))
    before = net.conv(4)
    net.conv(3, size=3, silent_inputs=(2,))
    _, _, found = trim(net.build())
    assert found.num_constant == 0
    assert found.present[before].tolist() == [True, True, False, True]


def test_a_layer_that_is_constant_throughout_keeps_one_channel() -> None:
    net = Network((1, 5, 5, 2))
    before = net.conv(4, dict.fromkeys(range(4), "negative"))
    middle = net.depthwise()
    net.conv(3)
    _, _, found = trim(net.build())
    assert found.present[before].sum() == 1
    assert found.present[middle].sum() == 1


@pytest.mark.parametrize("kind", ["wraps", "shifts out"])
def test_a_sum_that_may_wrap_around_proves_nothing(kind: str) -> None:
    net = Network((1, 5, 5, 2), seed=1)
    before = net.conv(4, {1: kind})
    net.conv(3)
    data = net.build()
    _, _, found = trim(data)
    assert (found.bounds[before].low[1], found.bounds[before].high[1]) == (-128, 127)
    oracle, model = find_oracle(data), read_model(data)
    assert oracle is not None
    seen = [oracle.tensors(inputs)[before][..., 1] for inputs in make_inputs(model.inputs, 4)]
    assert {int(np.min(seen)), int(np.max(seen))} == {-128, 127}


# ---- what must not be touched ----


def test_a_bias_that_would_overflow_keeps_the_channel() -> None:
    net = Network((1, 4, 4, 2))
    before = net.conv(4, {1: "positive"})
    net.conv(2, {0: "tiny"})
    data = bytearray(net.build())
    # The second layer's huge bias, 2^30 − 1, becomes as large as an int32 can be.
    at = data.find((2**30 - 1).to_bytes(4, "little"))
    for value, stays in ((2**31 - 1, True), (2**30, False)):
        data[at : at + 4] = value.to_bytes(4, "little")
        weights = read_model(bytes(data)).operators[1].inputs[1]
        codes = read_model(bytes(data)).tensors[weights].data()
        assert codes is not None
        assert codes[0, 0, 0, 1] > 0
        _, _, found = trim(bytes(data))
        assert found.present[before][1] == stays


def test_an_operator_without_a_rule_keeps_its_channels() -> None:
    net = Network((1, 4, 4, 2))
    before = net.conv(4, {1: "positive"})
    net._add("LOGISTIC", [net.at], net.shapes[net.at], None, 1 / 256, -128)
    net.conv(2)
    _, _, found = trim(net.build())
    assert found.num_constant == 1
    assert found.present[before].all()


def test_inputs_and_outputs_of_the_model_keep_their_channels() -> None:
    net = Network((1, 4, 4, 3))
    first = net.conv(4, {1: "positive"}, silent_inputs=(0,))
    net.conv(3, {0: "negative"})
    model, smaller, found = trim(net.build([first, net.at]))
    assert [each.shape for each in smaller.inputs] == [each.shape for each in model.inputs]
    assert found.num_constant >= 2
    assert found.num_removable == 0


def test_constants_that_several_operators_share_are_copied() -> None:
    net = Network((1, 4, 4, 2))
    first = net.conv(4, {1: "negative"})
    weights = net.weighted((3, 1, 1, 4), 0, {}, 0.1)
    options = schema.Conv2DOptionsT(padding=SAME, strideH=1, strideW=1)
    one = net._add("CONV_2D", [first, *weights], (1, 4, 4, 3), options, 0.1, 2, version=3)
    net.at = net.source
    second = net.conv(4)
    other = net._add("CONV_2D", [second, *weights], (1, 4, 4, 3), options, 0.1, 2, version=3)
    net.add(one, other)
    _, smaller, found = trim(net.build())
    assert not found.present[first][1]
    shapes = [smaller.tensors[smaller.operators[position].inputs[1]].shape for position in (1, 3)]
    assert shapes == [(3, 1, 1, 3), (3, 1, 1, 4)]


def test_buffers_that_several_tensors_share_are_copied() -> None:
    net = Network((1, 4, 4, 2))
    net.conv(4, {1: "negative"})
    net.conv(4)
    net.conv(4)
    tree = schema.ModelT.InitFromPackedBuf(net.build(), 0)
    graph = tree.subgraphs[0]
    second, third = (graph.tensors[graph.operators[position].inputs[1]] for position in (1, 2))
    third.buffer = second.buffer
    builder = flatbuffers.Builder(1024)
    builder.Finish(tree.Pack(builder), b"TFL3")
    _, smaller, found = trim(bytes(builder.Output()))
    assert found.num_removable == 1
    assert smaller.tensors[smaller.operators[2].inputs[1]].shape == (4, 1, 1, 4)


def test_the_dead_half_of_a_reference_model_goes() -> None:
    path = Path(os.environ.get("EDGEKIT_DATA_DIR", "")) / "mlperf_tiny" / "vww_96_int8.tflite"
    if not path.is_file():
        pytest.skip("EDGEKIT_DATA_DIR is not set, or has no mlperf_tiny/vww_96_int8.tflite")
    model = read_model(path.read_bytes())
    _, smaller, found = trim(model.data)
    assert (found.num_channels, found.num_constant, found.num_removable) == (2738, 1715, 1724)
    assert smaller.macs == 3_727_313
    assert len(smaller.data) < 93_000


def test_a_float_model_is_left_alone_and_says_so() -> None:
    model = model_with_a_float_operator()
    found = find_dead_channels(model)
    assert found.num_channels == 0
    assert found.note is not None
    assert "nothing is proven" in found.note
    assert remove_dead_channels(model) is model


def test_an_operator_with_the_options_of_another_keeps_its_channels() -> None:
    net = Network((1, 5, 5, 2))
    before = net.conv(4, {1: "negative"})
    net.conv(3)
    tree = schema.ModelT.InitFromPackedBuf(net.build(), 0)
    operator = tree.subgraphs[0].operators[0]
    operator.builtinOptions = schema.AddOptionsT()
    operator.builtinOptionsType = schema.BuiltinOptions.AddOptions
    builder = flatbuffers.Builder(1024)
    builder.Finish(tree.Pack(builder), b"TFL3")
    found = find_dead_channels(read_model(bytes(builder.Output())))
    assert found.present[before].all()
    assert found.num_channels == 3


def test_open_sizes_prove_nothing() -> None:
    net, _ = padded("negative")
    for axis, is_open in ((0, False), (1, True)):
        tree = schema.ModelT.InitFromPackedBuf(net.build(), 0)
        for tensor in tree.subgraphs[0].tensors:
            if len(tensor.shape) == 4 and tensor.buffer == 0:
                tensor.shapeSignature = np.array(tensor.shape, np.int32)
                tensor.shapeSignature[axis] = -1
        builder = flatbuffers.Builder(1024)
        builder.Finish(tree.Pack(builder), b"TFL3")
        model = read_model(bytes(builder.Output()))
        assert (find_dead_channels(model).note is not None) == is_open
        if not is_open:
            smaller = tflite.Model.GetRootAs(remove_dead_channels(model).data, 0).Subgraphs(0).Tensors(3)
            assert smaller.ShapeSignatureAsNumpy().tolist() == [-1, 5, 5, 3]


def test_a_model_without_dead_channels_is_returned_as_it_is() -> None:
    model = read_model(build_small_network())
    assert remove_dead_channels(model) is model


# ---- the file ----


@pytest.mark.parametrize("multiple", [2, 4])
def test_channels_are_left_in_multiples(multiple: int) -> None:
    net = Network((1, 5, 5, 3))
    before = net.conv(13, dict.fromkeys((0, 1, 2, 5, 6, 7, 8, 9), "positive"))
    net.conv(4)
    _, smaller, found = trim(net.build(), multiple)
    assert smaller.tensors[before].shape[-1] == {2: 6, 4: 8}[multiple]
    assert found.num_removable == {2: 7, 4: 5}[multiple]


def test_nothing_is_left_to_remove_from_the_result() -> None:
    net = Network((1, 5, 5, 3))
    net.conv(8, {0: "positive", 3: "negative"})
    net.depthwise({2: "silent"}, padding=VALID)
    net.conv(4)
    _, smaller, _ = trim(net.build())
    assert remove_dead_channels(smaller) is smaller


def test_the_smaller_file_is_aligned_and_runs_on_litert() -> None:
    net = Network((1, 5, 5, 3))
    net.conv(8, {0: "positive", 3: "negative"})
    net.conv(4)
    model, smaller, _ = trim(net.build())
    for tensor in smaller.tensors:
        assert not tensor.is_constant or tensor._offset % 16 == 0
    first, second = LiteRtOracle(model), LiteRtOracle(smaller)
    for inputs in make_inputs(model.inputs, 3):
        assert (first.invoke(inputs)[0] == second.invoke(inputs)[0]).all()
