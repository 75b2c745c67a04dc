from __future__ import annotations

import numpy as np
import pytest

from edgekit.flatbuffer_weights import find_weights
from edgekit.techniques._requantize import NewCodes, requantize, to_bits
from edgekit.techniques._sensitivity import Sensitivity, choose_bits, round_kernel
from edgekit.techniques.power_of_two import round_to_powers
from edgekit.techniques.quantize_mixed import QuantizeMixed
from edgekit.tflite_model import read_model
from tests.tiny_model import build_dense

_WEIGHTS = np.random.default_rng(1).normal(size=(8, 50))


@pytest.mark.parametrize("num_bits", [2, 4, 8])
def test_codes_are_of_that_many_bits_and_as_near_as_rounding_puts_them(num_bits: int) -> None:
    codes, scales = to_bits(_WEIGHTS, num_bits)
    largest = 2 ** (num_bits - 1) - 1
    assert np.abs(codes).max() <= largest
    plain = np.abs(_WEIGHTS).max(axis=1, keepdims=True) / largest
    error = np.square(codes * scales[:, None] - _WEIGHTS).sum(axis=1)
    assert (error <= np.square(np.round(_WEIGHTS / plain) * plain - _WEIGHTS).sum(axis=1) + 1e-12).all()


def test_zeros_stay_zero_and_a_channel_of_zeros_has_a_scale() -> None:
    codes, scales = to_bits(np.array([[0.0, 0.0], [0.0, -3.0]]), 4)
    assert codes[0].tolist() == [0, 0]
    assert codes[1, 0] == 0
    assert (scales > 0).all()


@pytest.mark.parametrize("packed", [False, True])
def test_new_codes_and_the_bias_in_their_scale_stand_in_the_file(packed: bool) -> None:
    pytest.importorskip("ai_edge_litert")
    new = NewCodes(np.array([[1, -2, 3, -4], [5, -6, 7, -7], [0, 0, 0, 1]], np.int8), np.array([0.5]), packed)
    seen = []

    def choose(layer: str, operator: str, weights: np.ndarray) -> NewCodes:  # type: ignore[type-arg]
        seen.append((layer, operator, weights))
        return new

    model = read_model(requantize(build_dense(), {"weights": 12}, ["weights"], choose))
    ((layer, operator, weights),) = seen
    assert (layer, operator) == ("weights", "FULLY_CONNECTED")
    assert weights.tolist() == (np.arange(-6, 6).reshape(3, 4) * 0.25).tolist()
    (found,) = find_weights(model)
    assert found.codes.tolist() == new.codes.tolist()
    assert model.tensors[1].dtype == ("int4" if packed else "int8")
    # The input's scale is 0.5: the bias of 8 · 0.125 is 4 · (0.5 · 0.5).
    bias = model.tensors[2]
    data = bias.data()
    assert bias.scales == (0.25,)
    assert data is not None
    assert data.tolist() == [4, -4, 0]


def test_a_layer_that_is_not_asked_for_stays_as_it_is() -> None:
    pytest.importorskip("ai_edge_litert")
    model = read_model(requantize(build_dense(), {"weights": 12}, [], lambda *_: pytest.fail("asked")))
    assert find_weights(model)[0].codes.reshape(-1).tolist() == list(range(-6, 6))


def test_weights_become_the_nearest_power_of_two_with_their_sign() -> None:
    kernel = np.array([1.0, 0.8, -0.76, 0.74, 0.5, -0.3, 0.124, 0.06, 0.0])
    # Three powers below a maximum of 1: 1, 0.5 and 0.25; less than half of the last is zero.
    assert round_to_powers(kernel, 3).tolist() == [1, 1, -1, 0.5, 0.5, -0.25, 0, 0, 0]
    assert round_to_powers(np.zeros(3), 3).tolist() == [0, 0, 0]


def test_a_depthwise_kernel_is_rounded_channel_by_channel() -> None:
    kernel = np.random.default_rng(2).normal(size=(3, 3, 4, 2)) * np.logspace(0, 6, 4)[:, None]
    rounded = round_kernel(kernel, 4, depthwise=True)
    assert rounded.shape == kernel.shape
    assert np.abs(rounded - kernel).max(axis=(0, 1)) == pytest.approx(0, abs=np.abs(kernel).max() / 7)
    assert (np.abs(rounded - kernel).max(axis=(0, 1)) <= np.abs(kernel).max(axis=(0, 1)) / 6).all()


def test_the_layers_that_bear_it_best_get_four_bits_until_the_average_is_met() -> None:
    layers = [
        Sensitivity("first", 100, 0.9),
        Sensitivity("middle", 1000, 0.1),
        Sensitivity("tiny", 10, 0.0),
        Sensitivity("last", 500, 0.4),
    ]
    assert choose_bits(layers, 6.0) == {"first": 8, "middle": 4, "tiny": 8, "last": 8}
    assert set(choose_bits(layers, 4.0).values()) == {4}
    for average in (4.5, 5.0, 7.5):
        chosen = choose_bits(layers, average)
        assert sum(chosen[each.layer] * each.num_weights for each in layers) <= average * 1610


@pytest.mark.parametrize("average", [3.9, 8.0, float("nan")])
def test_an_average_that_is_none_is_refused(average: float) -> None:
    with pytest.raises(Exception, match="bits on average; expected at least 4 and less than 8"):
        QuantizeMixed(average_bits=average)
