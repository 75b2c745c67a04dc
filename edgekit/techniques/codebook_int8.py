"""An integer codebook: int8 weights of which a whole tensor takes only a few values.

Batch normalization is folded first, so that what is trained are the weights of the file. Each is a code times its
channel's scale; the codes are shared over the tensor, so that a packer stores an index of log2(num_codes) bits
a weight and one small table, whatever the channels' scales.

Source: Han, Mao and Dally, "Deep Compression", ICLR 2016, section 3 (weights that share values); Bengio et al.,
"Estimating or Propagating Gradients Through Stochastic Neurons", 2013 (the straight-through estimator).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit.errors import RecipeError
from edgekit.flatbuffer_weights import find_weights, match_weights
from edgekit.techniques import CHANNELS, CLUSTERS, DEPTHWISE_SPARSITY, INT8, SPARSITY, Context
from edgekit.techniques._codebook import Codebook, find_scales, fit_codebook
from edgekit.techniques._fold import fold_normalization, from_rows, to_rows
from edgekit.techniques._layers import is_depthwise, kernels_of
from edgekit.techniques._requantize import NewCodes, requantize
from edgekit.techniques._text import parse_count
from edgekit.techniques.quantize_int8 import QuantizeInt8
from edgekit.tflite_model import TfliteModel

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class CodebookInt8(QuantizeInt8):
    """At most `num_codes` int8 codes in each convolution and dense layer of at least `min_weights` weights.

    `keep_zeros`: 0 is one of them, and weights that are 0 stay so, as after pruning. Depthwise kernels stay
    ordinary int8 unless `depthwise` asks for them.
    """

    num_codes: int = 16
    keep_zeros: bool = False
    depthwise: bool = False
    min_weights: int = 64
    num_epochs: int = 4
    learning_rate: float | None = 5e-4
    name: str = "codebook_int8"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 2 <= self.num_codes <= 255:
            raise RecipeError(f"a codebook of {self.num_codes} codes; expected 2 to 255, such as 16")

    @property
    def effects(self) -> frozenset[str]:
        return frozenset({INT8, CLUSTERS})

    @property
    def keeps(self) -> frozenset[str]:
        zeros = {SPARSITY, DEPTHWISE_SPARSITY} if self.depthwise else {SPARSITY}
        return frozenset({CHANNELS} | (zeros if self.keep_zeros else set()))

    def wrap(self, model: Any, context: Context) -> Any:
        layers = self._layers(model)
        if not layers:
            raise RecipeError(
                f"{self.name}: the model has no convolution or dense layer of at least {self.min_weights} weights"
            )
        for layer, kernel in layers:
            if not np.isfinite(kernel).all():
                raise RecipeError(
                    f"{self.name}: layer {layer.name} has weights that are not finite; train the model again"
                )
        return fold_normalization(super().wrap(model, context))

    def fit(self, model: Any, context: Context, num_epochs: int) -> None:
        shared = [_SharedKernel(layer, self) for layer, _ in self._layers(model)]
        callbacks = [_make_straight_through(shared)]
        context.train(model, num_epochs, self.name, callbacks=callbacks, learning_rate=self.learning_rate)

    def strip(self, model: Any) -> Any:
        for layer, _ in self._layers(model):
            shared = _SharedKernel(layer, self)
            shared.begin()
            # Not a weight: what `promise` needs to know of the layer.
            layer.codebook = shared.codebook
        return model

    def promise(self, model: Any) -> Mapping[str, Any]:
        return {
            "codebooks": {layer.name: layer.codebook.entries.tolist() for layer, _ in self._layers(model)},
            "num_codes": self.num_codes,
            "num_weights": {layer.name: int(kernel.size) for layer, kernel in kernels_of(model)},
        }

    def rewrite(self, flatbuffer: bytes, promise: Mapping[str, Any]) -> bytes:
        """The converter gives each channel a scale of its own choice, under which codes are no longer shared."""
        entries = {name: np.array(each) for name, each in promise["codebooks"].items()}

        def choose(layer: str, operator: str, weights: Array) -> NewCodes:
            scales = find_scales(weights, entries[layer])
            return NewCodes(Codebook(entries[layer], scales).codes(weights).astype(np.int8), scales)

        return requantize(flatbuffer, promise["num_weights"], entries, choose)

    def verify(self, model: TfliteModel, promise: Mapping[str, Any]) -> None:
        super().verify(model, promise)
        matched = match_weights(find_weights(model), promise["num_weights"].items())
        for name, entries in promise["codebooks"].items():
            weights = matched[name]
            found = None if weights is None else set(np.unique(weights.codes).tolist())
            if found is None or len(found) > promise["num_codes"] or not found <= set(entries):
                what = "no tensor of that size" if found is None else f"{len(found)} codes"
                raise RecipeError(
                    f"the exported model does not keep the codebook of layer {name}: {what}; expected at most "
                    f"{promise['num_codes']} in the whole tensor, all of {entries}; put {self.name} last"
                )

    def _layers(self, model: Any) -> list[tuple[Any, Array]]:
        return kernels_of(model, self.min_weights, self.depthwise)


class _SharedKernel:
    """A layer whose kernel holds the codebook's values while gradients move the latent weights behind it.

    Between epochs the kernel holds the latent weights, from which the codebook follows: a checkpoint needs no more.
    """

    def __init__(self, layer: Any, technique: CodebookInt8) -> None:
        self._layer = layer
        self._variable = layer.depthwise_kernel if is_depthwise(layer) else layer.kernel
        self._technique = technique

    def begin(self) -> None:
        self._latent = to_rows(self._layer, self._variable.numpy())
        self._zeros = self._latent == 0
        self.codebook = fit_codebook(self._latent, self._technique.num_codes, self._technique.keep_zeros)
        self._project()

    def step(self) -> None:
        """The optimizer's step, taken from the projected weights, moves the latent ones; the entries follow."""
        keep_zeros = self._technique.keep_zeros
        self._latent += to_rows(self._layer, self._variable.numpy()) - self._shown
        if keep_zeros:
            self._latent[self._zeros] = 0.0
        self.codebook = self.codebook.follow(self._latent, keep_zeros)
        self._project()

    def end(self) -> None:
        self._assign(self._latent)

    def _project(self) -> None:
        self._shown = self.codebook.values(self._latent).astype(np.float32)
        self._assign(self._shown)

    def _assign(self, rows: Array) -> None:
        self._variable.assign(from_rows(self._layer, rows, tuple(self._variable.shape)))


def _make_straight_through(shared: list[_SharedKernel]) -> Any:
    import tf_keras

    class StraightThrough(tf_keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            for each in shared:
                each.begin()

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            for each in shared:
                each.step()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            for each in shared:
                each.end()

    return StraightThrough()


SHORT_NAME = "codebook"


def parse(argument: str | None, given: frozenset[str]) -> CodebookInt8:
    """`codebook`, or `codebook:8` with the number of codes; after pruning it keeps the zeros."""
    count = 16 if argument is None else parse_count(argument, "a number of codes")
    return CodebookInt8(num_codes=count, keep_zeros=SPARSITY in given)
