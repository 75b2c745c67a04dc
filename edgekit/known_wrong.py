"""Which runtimes are known to compute wrong results, without a word, with which operators of a model.

Each row was seen: the runtime took the model and answered with the accuracy of a guess. What a runtime refuses
needs no row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edgekit.errors import RecipeError
from edgekit.tflite_model import OperatorInfo, TensorInfo, TfliteModel

TFLITE_MICRO, LITERT, TFLITE_RUNTIME, EDGEKIT = "tflite-micro", "ai-edge-litert", "tflite-runtime", "edgekit"
RUNTIMES = (TFLITE_MICRO, LITERT, TFLITE_RUNTIME, EDGEKIT)
_WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV")


@dataclass(frozen=True)
class KnownWrong:
    """`applies(inputs, outputs)` says of an operator's tensors whether `runtime` computes it wrongly."""

    runtime: str
    operators: tuple[str, ...]
    applies: Callable[[list[TensorInfo], list[TensorInfo]], bool]
    what: str
    remedy: str


TABLE = (
    KnownWrong(
        TFLITE_MICRO,
        ("DEQUANTIZE",),
        lambda inputs, outputs: len(inputs[0].scales) > 1,
        "unpacks weights that have a scale for each channel with the first channel's scale",
        "quantize with quantize_int8 instead of the weights alone",
    ),
    KnownWrong(
        LITERT,
        _WEIGHTED,
        lambda inputs, outputs: inputs[0].dtype == "int16" and inputs[1].dtype == "int4",
        "takes int4 weights under int16 activations for int8",
        "keep the weights of int16 activations in int8",
    ),
    KnownWrong(
        TFLITE_RUNTIME,
        ("FULLY_CONNECTED",),
        lambda inputs, outputs: (
            inputs[0].dtype == "float32" and inputs[1].dtype == "int8" and len(inputs[1].scales) > 1
        ),
        "scales all channels like the first",
        "run it on ai-edge-litert, or use quantize_int8",
    ),
    KnownWrong(
        TFLITE_RUNTIME,
        _WEIGHTED,
        lambda inputs, outputs: inputs[0].dtype == "float32" and inputs[1].dtype == "int4",
        "takes int4 weights under float activations for int8",
        "run it on ai-edge-litert, or use quantize_dynamic",
    ),
)


def find_known_wrong(model: TfliteModel) -> dict[str, str]:
    """The runtimes that would compute wrong results, each with one sentence that says where and why."""
    found: dict[str, str] = {}
    for operator in model.operators:
        inputs, outputs = _tensors(model, operator)
        for row in TABLE:
            if row.runtime in found or operator.name not in row.operators or not inputs:
                continue
            if row.applies(inputs, outputs):
                found[row.runtime] = (
                    f"{row.runtime} computes wrong results with operator {operator.index} ({operator.name}): "
                    f"it {row.what}; {row.remedy}"
                )
    return found


def require_right(model: TfliteModel, runtime: str) -> None:
    """Raises RecipeError if `runtime`, one of RUNTIMES, is known to compute wrong results with the model."""
    if runtime not in RUNTIMES:
        raise RecipeError(f"no runtime is called {runtime!r}; expected one of {', '.join(RUNTIMES)}")
    sentence = find_known_wrong(model).get(runtime)
    if sentence is not None:
        raise RecipeError(sentence)


def _tensors(model: TfliteModel, operator: OperatorInfo) -> tuple[list[TensorInfo], list[TensorInfo]]:
    inputs = [model.tensors[index] for index in operator.inputs if index >= 0]
    return inputs, [model.tensors[index] for index in operator.outputs]
