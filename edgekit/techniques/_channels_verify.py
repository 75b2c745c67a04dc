"""Is a .tflite file as small as its promise says?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgekit.errors import RecipeError
from edgekit.flatbuffer_weights import find_weights, match_weights
from edgekit.tflite_model import TfliteModel


def verify_channels(model: TfliteModel, promise: Mapping[str, Any]) -> None:
    """Raises RecipeError unless the file has the promised channels in each layer, and no more MACs than promised."""
    if promise["total_macs"] is not None and model.macs > promise["total_macs"]:
        raise RecipeError(
            f"the exported model does not keep the removal of channels: it has {model.macs} MACs; "
            f"expected at most {promise['total_macs']}"
        )
    weights = find_weights(model)
    matched = match_weights(weights, promise["num_weights"].items())
    for name, (before, after) in promise["num_channels"].items():
        found = matched[name]
        # A later technique may put several smaller layers into the place of one; all MACs together tell then.
        if found is None and promise["total_macs"] is not None and promise["total_macs"] >= model.macs:
            continue
        if found is None or found.num_channels != after:
            raise RecipeError(
                f"the exported model does not keep the removal of channels from layer {name}: it has "
                f"{'no tensor of that size' if found is None else f'{found.num_channels} channels'}; expected "
                f"{after} of {before}"
            )
        macs = model.operators[found.operator].macs
        if macs > promise["macs"][name]:
            raise RecipeError(
                f"the exported model's layer {name} has {macs} MACs; expected {promise['macs'][name]} after "
                "the removal of channels"
            )
