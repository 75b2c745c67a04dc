"""Run in a process of its own by test_pruning.py; prints what each way of pruning came to as JSON."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.checkpoint import Checkpoints, open_checkpoints
from edgekit.datasets import DataSet
from edgekit.errors import EdgekitError
from edgekit.exporters.tflite import export_tflite
from edgekit.flatbuffer_weights import find_weights
from edgekit.techniques import Context
from edgekit.techniques._layers import kernels_of
from edgekit.techniques.prune_iterative import PruneIterative
from edgekit.techniques.prune_lottery import PruneLottery
from edgekit.techniques.prune_magnitude import PruneMagnitude
from edgekit.tensorflow_setup import import_tensorflow
from edgekit.tflite_model import read_model
from edgekit.training import Trainer


def make_data() -> DataSet:
    random = np.random.default_rng(1)
    labels = random.integers(0, 4, 96)
    images = random.normal(0, 0.5, (96, 4, 4, 4)).astype(np.float32)
    images[np.arange(96), labels] += 1
    return DataSet("rows", "made", 4, images[:64], labels[:64], images[64:], labels[64:])


def build() -> Any:
    from tf_keras import Sequential, layers, utils

    utils.set_random_seed(1)
    return Sequential(
        [
            layers.Input((4, 4, 4)),
            layers.Conv2D(8, 3, padding="same", use_bias=False, name="conv"),
            layers.BatchNormalization(name="norm"),
            layers.DepthwiseConv2D(3, padding="same", name="depthwise"),
            layers.Flatten(name="flat"),
            layers.Dense(16, activation="relu", name="hidden"),
            layers.Dense(4, activation="softmax", name="classes"),
        ]
    )


def make_context(data: DataSet, kept: Checkpoints, seen: list[dict[str, Any]] | None = None) -> Context:
    """`seen` gets, for each training, its label, weights before and after, and the sparsity after each epoch."""
    trainer = Trainer(data, 1, 16, 1e-2, kept, lambda name, total: nullcontext(lambda count: None))

    def train(model: Any, num_epochs: int, label: str, *, callbacks: Any = (), **options: Any) -> None:
        import tf_keras

        found: dict[str, Any] = {"label": label, "before": model.get_weights(), "sparsity": []}
        look = tf_keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: found["sparsity"].append(
                {layer.name.split("low_magnitude_")[-1]: zeros(kernel) for layer, kernel in kernels_of(model)}
            )
        )
        trainer(model, num_epochs, label, callbacks=[*callbacks, look], **options)
        if seen is not None:
            seen.append({**found, "after": model.get_weights()})

    return Context(data, 1, trainer.num_steps, False, train)


def zeros(kernel: Any) -> float:
    return float((kernel == 0).mean())


def compress(technique: Any, model: Any, context: Context) -> Any:
    wrapped = technique.wrap(model, context)
    technique.fit(wrapped, context, technique.num_epochs)
    return technique.strip(wrapped)


def say(action: Callable[[], Any]) -> str:
    try:
        action()
    except EdgekitError as error:
        return str(error)
    return "nothing"


def in_the_file(technique: Any, data: DataSet, dense: Any) -> tuple[dict[str, Any], Any, Any]:
    """What the file shows, the stripped model's weights, and its trainings."""
    seen: list[dict[str, Any]] = []
    stripped = compress(technique, build(), make_context(data, Checkpoints(None), seen))
    promise = json.loads(json.dumps(technique.promise(stripped)))
    model = read_model(export_tflite(stripped, (technique,), data.x_train))
    technique.verify(model, promise)
    blocks = {}
    if "m_by_n" in promise:
        blocks = {
            each.name: int((each.codes.reshape(-1, 4) == 0).sum(axis=1).min()) for each in find_weights(model)
        }
    found = {
        "promise": promise,
        "file": sorted(round(each.sparsity, 4) for each in find_weights(model)),
        "blocks": sorted(blocks.values()),
        "dense": say(lambda: technique.verify(dense, promise)),
        "epochs": [each["sparsity"] for each in seen],
        "layers": [type(each).__name__ for each in stripped.layers],
    }
    return found, stripped.get_weights(), seen


def rewound(seen: list[dict[str, Any]]) -> dict[str, Any]:
    """Whether each training of a lottery starts at the early weights, but for those that were the smallest."""
    by_label = {each["label"].removeprefix("prune_lottery "): each for each in seen}
    early = by_label["start"]["after"]
    found: dict[str, Any] = {"labels": list(by_label), "changed": False}
    for earlier, later in (("round 1", "round 2"), ("round 2", "winning ticket")):
        trained, start = by_label[earlier]["after"], by_label[later]["before"]
        same, smallest = True, True
        for value, first, end in zip(start, early, trained, strict=True):
            kept = value != 0
            same &= bool((value[kept] == first[kept]).all())
            if value.ndim > 1 and kept.any() and not kept.all():
                smallest &= bool(np.abs(end[kept]).min() >= np.abs(end[~kept]).max())
            found["changed"] |= bool((end != first).any())
        found[later] = {"same": same, "smallest": smallest}
    return found


def resume(technique: Any, data: DataSet, whole: Any, label: str) -> dict[str, Any]:
    """Interrupted after the first epoch of `label`, then called again: against a run that was not."""

    @dataclasses.dataclass(frozen=True)
    class Stopping(Checkpoints):
        stop_at: tuple[str, int]
        saved: list[str] = dataclasses.field(default_factory=list)

        def save(self, key: str, model: Any, num_epochs: int) -> None:
            super().save(key, model, num_epochs)
            self.saved.append(key)
            if (key, num_epochs) == self.stop_at:
                raise KeyboardInterrupt

    with tempfile.TemporaryDirectory() as folder:
        kept = open_checkpoints(Path(folder) / "kept", {}).folder
        first, then = Stopping(kept, (label, 1)), Stopping(kept, ("", 0))
        with suppress(KeyboardInterrupt):
            compress(technique, build(), make_context(data, first))
        resumed = compress(technique, build(), make_context(data, then))
    same = all(np.array_equal(*each) for each in zip(whole, resumed.get_weights(), strict=True))
    return {"same": same, "epochs": [len(first.saved), len(then.saved)]}


def refuse(data: DataSet) -> dict[str, str]:
    from tf_keras import Sequential, layers

    context = make_context(data, Checkpoints(None))
    flat = Sequential([layers.Input((4, 4, 4)), layers.GlobalAveragePooling2D(), layers.Softmax()])
    frozen = build()
    frozen.trainable = False
    odd = Sequential([layers.Input((4, 4, 3)), layers.Conv2D(8, 3), layers.Flatten(), layers.Softmax()])
    techniques = {"magnitude": PruneMagnitude(), "iterative": PruneIterative(), "lottery": PruneLottery()}
    found = {}
    for name, technique in techniques.items():
        found[f"{name} nothing"] = say(lambda each=technique: each.wrap(flat, context))
        found[f"{name} frozen"] = say(lambda each=technique: compress(each, frozen, context))
    found["odd"] = say(lambda: PruneMagnitude(m_by_n=(2, 4)).wrap(odd, context))
    found["untrained"] = say(lambda: PruneMagnitude().promise(build()))
    return found


def main() -> None:
    import_tensorflow(1)
    data = make_data()
    dense = read_model(export_tflite(build(), (PruneMagnitude(),), data.x_train))
    lottery = PruneLottery(0.75, "global", 2, 1, depthwise=True, num_epochs=2)
    cases = {
        "constant depthwise": PruneMagnitude(schedule="constant", depthwise=True, num_epochs=1),
        "polynomial global": PruneMagnitude(0.75, "global_magnitude", num_epochs=3),
        "2:4": PruneMagnitude(m_by_n=(2, 4), num_epochs=1),
        "iterative": PruneIterative(0.75, num_rounds=2, round_epochs=1, num_epochs=1),
        "lottery": lottery,
    }
    found: dict[str, Any] = {}
    for name, technique in cases.items():
        found[name], weights, seen = in_the_file(technique, data, dense)
    found["rewound"] = rewound(seen)
    found["resumed"] = resume(lottery, data, weights, "prune_lottery round 2")
    found["refused"] = refuse(data)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
