"""Is a .tflite file as small as its promise says?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgekit.errors import RecipeError
from edgekit.flatbuffer_weights import find_weights
from edgekit.tflite_model import TfliteModel


def verify_channels(model: TfliteModel, promise: Mapping[str, Any]) -> None:
    """Raises RecipeError unless the file has the promised channels in each layer, and no more MACs than promised."""
    if promise["total_macs"] is not None and model.macs > promise["total_macs"]:
        raise RecipeError(
            f"the exported model does not keep the removal of channels: it has {model.macs} MACs; "
            f"expected at most {promise['total_macs']}"
        )
    weights = find_weights(model)
    for name, (before, after) in promise["num_channels"].items():
        size, macs = promise["num_weights"][name], promise["macs"][name]
        of_size = [each for each in weights if each.codes.size == size]
        named = [each for each in of_size if _is_of(each.name, name)]
        if any(
            each.num_channels == after and model.operators[each.operator].macs <= macs
            for each in named or of_size
        ):
            continue
        # A later technique may put several smaller layers into the place of one; all MACs together tell then.
        if not named and promise["total_macs"] is not None:
            continue
        found = [
            f"{each.num_channels} channels, {model.operators[each.operator].macs} MACs" for each in named
        ]
        raise RecipeError(
            f"the exported model does not keep the removal of channels from layer {name}: it has "
            f"{found[0] if found else f'no tensor of {size} weights'}; expected {after} of {before} channels and "
            f"at most {macs} MACs"
        )


def _is_of(tensor_name: str, layer: str) -> bool:
    """TensorFlow joins the layers that it fused, as in `model/bn/Fused;model/quant_conv/Conv2D`."""
    return any(part.endswith(layer) for path in tensor_name.split(";") for part in path.split("/"))
