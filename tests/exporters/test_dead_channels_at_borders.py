"""Where constants are folded beside zero padding."""

from __future__ import annotations

import numpy as np
import pytest

from edgekit.errors import ModelError
from edgekit.exporters import _weighted_making
from tests.exporters.planted import SAME, VALID, Network
from tests.exporters.trimming import padded, trim


def test_a_constant_that_is_not_the_padding_stays_before_a_padded_layer() -> None:
    net, before = padded("positive")
    _, smaller, found = trim(net.build())
    assert found.bounds[before].is_constant[1]
    assert found.present[before].all()
    assert found.num_removable == 0
    assert smaller.data == net.build()


@pytest.mark.parametrize(("kind", "zero"), [("negative", -128), ("tiny", 11), ("positive", 127)])
def test_a_constant_that_is_the_padding_goes_before_a_padded_layer(kind: str, zero: int) -> None:
    net, before = padded(kind, zero)
    _, _, found = trim(net.build())
    assert not found.present[before][1]


def test_a_constant_goes_before_a_padded_layer_that_reads_no_padding() -> None:
    net = Network((1, 6, 6, 2))
    before = net.conv(4, {1: "positive"})
    net.conv(3, size=2, padding=SAME, stride=2)
    _, _, found = trim(net.build())
    assert not found.present[before][1]


def test_a_fold_that_forgets_the_padding_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = _weighted_making.find_extents
    monkeypatch.setattr(
        _weighted_making, "find_extents", lambda *sizes: None if whole(*sizes) is None else ((0, sizes[2]),)
    )
    with pytest.raises(ModelError, match="answers otherwise"):
        trim(padded("positive")[0].build())


@pytest.mark.parametrize("value", [None, 127])
def test_borders_of_a_pad_count_as_values(value: int | None) -> None:
    net = Network((1, 5, 5, 2))
    net.conv(4, {1: "positive", 2: "tiny"}, zero=5)
    after = net.pad([[0, 0], [1, 1], [1, 1], [0, 0]], value)
    net.conv(3, size=3, padding=VALID)
    _, _, found = trim(net.build())
    constant = 2 if value is None else 1
    assert np.flatnonzero(found.bounds[after].is_constant).tolist() == [constant]
    assert np.flatnonzero(~found.present[after]).tolist() == [constant]
