"""Runs one operator on arrays that a reader can follow, on the host build of the runtime."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from edgekit.host_runtime import HostRuntime
from tests.generators.tflite_builder import TfliteBuilder


def run_operator(
    name: str,
    inputs: Sequence[Any],
    constants: Sequence[Any],
    shape: Sequence[int],
    options: Any = None,
    dtype: str = "int32",
) -> Any:
    """The output, as nested lists, of `name` on `inputs` and then `constants`, which are part of the model.

    Raises:
        UnsupportedModelError: the runtime refuses the model.
        ModelError: the model contradicts itself, or fails when it runs.
    """
    builder = TfliteBuilder()
    arrays = [np.asarray(each, dtype if position == 0 else "int32") for position, each in enumerate(inputs)]
    sources = [builder.tensor(each.shape, each.dtype.name) for each in arrays]
    operands = [np.asarray(each, np.int32) for each in constants]
    fixed = [builder.tensor(each.shape, "int32", data=each) for each in operands]
    result = builder.tensor(shape, dtype)
    builder.operator(name, [*sources, *fixed], [result], options)
    runtime = HostRuntime(builder.build(sources, [result]))
    runtime.require_loaded()
    runtime.invoke(arrays)
    return runtime.tensor(1, 0).view(dtype).reshape(shape).tolist()
