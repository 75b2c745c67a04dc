"""Binarization: the inner convolutions and dense layers compute with weights, or all, of one bit.

Sources: binary_connect, stochastic: Courbariaux, Bengio and David, "BinaryConnect", NeurIPS 2015. bnn: Hubara et
al., "Binarized Neural Networks", NeurIPS 2016. xnor: Rastegari et al., "XNOR-Net", ECCV 2016, equation 6 (the
scale of the weights; that of the inputs is left to BatchNormalization, as all later work does). approx_sign: Liu
et al., "Bi-Real Net", ECCV 2018, equation 7. irnet: Qin et al., "IR-Net", CVPR 2020. ternary: Li, Zhang and Liu,
"Ternary Weight Networks", 2016. dorefa: Zhou et al., "DoReFa-Net", 2016, equations 5 and 9. Layers and most
quantizers are those of larq.

bnn, xnor, approx_sign and irnet have binary inputs as well, and are exported with the operators of Larq Compute
Engine, 32 weights in a word. No firmware of ours reads these yet, so such models are measured on the host only.
The others have plain operators, whose weights take two, three or 2^k values, so they compress well and need
nothing special to run, but a file of them is not smaller by itself.
"""

from __future__ import annotations

import importlib.util
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit.errors import MissingDependencyError, RecipeError
from edgekit.larq_oracle import INSTALL
from edgekit.native_output import muted_stderr
from edgekit.techniques import BINARIZED, BINARY, CHANNELS, Context, TechniqueBase
from edgekit.techniques._binary_verify import require_levels, require_packed, require_rounding
from edgekit.techniques._layers import kernels_of
from edgekit.tflite_model import TfliteModel

_PACKED = ("bnn", "xnor", "approx_sign", "irnet")
_LEVELS = {"binary_connect": 2, "stochastic": 2, "ternary": 3}
_METHODS = (*_PACKED, *_LEVELS, "dorefa")


@dataclass(frozen=True)
class Binarize(TechniqueBase):
    """All convolutions and dense layers but the first and the last, and those of `keep_float` (by name).

    Depthwise layers and, for binary inputs, those without a binarized operator (Conv1D, grouped convolutions,
    dense layers on more than a vector) stay as they are. `num_bits` is DoReFa's k of the weights,
    `num_activation_bits` that of the inputs (float only; None leaves them alone).
    """

    method: str = "approx_sign"
    num_bits: int = 1
    num_activation_bits: int | None = None
    keep_float: tuple[str, ...] = ()
    num_epochs: int = 20
    learning_rate: float | None = 1e-2
    name: str = "binarize"

    def __post_init__(self) -> None:
        if self.method not in _METHODS:
            raise RecipeError(
                f"a binarization method of {self.method!r}; expected one of {', '.join(_METHODS)}"
            )
        for bits, what in ((self.num_bits, "weights"), (self.num_activation_bits, "activations")):
            if bits is not None and not 1 <= bits <= 8:
                raise RecipeError(f"{what} of {bits} bits; expected 1 to 8")
        if self.method != "dorefa" and (self.num_bits != 1 or self.num_activation_bits is not None):
            raise RecipeError(f"{self.method} has one bit; only dorefa takes a number of bits")
        if self.num_epochs < 1:
            raise RecipeError(
                f"binarization in {self.num_epochs} epochs; expected at least 1: it has to train"
            )

    @property
    def is_packed(self) -> bool:
        """Is the file Larq Compute Engine's?"""
        return self.method in _PACKED

    @property
    def effects(self) -> frozenset[str]:
        return frozenset({BINARIZED if self.is_packed else BINARY})

    @property
    def keeps(self) -> frozenset[str]:
        return frozenset({CHANNELS})

    def require(self) -> None:
        packages = ("larq", "larq_compute_engine") if self.is_packed else ("larq",)
        missing = [each for each in packages if importlib.util.find_spec(each) is None]
        if missing:
            raise MissingDependencyError(
                f"{self.name} ({self.method}) needs {' and '.join(missing)}, not installed here; {INSTALL}"
            )

    def wrap(self, model: Any, context: Context) -> Any:
        from edgekit.techniques._binary_graph import rebuild
        from edgekit.techniques._binary_quantizers import spread

        wrapped = rebuild(model, self._choose(model), self._make_layer, self.is_packed)
        if self.is_packed or self.method == "stochastic":
            for layer in larq_layers(wrapped):
                kernel, *others = layer.get_weights()
                layer.set_weights([spread(kernel), *others])
        return wrapped

    def fit(self, model: Any, context: Context, num_epochs: int) -> None:
        import tf_keras

        estimators = [
            quantizer
            for layer in larq_layers(model)
            for quantizer in (layer.input_quantizer, layer.kernel_quantizer)
            if hasattr(quantizer, "sharpen")
        ]

        def sharpen(epoch: int, logs: Any = None) -> None:
            for each in estimators:
                each.sharpen(epoch, num_epochs)

        callback = tf_keras.callbacks.LambdaCallback(on_epoch_begin=sharpen)
        context.train(model, num_epochs, self.name, callbacks=[callback], learning_rate=self.learning_rate)

    def strip(self, model: Any) -> Any:
        """Binary inputs: layers of larq alone, still trainable. Else: plain layers with the few weights."""
        import larq
        import tf_keras

        if self.is_packed and self.method != "irnet":
            return model
        kernels = {layer.name: _quantized_kernel(layer) for layer in larq_layers(model)}

        def plain(layer: Any) -> Any:
            if layer.name not in kernels:
                return type(layer).from_config(layer.get_config())
            rounding = layer.input_quantizer
            # Quantizers of our own cannot be written into a configuration.
            layer.input_quantizer = layer.kernel_quantizer = None
            config = layer.get_config()
            if self.is_packed:
                quantizers = {"input_quantizer": "ste_sign", "kernel_quantizer": "magnitude_aware_sign"}
                return larq.layers.QuantConv2D.from_config(
                    {**config, **quantizers, "kernel_constraint": "weight_clip"}
                )
            config["kernel_constraint"] = None
            if rounding is not None:
                return type(layer).from_config({**config, "input_quantizer": rounding})
            for key in ("input_quantizer", "kernel_quantizer", "pad_values"):
                config.pop(key, None)
            return getattr(tf_keras.layers, type(layer).__name__.removeprefix("Quant")).from_config(config)

        stripped = tf_keras.models.clone_model(model, clone_function=plain)
        for layer in stripped.layers:
            weights = model.get_layer(layer.name).get_weights()
            if layer.name in kernels:
                weights[0] = kernels[layer.name]
            layer.set_weights(weights)
        return stripped

    def promise(self, model: Any) -> Mapping[str, Any]:
        if self.is_packed:
            return {"layers": {layer.name: _describe_packed(layer) for layer in larq_layers(model)}}
        names = self._choose(model)
        levels = _LEVELS.get(self.method, 2**self.num_bits)
        chosen = [(layer, kernel) for layer, kernel in kernels_of(model) if layer.name in names]
        layers = {
            layer.name: {
                "num_weights": int(kernel.size),
                "levels": levels,
                "num_zeros": int((kernel == 0).sum()),
            }
            for layer, kernel in chosen
        }
        return {"layers": layers, "num_rounded_inputs": len({id(layer.input) for layer, _ in chosen})}

    def convert(self, model: Any) -> bytes | None:
        if not self.is_packed:
            return None
        import larq_compute_engine as lce

        with warnings.catch_warnings(), muted_stderr():
            warnings.simplefilter("ignore", UserWarning)
            return bytes(lce.convert_keras_model(model, target="arm"))

    def verify(self, model: TfliteModel, promise: Mapping[str, Any]) -> None:
        if self.is_packed:
            require_packed(model, promise["layers"])
        else:
            require_levels(model, promise["layers"])
        if self.num_activation_bits is not None:
            require_rounding(model, promise["num_rounded_inputs"])

    def _choose(self, model: Any) -> frozenset[str]:
        """The layers to binarize, by name."""
        named = [layer for layer, _ in kernels_of(model)]
        unknown = set(self.keep_float) - {layer.name for layer in named}
        if unknown:
            raise RecipeError(
                f"{self.name} is to keep the layers {', '.join(sorted(unknown))} float, which the model does not "
                f"have; expected some of {', '.join(layer.name for layer in named)}"
            )
        inner = [layer for layer in named[1:-1] if self._fits(layer) and layer.name not in self.keep_float]
        if not inner:
            kinds = "Conv2D or Dense" if self.is_packed else "Conv1D, Conv2D or Dense"
            raise RecipeError(
                f"{self.name}: the model has no {kinds} layer to binarize between its first and its last layer, "
                "which stay as they are; expected at least one"
            )
        return frozenset(layer.name for layer in inner)

    def _fits(self, layer: Any) -> bool:
        # By name, not by isinstance: a transposed convolution is a Conv2D, too.
        kind = type(layer).__name__.removeprefix("Quant")
        if len(layer.inbound_nodes) > 1 or getattr(layer, "data_format", "") == "channels_first":
            return False
        if not self.is_packed:
            return kind in ("Conv1D", "Conv2D", "Dense")
        return (kind == "Conv2D" and layer.groups == 1) or (kind == "Dense" and len(layer.input.shape) == 2)

    def _make_layer(self, layer: Any) -> Any:
        import larq

        from edgekit.techniques._binary_quantizers import quantizers_of

        inputs, kernel, constraint = quantizers_of(self.method, self.num_bits, self.num_activation_bits)
        given = {"input_quantizer": inputs, "kernel_quantizer": kernel, "kernel_constraint": constraint}
        kind = type(layer).__name__
        config = {**layer.get_config(), "activation": "linear", **given}
        if self.is_packed and kind == "Dense":
            return larq.layers.QuantConv2D(layer.units, 1, use_bias=layer.use_bias, name=layer.name, **given)
        if self.is_packed and layer.padding == "same":
            # There is no 0 among the signs; padded with ones, the operator needs no correction.
            config["pad_values"] = 1.0
        return getattr(larq.layers, f"Quant{kind}").from_config(config)


def larq_layers(model: Any) -> list[Any]:
    """The layers whose kernels are quantized."""
    return [layer for layer in model.layers if getattr(layer, "kernel_quantizer", None) is not None]


def _quantized_kernel(layer: Any) -> np.ndarray[Any, Any]:
    latent = layer.get_weights()[0]
    if type(layer.kernel_quantizer).__name__ == "StochasticSign":
        return np.where(latent >= 0, 1.0, -1.0).astype(np.float32)
    return np.asarray(layer.kernel_quantizer(latent))


def _describe_packed(layer: Any) -> dict[str, Any]:
    kernel = _quantized_kernel(layer)
    positions = int(np.prod(layer.output_shape[1:-1]))
    return {
        "shape": [int(each) for each in kernel.shape],
        "num_negative": int((kernel < 0).sum()),
        "num_binary_macs": positions * int(kernel.size),
    }


SHORT_NAME = "binarize"


def parse(argument: str | None, given: frozenset[str]) -> Binarize:
    """`binarize`, `binarize:bnn` …; `binarize:dorefa2` has weights of 2 bits, `dorefa2x4` also inputs of 4."""
    if argument is None:
        return Binarize()
    bits = re.fullmatch(r"dorefa(\d+)(?:x(\d+))?", argument)
    if bits:
        return Binarize("dorefa", int(bits[1]), int(bits[2]) if bits[2] else None)
    return Binarize(argument)
