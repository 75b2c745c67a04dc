"""Shapes of rank 0 to 6 broadcast as numpy's do; TFLM's own loops end at rank 4 or 5."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as shapes

from tests.generators.literal import Operand, run


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    pair=shapes.mutually_broadcastable_shapes(num_shapes=2, max_dims=6, max_side=4), seed=st.integers(0, 99)
)
def test_any_two_shapes_broadcast_as_in_numpy(pair: shapes.BroadcastableShapes, seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second = (rng.integers(-1000, 1000, shape).astype(np.int32) for shape in pair.input_shapes)
    actual = run(
        "SUB", [Operand(first, "int32"), Operand(second, "int32")], Operand(list(pair.result_shape), "int32")
    )
    np.testing.assert_array_equal(np.array(actual), first - second)
