"""What techniques share that hold chosen weights at zero by masks of their own, see _masks.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgekit.techniques import DEPTHWISE_SPARSITY, SPARSITY, TechniqueBase
from edgekit.techniques._masks import unmask_kernels
from edgekit.techniques._sparsity import promise_sparsity, require_kernels, verify_sparsity
from edgekit.tflite_model import TfliteModel


class MaskedPruning(TechniqueBase):
    """Frozen dataclasses with these fields; theirs are `wrap` and `fit`."""

    name: str
    sparsity: float
    scope: str
    min_weights: int
    depthwise: bool

    @property
    def effects(self) -> frozenset[str]:
        return frozenset({SPARSITY, DEPTHWISE_SPARSITY} if self.depthwise else {SPARSITY})

    def strip(self, model: Any) -> Any:
        return unmask_kernels(model)

    def promise(self, model: Any) -> Mapping[str, Any]:
        kernels = require_kernels(self.name, model, self.min_weights, self.depthwise)
        return promise_sparsity(self.name, model, kernels, self.sparsity, self.scope)

    def verify(self, model: TfliteModel, promise: Mapping[str, Any]) -> None:
        verify_sparsity(model, promise)
