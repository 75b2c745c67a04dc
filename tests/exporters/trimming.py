"""Models trimmed for the tests of dead channels, outputs compared."""

from __future__ import annotations

from edgekit.exporters.dead_channels import DeadChannels, find_dead_channels, remove_dead_channels
from edgekit.exporters.equal_outputs import check_equal_outputs
from edgekit.tflite_model import TfliteModel, read_model
from tests.exporters.planted import SAME, Network


def trim(data: bytes, multiple: int = 1) -> tuple[TfliteModel, TfliteModel, DeadChannels]:
    """(before, after, what was found), outputs compared."""
    model = read_model(data)
    found = find_dead_channels(model, multiple)
    smaller = remove_dead_channels(model, found)
    if smaller is not model:
        assert check_equal_outputs(model, smaller, num_random=6) is not None
    return model, smaller, found


def removed(found: DeadChannels, planted: list[tuple[int, int]]) -> list[bool]:
    return [not found.present[tensor][channel] for tensor, channel in planted]


def padded(channel_kind: str, zero: int = -128) -> tuple[Network, int]:
    """A channel of the kind before a padded layer, and the tensor that it is in."""
    net = Network((1, 5, 5, 2))
    before = net.conv(4, {1: channel_kind}, zero=zero)
    net.conv(3, size=3, padding=SAME)
    return net, before
