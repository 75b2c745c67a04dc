"""How many multiply-accumulates an operator does, from the shapes of its tensors alone."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

Shape = tuple[int, ...]


def count_macs(operator: str, inputs: Sequence[Shape | None], outputs: Sequence[Shape]) -> int:
    """Multiply-accumulates of one inference, border padding counted as data; 0 for operators without.

    `inputs` holds None where an optional input is absent. Shapes that do not fit the operator count as 0:
    judging them is the work of whoever runs the model.
    """
    rule = _RULES.get(operator)
    if rule is None or not outputs:
        return 0
    index, rank, per_element = rule
    if index >= len(inputs) or inputs[0] is None:
        return 0
    weights = inputs[index]
    if weights is None or len(weights) < rank:
        return 0
    if operator == "TRANSPOSE_CONV":
        # Each input element is multiplied into kernel_height * kernel_width * output_channels outputs.
        image = inputs[2] if len(inputs) > 2 else None
        return 0 if image is None else prod(image) * prod(weights[:3])
    if operator == "BATCH_MATMUL":
        # One of the last two axes of the left matrix has the output's rows, the other one is summed over;
        # this holds with and without adj_x.
        if len(outputs[0]) < 2:
            return 0
        summed = weights[-1] if weights[-2] == outputs[0][-2] else weights[-2]
        return prod(outputs[0]) * summed
    return prod(outputs[0]) * prod(weights[axis] for axis in per_element)


# operator: (which input has the weights, its least rank, its axes that are walked for one output element)
_RULES: dict[str, tuple[int, int, tuple[int, ...]]] = {
    "CONV_2D": (1, 4, (1, 2, 3)),  # weights (output_channels, height, width, input_channels)
    "DEPTHWISE_CONV_2D": (1, 4, (1, 2)),  # weights (1, height, width, output_channels)
    "TRANSPOSE_CONV": (1, 4, ()),  # inputs: output shape, weights (output_channels, height, width, …), image
    "FULLY_CONNECTED": (1, 2, (1,)),  # weights (units, depth)
    "BATCH_MATMUL": (0, 2, ()),
}
