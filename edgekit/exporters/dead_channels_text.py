"""What was found of dead channels, for people and for programs."""

from __future__ import annotations

from typing import Any

from edgekit.exporters.dead_channels import DeadChannels
from edgekit.tflite_model import TfliteModel
from edgekit.units import format_bytes, format_count, format_ratio


def describe_dead_channels(model: TfliteModel, found: DeadChannels) -> str:
    """One line for people."""
    if found.num_channels == 0:
        return f"dead channels: unknown; {found.note}"
    text = f"dead channels: {found.num_constant:,} of {found.num_channels:,} never change"
    if found.num_removable == 0:
        return f"{text}; none can be removed"
    share = f" ({format_ratio(found.macs / model.macs, 0)})" if model.macs else ""
    return (
        f"{text}; {found.num_removable:,} can be removed, and with them "
        f"{format_count(found.macs)} MACs{share} and {format_bytes(found.weight_bytes)} of weights"
    )


def dead_channels_as_json(found: DeadChannels) -> dict[str, Any]:
    return {
        "num_channels": found.num_channels,
        "num_constant": found.num_constant,
        "num_removable": found.num_removable,
        "macs": found.macs,
        "weight_bytes": found.weight_bytes,
        **({} if found.note is None else {"note": found.note}),
    }
