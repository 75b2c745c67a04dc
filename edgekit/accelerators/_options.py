"""Options of a model's operators and shapes that are open, as far as rules of accelerators ask for them."""

from __future__ import annotations

import struct
from typing import Any

import tflite

from edgekit.errors import ModelError
from edgekit.tflite_model import TfliteModel

_CORRUPT = (struct.error, TypeError, ValueError, IndexError, OverflowError, AttributeError)
_CLASSES = {
    value: name for name, value in vars(tflite.BuiltinOptions).items() if isinstance(value, int) and value > 0
}
_GETTERS = (
    *("FusedActivationFunction", "DilationWFactor", "DilationHFactor", "WeightsFormat", "Axis"),
    *("EllipsisMask", "NewAxisMask", "NumSplits"),
)


class ModelOptions:
    """Reads the file again, which edgekit.tflite_model has checked but for these parts of it.

    Raises:
        ModelError: one of them points outside the file.
    """

    def __init__(self, model: TfliteModel) -> None:
        try:
            graph = tflite.Model.GetRootAs(model.data, 0).Subgraphs(0)
            self._options = [self._read(graph.Operators(index)) for index in range(len(model.operators))]
            self.open_tensors = {
                index for index in range(len(model.tensors)) if self._is_open(graph.Tensors(index))
            }
        except _CORRUPT as error:
            raise ModelError(
                "the .tflite model is corrupt: options of an operator lie outside the file; export it again"
            ) from error

    def get(self, operator: int, option: str) -> int:
        """0, the schema's usual default, for an operator without such an option."""
        return self._options[operator].get(option, 0)

    @staticmethod
    def _read(operator: Any) -> dict[str, int]:
        table, name = operator.BuiltinOptions(), _CLASSES.get(operator.BuiltinOptionsType())
        made = getattr(tflite, name, None) if name else None
        if table is None or made is None:
            return {}
        options = made()
        options.Init(table.Bytes, table.Pos)
        found = {each: getattr(options, each)() for each in _GETTERS if hasattr(options, each)}
        return {key: value for key, value in found.items() if isinstance(value, int)}

    @staticmethod
    def _is_open(tensor: Any) -> bool:
        if tensor.ShapeSignatureLength() > tensor.ShapeLength() + 8:
            raise ValueError
        return any(tensor.ShapeSignature(each) < 0 for each in range(tensor.ShapeSignatureLength()))
