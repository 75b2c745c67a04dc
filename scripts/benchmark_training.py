"""What training costs through edgekit, against the same thing written directly against tfmot.

    python scripts/benchmark_training.py [--rounds N] [--epochs N] [--dataset NAME] [--only NAME] [--out FILE]

Both sides have the same network, data, number of epochs, batch size, optimizer, schedule and callbacks, in one process
and so with the same threads and the same deterministic operators; they take turns, and the ratio is that of two
neighbours. edgekit's side also seeds each epoch and keeps a checkpoint of it, as a recipe does. CPU time is what to
judge by on a machine that does other work, too; waiting for the disk shows in elapsed time only.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime, timezone
from pathlib import Path
from statistics import median
from typing import Any

from edgekit import __version__
from edgekit.architectures import resnet8
from edgekit.checkpoint import open_checkpoints
from edgekit.console import progress
from edgekit.datasets import DataSet, load_dataset
from edgekit.errors import EdgekitError
from edgekit.files import write_atomically
from edgekit.native_output import filtered_stderr
from edgekit.techniques import Context, Technique
from edgekit.techniques.cluster_weights import ClusterWeights
from edgekit.techniques.prune_magnitude import PruneMagnitude
from edgekit.techniques.quantize_aware import QuantizeAware
from edgekit.tensorflow_setup import import_tensorflow, package_versions
from edgekit.training import Trainer

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
from _provenance import commit  # noqa: E402

SEED, BATCH_SIZE, LEARNING_RATE, MIN_WEIGHTS = 1, 32, 1e-3, 64
TARGET = 1.05


def build(data: DataSet) -> Any:
    import tf_keras

    tf_keras.backend.clear_session()
    tf_keras.utils.set_random_seed(SEED)
    return resnet8.build(data.x_train.shape[1:], data.num_classes, width=0.5)


def with_edgekit(technique: Technique, data: DataSet) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        checkpoints = open_checkpoints(Path(folder) / "kept", {"benchmark": technique.name})
        trainer = Trainer(
            data,
            SEED,
            BATCH_SIZE,
            LEARNING_RATE,
            checkpoints,
            lambda name, total: nullcontext(lambda n: None),
        )
        context = Context(data, SEED, trainer.num_steps, False, trainer)
        wrapped = technique.wrap(build(data), context)
        technique.fit(wrapped, context, technique.num_epochs)
        return technique.strip(wrapped)


def fit_directly(model: Any, data: DataSet, epochs: int, callbacks: list[Any]) -> None:
    import tf_keras

    num_steps = -(-len(data.y_train) // BATCH_SIZE)
    schedule = tf_keras.optimizers.schedules.CosineDecay(LEARNING_RATE, epochs * num_steps)
    model.compile(tf_keras.optimizers.Adam(schedule), data.loss)
    model.fit(
        data.x_train, data.targets, batch_size=BATCH_SIZE, epochs=epochs, verbose=0, callbacks=callbacks
    )


def has_enough_weights(layer: Any) -> bool:
    kernel = getattr(layer, "kernel", None)
    return kernel is not None and int(kernel.shape.num_elements()) >= MIN_WEIGHTS


def prune_directly(data: DataSet, epochs: int) -> Any:
    import tensorflow_model_optimization as tfmot
    import tf_keras

    num_steps = -(-len(data.y_train) // BATCH_SIZE)
    keras, frequency = tfmot.sparsity.keras, max(1, num_steps // 10)
    schedule = keras.PolynomialDecay(
        0.0, 0.75, 0, int(num_steps * epochs * 0.6) // frequency * frequency, frequency=frequency
    )

    def prune(layer: Any) -> Any:
        wanted = has_enough_weights(layer)
        return keras.prune_low_magnitude(layer, pruning_schedule=schedule) if wanted else layer

    model = tf_keras.models.clone_model(build(data), clone_function=prune)
    fit_directly(model, data, epochs, [keras.UpdatePruningStep()])
    return keras.strip_pruning(model)


def cluster_directly(data: DataSet, epochs: int) -> Any:
    import tensorflow_model_optimization as tfmot
    import tf_keras

    keras = tfmot.clustering.keras

    def cluster(layer: Any) -> Any:
        if not has_enough_weights(layer):
            return layer
        return keras.cluster_weights(
            layer,
            number_of_clusters=16,
            cluster_centroids_init=keras.CentroidInitialization.KMEANS_PLUS_PLUS,
        )

    model = tf_keras.models.clone_model(build(data), clone_function=cluster)
    fit_directly(model, data, epochs, [])
    return keras.strip_clustering(model)


def qat_directly(data: DataSet, epochs: int) -> Any:
    import tensorflow_model_optimization as tfmot

    model = tfmot.quantization.keras.quantize_model(build(data))
    fit_directly(model, data, epochs, [])
    return model


def cases(epochs: int) -> dict[str, tuple[Technique, Callable[[DataSet, int], Any]]]:
    rate = LEARNING_RATE
    return {
        "prune": (PruneMagnitude(0.75, num_epochs=epochs, learning_rate=rate), prune_directly),
        "cluster": (ClusterWeights(16, num_epochs=epochs, learning_rate=rate), cluster_directly),
        "qat": (QuantizeAware(num_epochs=epochs, learning_rate=rate), qat_directly),
    }


def timed(action: Callable[[], Any]) -> dict[str, float]:
    elapsed_s, cpu_s = time.monotonic(), time.process_time()
    action()
    return {"elapsed_s": time.monotonic() - elapsed_s, "cpu_s": time.process_time() - cpu_s}


def compare(
    technique: Technique, direct: Callable[[DataSet, int], Any], data: DataSet, rounds: int, name: str
) -> dict[str, Any]:
    """One round of each that does not count, as the first use of an operator costs more, then `rounds` that do."""
    pairs: list[dict[str, dict[str, float]]] = []
    with progress(name, rounds) as advance:
        for number in range(rounds + 1):
            sides: dict[str, Callable[[], Any]] = {
                "edgekit": lambda: with_edgekit(technique, data),
                "direct": lambda: direct(data, technique.num_epochs),
            }
            # Who goes first changes from round to round, so that neither always finds a warm machine.
            order = sorted(sides, reverse=number % 2 == 0)
            found = {side: timed(sides[side]) for side in order}
            if number:
                pairs.append(found)
                advance(1)
    return {"samples": pairs, **{key: ratio_of(pairs, key) for key in ("cpu_s", "elapsed_s")}}


def ratio_of(pairs: list[dict[str, dict[str, float]]], key: str) -> dict[str, float]:
    ratios = [each["edgekit"][key] / each["direct"][key] for each in pairs]
    return {
        "edgekit": median(each["edgekit"][key] for each in pairs),
        "direct": median(each["direct"][key] for each in pairs),
        "ratio": median(ratios),
        "lowest": min(ratios),
        "highest": max(ratios),
        "of_fastest": min(each["edgekit"][key] for each in pairs)
        / min(each["direct"][key] for each in pairs),
    }


def provenance(data: DataSet, rounds: int, epochs: int) -> dict[str, Any]:
    return {
        "edgekit": __version__,
        "commit": commit(),
        "versions": {**package_versions(), "python": platform.python_version()},
        "machine": {"system": platform.platform(), "num_cpus": os.cpu_count(), "load": os.getloadavg()[0]},
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "network": "resnet8, width 0.5",
        "dataset": {"name": data.name, "num_train": len(data.y_train)},
        "num_rounds": rounds,
        "num_epochs": epochs,
        "batch_size": BATCH_SIZE,
        "target": TARGET,
    }


def table(found: dict[str, Any]) -> str:
    lines = [
        f"{'technique':10}{'':9}{'edgekit':>10}{'direct':>10}{'ratio':>8}   lowest – highest   of fastest"
    ]
    for name, case in found.items():
        for key, title in (("cpu_s", "CPU"), ("elapsed_s", "elapsed")):
            each = case[key]
            lines.append(
                f"{name:10}{title:9}{each['edgekit']:>8.2f} s{each['direct']:>8.2f} s{each['ratio']:>8.3f}   "
                f"{each['lowest']:.3f} – {each['highest']:.3f}    {each['of_fastest']:>9.3f}"
            )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--samples", type=int, help="train on the first so many only")
    parser.add_argument("--only", choices=sorted(cases(1)))
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "training_overhead.json")
    args = parser.parse_args()
    if args.rounds < 1 or args.epochs < 1:
        parser.error("--rounds and --epochs must be at least 1")
    try:
        with filtered_stderr():
            import_tensorflow(SEED)
            data = load_dataset(args.dataset)
            data = data.take(args.samples or len(data.y_train), len(data.y_test))
            record = provenance(data, args.rounds, args.epochs)
            chosen = {name: case for name, case in cases(args.epochs).items() if args.only in (None, name)}
            found = {name: compare(*case, data, args.rounds, name) for name, case in chosen.items()}
        record["techniques"] = found
        args.out.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(args.out, (json.dumps(record, indent=2) + "\n").encode())
    except EdgekitError as error:
        print(f"benchmark_training: {error}", file=sys.stderr)
        return 1
    print(table(found))
    slow = [name for name, case in found.items() if case["cpu_s"]["ratio"] > TARGET]
    load, num_cpus = os.getloadavg()[0], os.cpu_count() or 1
    if load > num_cpus:
        print(
            f"the machine was busy (load {load:.0f}, {num_cpus} CPUs): judge by a quiet one, or by the fastest"
        )
    print(f"{args.out}: {'above' if slow else 'within'} {TARGET:g}x{': ' + ', '.join(slow) if slow else ''}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
