from __future__ import annotations

import pytest

from edgekit.tflite_macs import count_macs


@pytest.mark.parametrize(
    ("operator", "inputs", "output", "macs"),
    [
        # 8x8 outputs of 16 channels, each from 3x3x4 inputs
        ("CONV_2D", [(1, 8, 8, 4), (16, 3, 3, 4), (16,)], (1, 8, 8, 16), 8 * 8 * 16 * 3 * 3 * 4),
        # grouped: each of the 8 output channels sees 2 of the 4 input channels
        ("CONV_2D", [(1, 5, 5, 4), (8, 1, 1, 2), None], (1, 5, 5, 8), 5 * 5 * 8 * 2),
        ("DEPTHWISE_CONV_2D", [(1, 8, 8, 16), (1, 3, 3, 16), (16,)], (1, 4, 4, 16), 4 * 4 * 16 * 9),
        # every input element reaches 2x2x6 outputs
        ("TRANSPOSE_CONV", [(4,), (6, 2, 2, 3), (1, 5, 5, 3)], (1, 10, 10, 6), 5 * 5 * 3 * 2 * 2 * 6),
        ("FULLY_CONNECTED", [(1, 64), (10, 64), None], (1, 10), 640),
        ("FULLY_CONNECTED", [(5, 64), (10, 64), (10,)], (5, 10), 3200),
        ("BATCH_MATMUL", [(2, 3, 7), (2, 7, 5)], (2, 3, 5), 2 * 3 * 7 * 5),
        # the same with adj_x: the left matrix comes transposed
        ("BATCH_MATMUL", [(2, 7, 3), (2, 7, 5)], (2, 3, 5), 2 * 3 * 7 * 5),
        ("ADD", [(1, 8), (1, 8)], (1, 8), 0),
        ("SOFTMAX", [(1, 8)], (1, 8), 0),
    ],
)
def test_macs_follow_from_shapes(
    operator: str, inputs: list[tuple[int, ...] | None], output: tuple[int, ...], macs: int
) -> None:
    assert count_macs(operator, inputs, [output]) == macs


@pytest.mark.parametrize(
    ("operator", "inputs", "outputs"),
    [
        ("CONV_2D", [], [(1, 2)]),
        ("CONV_2D", [(1, 2, 2, 1), None], [(1, 2, 2, 1)]),
        ("CONV_2D", [(1, 2, 2, 1), (3, 3)], [(1, 2, 2, 1)]),
        ("CONV_2D", [(1, 2, 2, 1), (1, 1, 1, 1)], []),
        ("TRANSPOSE_CONV", [(4,), (6, 2, 2, 3)], [(1, 10, 10, 6)]),
        ("BATCH_MATMUL", [(2, 3)], [(3,)]),
        ("FULLY_CONNECTED", [None, (10, 64)], [(1, 10)]),
    ],
)
def test_shapes_that_do_not_fit_the_operator_count_as_nothing(
    operator: str, inputs: list[tuple[int, ...] | None], outputs: list[tuple[int, ...]]
) -> None:
    assert count_macs(operator, inputs, outputs) == 0
