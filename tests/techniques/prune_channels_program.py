"""Run in a process of its own by test_prune_channels.py; prints what each criterion and target came to as JSON."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.checkpoint import Checkpoints
from edgekit.datasets import DataSet
from edgekit.errors import EdgekitError
from edgekit.exporters.tflite import export_tflite
from edgekit.flatbuffer_weights import find_weights
from edgekit.techniques import Context
from edgekit.techniques.prune_channels import PruneChannels
from edgekit.techniques.quantize_int8 import QuantizeInt8
from edgekit.techniques.remove_layers import RemoveLayers
from edgekit.tensorflow_setup import import_tensorflow
from edgekit.tflite_model import read_model
from edgekit.training import Trainer
from tests.techniques import channel_models

_PLANTED = 5


def make_data() -> DataSet:
    """Five classes told apart by which fifth of the first row is bright."""
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 5, 160)
    images = rng.normal(0, 0.3, (160, 8, 8, 3)).astype(np.float32)
    images[np.arange(160), :, labels] += 2
    return DataSet("bright", "made", 5, images[:128], labels[:128], images[128:], labels[128:])


def make_context(data: DataSet, smoke: bool = True) -> Context:
    trainer = Trainer(
        data, 1, 32, 1e-2, Checkpoints(None), lambda name, total: nullcontext(lambda count: None)
    )
    return Context(data, 1, trainer.num_steps, smoke, trainer)


def compress(technique: Any, model: Any, context: Context, num_epochs: int = 0) -> tuple[Any, dict[str, Any]]:
    """All steps as a recipe does them, up to the stripped model; the last training is left out but for `num_epochs`."""
    before = [each.copy() for each in model.get_weights()]
    wrapped = technique.wrap(model, context)
    if num_epochs:
        technique.fit(wrapped, context, num_epochs)
    stripped = technique.strip(wrapped)
    return stripped, {
        "promise": json.loads(json.dumps(technique.promise(stripped))),
        "untouched": all(np.array_equal(*each) for each in zip(before, model.get_weights(), strict=True)),
        "regularized": any(getattr(each, "gamma_regularizer", None) is not None for each in stripped.layers),
    }


def compress_and_export(
    technique: Any, model: Any, context: Context, quantize: bool = False
) -> dict[str, Any]:
    """Also checks the file, and that one of the model as it was fails the check."""
    stripped, found = compress(technique, model, context, num_epochs=1)
    techniques = (technique, QuantizeInt8()) if quantize else (technique,)
    dense, small = (
        read_model(export_tflite(each, techniques, context.dataset.x_train)) for each in (model, stripped)
    )
    technique.verify(small, found["promise"])
    found["dense"] = say(lambda: technique.verify(dense, found["promise"]))
    channels = sorted(each.num_channels for each in find_weights(small))
    return {
        **found,
        "macs": [dense.macs, small.macs],
        "bytes": [len(dense.data), len(small.data)],
        "channels": channels,
    }


def say(action: Callable[[], Any]) -> str:
    try:
        action()
    except EdgekitError as error:
        return f"{type(error).__name__}: {error}"
    return "nothing"


def score_planted() -> dict[str, int]:
    """Which channel each criterion finds least worth keeping, where one was made so."""
    from tf_keras import Input, Model, layers

    from edgekit.techniques._channel_nouns import OUT
    from edgekit.techniques._channels import analyze_channels
    from edgekit.techniques._criteria import CRITERIA

    inputs = Input((8, 8, 3))
    x = layers.BatchNormalization(name="norm")(layers.Conv2D(8, 3, name="first")(inputs))
    x = layers.Conv2D(6, 3, name="second")(layers.ReLU()(x))
    model = Model(inputs, layers.Dense(5)(layers.GlobalAveragePooling2D()(x)))
    samples, found = make_data().x_train[:32], {}
    for name, criterion in CRITERIA.items():
        channel_models.randomize(model)
        first, norm, second = (model.get_layer(each) for each in ("first", "norm", "second"))
        kernel, bias = first.get_weights()
        gamma, beta, *moving = norm.get_weights()
        after, after_bias = second.get_weights()
        if name in ("l1", "l2", "soft"):
            kernel[..., _PLANTED] *= 0.01
        elif name == "fpgm":
            kernel *= 10 / np.sqrt((kernel**2).sum(axis=(0, 1, 2)))
            kernel[..., _PLANTED] = np.delete(kernel, _PLANTED, axis=-1).mean(axis=-1)
            # A small norm is not what the geometric median asks for.
            kernel += 20
        elif name == "apoz":
            beta[_PLANTED] = -100
        elif name == "hrank":
            kernel[..., _PLANTED], beta[_PLANTED] = 0, 1
        elif name == "thinet":
            after[:, :, _PLANTED] = 0
        else:
            gamma[_PLANTED] = 0.001
        first.set_weights([kernel, bias])
        norm.set_weights([gamma, beta, *moving])
        second.set_weights([after, after_bias])
        graph = analyze_channels(model)
        (cut,) = (each for each in graph.kernel_cuts(OUT) if each.layer == "first")
        found[name] = int(criterion(model, graph, samples)[cut.groups].argmin())
    return found


def repair_twin() -> dict[str, float]:
    """Of two channels that are the same one goes; the other can do its work, if the next layer's weights say so."""
    from edgekit.techniques._channel_nouns import OUT
    from edgekit.techniques._channels import analyze_channels
    from edgekit.techniques._channels_rebuild import remove_channels
    from edgekit.techniques._thinet import reconstruct

    found = {}
    for name in ("sequential", "signal"):
        model = channel_models.build(name)
        first, second = model.layers[0 if name == "sequential" else 1], model.layers[2]
        if name == "sequential":
            second = next(each for each in model.layers if each.name.endswith("_1"))
        for layer, kernel_axis in ((first, -1), (second, -2)):
            kernel, bias = layer.get_weights()
            np.moveaxis(kernel, kernel_axis, 0)[1] = np.moveaxis(kernel, kernel_axis, 0)[0]
            if layer is first:
                bias[1] = bias[0]
            layer.set_weights([kernel, bias])
        graph = analyze_channels(model)
        (cut,) = (each for each in graph.kernel_cuts(OUT) if each.layer == first.name)
        removed = np.zeros(graph.num_groups, bool)
        removed[cut.groups[1]] = True
        samples = np.random.default_rng(2).normal(0, 1, (64, *model.inputs[0].shape[1:])).astype(np.float32)
        expected = np.asarray(model(samples))
        plain = np.asarray(remove_channels(model, graph, removed)(samples))
        reconstruct(model, graph, removed, samples)
        repaired = np.asarray(remove_channels(model, graph, removed)(samples))
        found[name] = float(np.abs(repaired - expected).max() / np.abs(plain - expected).max())
    return found


def regrow(context: Context) -> list[int]:
    """How many filters are zero after each epoch of soft pruning, and how many of those live before the next."""
    from edgekit.techniques._channels import analyze_channels
    from edgekit.techniques._phases import train_soft

    model = channel_models.build("resnet")
    layer = model.get_layer("conv2d_1")
    alive: list[int] = []

    def choose() -> Any:
        alive.append(int((np.abs(layer.get_weights()[0]).sum(axis=(0, 1, 2)) > 0).sum()))
        return chosen

    graph = analyze_channels(model)
    chosen = np.zeros(graph.num_groups, bool)
    (cut,) = (each for each in graph.kernel_cuts("out") if each.layer == layer.name)
    chosen[cut.groups[:3]] = True
    train_soft(model, graph, context, 2, "soft", choose, None)
    return [*alive, int((np.abs(layer.get_weights()[0]).sum(axis=(0, 1, 2)) > 0).sum())]


def resume(data: DataSet) -> dict[str, Any]:
    """The same technique twice with one folder of checkpoints: the second time there is nothing left to train."""
    technique = PruneChannels(reduction=0.4, criterion="soft", num_rounds=2, min_channels=2)
    weights, num_epochs = list[Any](), list[int]()
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(2):
            context = make_context(data)
            saved = _CountSaves(Path(folder))
            trainer: Any = dataclasses.replace(context.train, checkpoints=saved)  # type: ignore[type-var]
            model = channel_models.build("sequential")
            stripped, _ = compress(
                technique, model, dataclasses.replace(context, train=trainer), num_epochs=1
            )
            weights.append(stripped.get_weights())
            num_epochs.append(len(saved.saved))
    same = all(np.array_equal(*each) for each in zip(*weights, strict=True))
    return {"same": same, "epochs trained again": num_epochs[1]}


@dataclasses.dataclass(frozen=True)
class _CountSaves(Checkpoints):
    saved: list[str] = dataclasses.field(default_factory=list)

    def save(self, key: str, model: Any, num_epochs: int) -> None:
        self.saved.append(key)
        super().save(key, model, num_epochs)


def refuse(context: Context) -> dict[str, str]:
    from tf_keras import Sequential, layers

    resnet = channel_models.build("resnet")
    flat = Sequential([layers.Input((8, 8, 3)), layers.Flatten(), layers.Dense(5, activation="softmax")])
    plain = Sequential([layers.Input((8, 8, 3)), layers.Conv2D(8, 3), layers.Flatten(), layers.Dense(5)])

    def prune(model: Any, **changes: Any) -> str:
        return say(lambda: PruneChannels(**changes).wrap(model, context))

    return {
        "too much": prune(resnet, reduction=0.99),
        "no channels": prune(flat),
        "no gamma": prune(plain, criterion="slimming"),
        "no relu": prune(plain, criterion="apoz"),
        "bad measure": prune(plain, of="latency", measure=lambda data: float("nan")),
        "no device": say(PruneChannels(of="latency", device="locol").require),
        "no block": say(lambda: RemoveLayers().wrap(flat, context)),
    }


def main() -> None:
    import_tensorflow(1)
    from tf_keras import Sequential, layers

    data = make_data()
    context = make_context(data)
    found: dict[str, Any] = {"planted": score_planted(), "twin": repair_twin(), "regrow": regrow(context)}
    for criterion in ("soft", "thinet", "slimming"):
        technique = PruneChannels(reduction=0.4, criterion=criterion, min_channels=2)
        _, found[criterion] = compress(technique, channel_models.build("resnet"), context)
    rectified = PruneChannels(reduction=0.2, criterion="apoz", min_channels=2)
    found["unseen"] = rectified.promise(rectified.wrap(channel_models.build("inception"), context))["left"]
    mobile = PruneChannels(reduction=0.4, of="bytes", multiple=4)
    found["bytes"] = compress_and_export(mobile, channel_models.build("mobilenet"), context, quantize=True)
    measured: list[int] = []

    def measure(content: bytes) -> float:
        measured.append(read_model(content).macs)
        return measured[-1]

    latency = PruneChannels(reduction=0.5, of="latency", measure=measure, multiple=4)
    narrow = Sequential([layers.Input((8, 8, 3)), layers.Conv2D(12, 3), layers.Flatten(), layers.Dense(5)])
    _, found["latency"] = compress(latency, narrow, context)
    found["measured"] = measured
    local = PruneChannels(reduction=0.3, of="latency", device="local")
    local.require()
    # Wide, so that half of the channels are slower than all of them on no machine.
    wide = Sequential([layers.Input((8, 8, 3)), *(layers.Conv2D(128, 3, padding="same") for _ in range(4))])
    wide.add(layers.GlobalAveragePooling2D())
    wide.add(layers.Dense(5))
    _, found["local"] = compress(local, wide, context)
    found["layers"] = compress_and_export(
        RemoveLayers(reduction=0.3), channel_models.build("resnet"), context
    )
    found["resumed"] = resume(data)
    found["refused"] = refuse(context)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
