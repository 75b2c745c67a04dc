"""Which operators the Edge TPU takes, by the rules that are published.

Source: coral.ai/docs/edgetpu/models-intro, "Model requirements" and "Supported operations".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from edgekit.accelerators import OperatorMapping
from edgekit.accelerators._options import ModelOptions
from edgekit.tflite_model import OperatorInfo, TensorInfo, TfliteModel

TPU, CPU = "Edge TPU", "CPU"
_INT8 = ("int8", "uint8")
_MOST_SOFTMAX_ELEMENTS = 16_000


@dataclass(frozen=True)
class _Case:
    """One operator with what rules ask of it."""

    operator: OperatorInfo
    model: TfliteModel
    options: ModelOptions

    def input(self, position: int) -> TensorInfo | None:
        found = self.operator.inputs[position] if position < len(self.operator.inputs) else -1
        return self.model.tensors[found] if found >= 0 else None

    def shape(self, position: int = 0) -> tuple[int, ...]:
        tensor = self.input(position)
        return () if tensor is None else tensor.shape

    def constant(self, position: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]] | None:
        tensor = self.input(position)
        values = None if tensor is None else tensor.data()
        return None if values is None else values.astype(np.int64)

    def option(self, name: str) -> int:
        return self.options.get(self.operator.index, name)


def _no_fused_activation(case: _Case) -> str | None:
    return "has a fused activation function" if case.option("FusedActivationFunction") else None


def _concatenation(case: _Case) -> str | None:
    tensors = [case.model.tensors[each] for each in case.operator.inputs if each >= 0]
    constant = [each for each in tensors if each.is_constant]
    if constant and (len(tensors) != 2 or any(_has_nonzero(each) for each in constant)):
        return "joins a constant that is not zero, or more than one other tensor with it"
    return _no_fused_activation(case)


def _same_dilation(case: _Case) -> str | None:
    width, height = case.option("DilationWFactor"), case.option("DilationHFactor")
    return None if width == height else f"has dilation {height} in y and {width} in x"


def _fully_connected(case: _Case) -> str | None:
    if case.option("WeightsFormat"):
        return "has shuffled weights"
    output = case.model.tensors[case.operator.outputs[0]].shape
    return (
        None
        if _is_flat(output)
        else f"has an output of shape {list(output)}; only one dimension may be over 1"
    )


def _softmax(case: _Case) -> str | None:
    shape = case.shape()
    if not _is_flat(shape):
        return f"has an input of shape {list(shape)}; only one dimension may be over 1"
    if np.prod(shape, dtype=np.int64) > _MOST_SOFTMAX_ELEMENTS:
        return f"has {np.prod(shape, dtype=np.int64):,} elements, more than {_MOST_SOFTMAX_ELEMENTS:,}"
    return None


def _reduces(case: _Case) -> str | None:
    axes, rank = case.constant(1), len(case.shape())
    if axes is None:
        return "has axes that are not constant"
    reduced = {int(each) % rank for each in axes.reshape(-1)} if rank else set()
    if rank >= 4 and 0 in reduced:
        return "reduces the batch dimension"
    if case.operator.name == "MEAN" and rank - 1 in reduced and case.shape()[-1] % 4:
        return f"reduces {case.shape()[-1]} channels, no multiple of 4"
    return None


def _pad(case: _Case) -> str | None:
    paddings = case.constant(1)
    if paddings is None:
        return "has paddings that are not constant"
    return (
        "pads the batch dimension"
        if paddings.ndim == 2 and len(paddings) >= 4 and paddings[0].any()
        else None
    )


def _axis_not_batch(position: int | None) -> Callable[[_Case], str | None]:
    def rule(case: _Case) -> str | None:
        data = case.shape(1 if case.operator.name == "SPLIT" else 0)
        rank = len(data) + (case.operator.name == "PACK")
        if position is None:
            axis = case.option("Axis")
        else:
            values = case.constant(position)
            if values is None:
                return "has an axis that is not constant"
            axis = int(values.reshape(-1)[0])
        return "works on the batch dimension" if rank >= 4 and axis % rank == 0 else None

    return rule


def _prelu(case: _Case) -> str | None:
    shape = case.shape(1)
    return (
        None
        if all(each == 1 for each in shape[:-1])
        else f"has slopes of shape {list(shape)}, not one a channel"
    )


def _squeeze(case: _Case) -> str | None:
    shape = [each for each in case.shape() if each > 0]
    kept = list(case.model.tensors[case.operator.outputs[0]].shape)
    leading = next((index for index, size in enumerate(shape) if size != 1), len(shape))
    removed = len(shape) - len(kept)
    return (
        None if removed <= leading and shape[removed:] == kept else "removes a dimension that does not lead"
    )


def _strided_slice(case: _Case) -> str | None:
    strides = case.constant(3)
    if strides is None or (strides != 1).any():
        return "has strides other than 1"
    return (
        "has an ellipsis or a new axis" if case.option("EllipsisMask") or case.option("NewAxisMask") else None
    )


def _anything(case: _Case) -> str | None:
    return None


_RULES: dict[str, Callable[[_Case], str | None]] = {
    **dict.fromkeys(
        ("ADD", "EXPAND_DIMS", "L2_NORMALIZATION", "LOGISTIC", "MAXIMUM", "MINIMUM", "MUL", "QUANTIZE", "RELU",
         "RELU6", "RELU_N1_TO_1", "RESHAPE", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR", "RSQRT", "SLICE",
         "SPACE_TO_DEPTH", "SQUARED_DIFFERENCE", "SUB", "TANH", "TRANSPOSE", "TRANSPOSE_CONV",
         "UNIDIRECTIONAL_SEQUENCE_LSTM"),
        _anything,
    ),
    "AVERAGE_POOL_2D": _no_fused_activation,
    "MAX_POOL_2D": _no_fused_activation,
    "CONCATENATION": _concatenation,
    "CONV_2D": _same_dilation,
    "DEPTHWISE_CONV_2D": _same_dilation,
    "FULLY_CONNECTED": _fully_connected,
    "MEAN": _reduces,
    "REDUCE_MAX": _reduces,
    "REDUCE_MIN": _reduces,
    "SUM": _reduces,
    "PACK": _axis_not_batch(None),
    "SPLIT": _axis_not_batch(0),
    "PAD": _pad,
    "PRELU": _prelu,
    "SOFTMAX": _softmax,
    "SQUEEZE": _squeeze,
    "STRIDED_SLICE": _strided_slice,
}  # fmt: skip


def predict(model: TfliteModel) -> tuple[OperatorMapping, ...]:
    """The compiler maps what comes before the first operator that it cannot; the rest runs on the CPU."""
    options = ModelOptions(model)
    mapped: list[OperatorMapping] = []
    stopped_by: OperatorInfo | None = None
    for operator in model.operators:
        reason = _why_not(_Case(operator, model, options))
        if reason is None and stopped_by is not None:
            reason = f"comes after operator {stopped_by.index} {stopped_by.name}, which runs on the CPU"
        # Models with float inputs begin with QUANTIZE, which stays on the CPU without ending what is mapped.
        elif reason is not None and not (operator.name == "QUANTIZE" and _all_on_cpu(mapped)):
            stopped_by = stopped_by or operator
        place = TPU if reason is None else CPU
        mapped.append(OperatorMapping(operator.name, place, operator.index, reason=reason))
    return tuple(mapped)


def _why_not(case: _Case) -> str | None:
    tensors = [
        case.model.tensors[each] for each in (*case.operator.inputs, *case.operator.outputs) if each >= 0
    ]
    if case.operator.name not in _RULES:
        return "not among the supported operations"
    for tensor in tensors:
        if tensor.index in case.options.open_tensors:
            return f"{tensor.name} has a shape that is not fixed"
        # Biases and shapes are int32.
        if tensor.dtype not in _INT8 and not (tensor.dtype == "int32" and tensor.is_constant):
            return f"{tensor.name} is {tensor.dtype}; only 8-bit tensors are supported"
        if not tensor.is_constant and any(each > 1 for each in tensor.shape[:-3]):
            return (
                f"{tensor.name} has shape {list(tensor.shape)}; only its inner three dimensions may be over 1"
            )
    return _RULES[case.operator.name](case)


def _all_on_cpu(mapped: list[OperatorMapping]) -> bool:
    return all(each.runs_on == CPU and each.name == "QUANTIZE" for each in mapped)


def _has_nonzero(tensor: TensorInfo) -> bool:
    values = tensor.data()
    # The real value zero is the zero point; without one that can be read, in doubt yes.
    return values is None or bool((values != (*tensor.zero_points, 0)[0]).any())


def _is_flat(shape: tuple[int, ...]) -> bool:
    return sum(each > 1 for each in shape) <= 1
