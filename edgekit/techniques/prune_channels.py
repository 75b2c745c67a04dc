"""Structural pruning: the channels that matter least are taken out of the graph, so that the model is smaller.

Sources of the criteria are in _criteria.py. Channels compete over all layers at once; what is coupled by Add,
Concatenate and the like goes together (_channels.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import numpy as np

from edgekit.errors import RecipeError
from edgekit.exporters.tflite import export_tflite
from edgekit.techniques import CHANNELS, Context, TechniqueBase
from edgekit.techniques._channel_nouns import Array, ChannelGraph
from edgekit.techniques._channels import analyze_channels
from edgekit.techniques._channels_cost import count_bytes, count_macs, kernel_macs
from edgekit.techniques._channels_meter import Meter
from edgekit.techniques._channels_rebuild import remove_channels
from edgekit.techniques._channels_select import Limits, rank_within_layers, select_groups
from edgekit.techniques._channels_verify import verify_channels
from edgekit.techniques._criteria import CRITERIA
from edgekit.techniques._on_device import require_device
from edgekit.techniques._phases import train_slim, train_soft
from edgekit.techniques._samples import choose_samples
from edgekit.techniques._text import parse_fraction, require_fraction
from edgekit.techniques._thinet import reconstruct
from edgekit.techniques.quantize_int8 import QuantizeInt8
from edgekit.tflite_model import TfliteModel

_OF = ("macs", "bytes", "latency")


@dataclass(frozen=True)
class PruneChannels(TechniqueBase):
    """Removes channels until `reduction` of the MACs, of the bytes (int8 weights and biases) or of the latency is gone.

    `criterion` is a name in CRITERIA. 'soft' and 'slimming' first train for `phase_epochs`: the former zeroes the
    chosen filters after each epoch and lets them grow again, the latter adds `penalty` times the sum of |gamma|
    to the loss. The channels go in `num_rounds`, with `round_epochs` of training between them and `num_epochs`
    at the end. `allocation` 'global' lets the channels of all layers compete, 'uniform' takes the same fraction
    from each. Each layer keeps at least `min_channels` and the fraction `min_kept`, in multiples of `multiple`
    (4 or 8 suit SIMD kernels).

    `of` 'latency' measures int8 files on `device`, a name from `edgekit devices`, as `edgekit bench` does: the
    median in µs, or instructions where the board is emulated. Or it asks `measure`, which takes an int8 .tflite and
    returns any cost. What either says may differ from run to run, and then an interrupted run trains anew from where
    the choice differs. Few candidates are measured: the MACs say which, and 1 % less than was asked for is good
    enough.
    """

    reduction: float = 0.5
    criterion: str = "l1"
    of: str = "macs"
    device: str | None = None
    measure: Callable[[bytes], float] | None = field(default=None, repr=False)
    num_rounds: int = 1
    round_epochs: int = 2
    phase_epochs: int = 4
    penalty: float = 1e-3
    min_channels: int = 4
    min_kept: float = 0.2
    multiple: int = 1
    allocation: str = "global"
    num_samples: int = 256
    num_epochs: int = 8
    learning_rate: float | None = 1e-3
    name: str = "prune_channels"

    def __post_init__(self) -> None:
        require_fraction(self.reduction, "a reduction")
        if self.criterion not in CRITERIA:
            raise RecipeError(f"a criterion of {self.criterion!r}; expected one of {', '.join(CRITERIA)}")
        if self.allocation not in ("global", "uniform"):
            raise RecipeError(f"an allocation of {self.allocation!r}; expected 'global' or 'uniform'")
        if self.of not in _OF:
            raise RecipeError(f"a reduction of {self.of!r}; expected one of {', '.join(_OF)}")
        if (self.device is not None) + (self.measure is not None) != (self.of == "latency"):
            raise RecipeError(
                f"a reduction of {self.of!r} with device {self.device!r} and measure {self.measure}; expected for "
                "'latency' one of them, as in channels:0.5:latency@local, and neither for anything else"
            )
        for field_name in ("num_rounds", "min_channels", "multiple", "num_samples"):
            if getattr(self, field_name) < 1:
                raise RecipeError(
                    f"{field_name} of {getattr(self, field_name)}; expected a whole number of at least 1"
                )
        if not 0.0 <= self.min_kept <= 1.0:
            raise RecipeError(f"min_kept of {self.min_kept}; expected a fraction from 0 to 1")

    @property
    def effects(self) -> frozenset[str]:
        return frozenset({CHANNELS})

    @property
    def keeps(self) -> frozenset[str]:
        return frozenset({CHANNELS})

    def require(self) -> None:
        if self.device is not None:
            require_device(self.device)

    def wrap(self, model: Any, context: Context) -> Any:
        """Does all but the last training: what is left of the model is known only when it is trained on."""
        samples = context.dataset.x_train[choose_samples(context, self.num_samples)]
        first = analyze_channels(model)
        nothing = np.zeros(first.num_groups, bool)
        before = first.num_channels(nothing)
        meter = Meter(self.name, self.device, self.measure)
        whole = after = self._cost(model, first, samples, meter)(nothing)
        model = remove_channels(model, first, nothing)  # a copy: what was given must stay as it is
        self._train_phase(model, analyze_channels(model), context)
        unseen: dict[str, str] = {}
        num_rounds = min(self.num_rounds, 2) if context.smoke else self.num_rounds
        for number in range(1, num_rounds + 1):
            graph = analyze_channels(model)
            scores = self._scores(model, graph, samples)
            cost = self._cost(model, graph, samples, meter, after)
            for bundle in graph.bundles:
                if np.isnan(scores[list(bundle.groups)]).any():
                    unseen.update(dict.fromkeys(bundle.producers, f"{self.criterion} knows nothing of them"))
            # Each round takes the same part of what is left.
            target = whole * (1 - self.reduction) ** (number / num_rounds)
            guide = _count_macs_of(graph) if self.of == "latency" else None
            removed = select_groups(graph.bundles, scores, self._limits, cost, target, guide)
            after = cost(removed)
            if self.criterion == "thinet":
                reconstruct(model, graph, removed, samples)
            model = remove_channels(model, graph, removed)
            if number < num_rounds:
                label = f"{self.name} round {number}"
                if self.of == "latency":
                    label += f" {crc32(removed.tobytes()):08x}"
                epochs = min(self.round_epochs, 1) if context.smoke else self.round_epochs
                context.train(model, epochs, label, learning_rate=self.learning_rate)
        figures = {"of": self.of, "before": whole, "after": after, **meter.describe()}
        model.channels_removed = _Removal(before, figures, unseen)
        return model

    def fit(self, model: Any, context: Context, num_epochs: int) -> None:
        context.train(model, num_epochs, self.name, learning_rate=self.learning_rate)

    def promise(self, model: Any) -> Mapping[str, Any]:
        graph = analyze_channels(model)
        nothing = np.zeros(graph.num_groups, bool)
        removal = model.channels_removed
        macs, counts = kernel_macs(graph, nothing), graph.num_channels(nothing)
        changed = {name: [removal.channels[name], counts[name]] for name in removal.channels}
        shapes = {each.layer: each.shape for each in graph.kernels}
        return {
            "criterion": self.criterion,
            "cost": dict(removal.cost),
            "num_channels": changed,
            "num_weights": {name: int(np.prod(shapes[name])) for name in changed},
            "macs": {name: macs[name] for name in changed},
            "total_macs": None if graph.uncounted else sum(macs.values()),
            "left": {**graph.left, **removal.unseen},
        }

    def verify(self, model: TfliteModel, promise: Mapping[str, Any]) -> None:
        verify_channels(model, promise)

    @property
    def _limits(self) -> Limits:
        return Limits(self.min_channels, self.min_kept, self.multiple)

    def _scores(self, model: Any, graph: ChannelGraph, samples: Array) -> Array:
        if not graph.bundles:
            reasons = "; ".join(f"{name}: {reason}" for name, reason in graph.left.items())
            raise RecipeError(
                f"{self.name}: no channel of the model can be removed ({reasons or 'it has no layer with channels'})"
            )
        scores = CRITERIA[self.criterion](model, graph, samples)
        if np.isnan(scores).all():
            raise RecipeError(
                f"{self.name}: criterion {self.criterion} knows nothing of the model's channels, which have none "
                "of what it looks at (gamma for slimming, ReLU for apoz, images for hrank, a convolution or dense "
                "layer that reads them for thinet); use l1 or fpgm"
            )
        return scores if self.allocation == "global" else rank_within_layers(graph.bundles, scores)

    def _cost(
        self, model: Any, graph: ChannelGraph, samples: Array, meter: Meter, whole: float | None = None
    ) -> Callable[[Array], float]:
        """`whole`: what the model costs as it is, where that has been measured."""
        if self.of == "macs":
            return _count_macs_of(graph)
        if self.of == "bytes":
            return lambda removed: count_bytes(graph, removed)

        def export(removed: Array) -> bytes:
            return export_tflite(remove_channels(model, graph, removed), (QuantizeInt8(),), samples)

        known = {} if whole is None else {np.zeros(graph.num_groups, bool).tobytes(): whole}
        return meter.cost_of(export, known)

    def _train_phase(self, model: Any, graph: ChannelGraph, context: Context) -> None:
        """The epochs before anything is removed, of the criteria that need some."""
        if self.criterion not in ("soft", "slimming"):
            return
        num_epochs = min(self.phase_epochs, 2) if context.smoke else self.phase_epochs
        label = f"{self.name} {self.criterion}"
        nobody = context.dataset.x_train[:0]
        if self.criterion == "slimming":
            self._scores(model, graph, nobody)  # refuses a model without gamma before it is trained
            train_slim(model, context, num_epochs, label, self.penalty, self.learning_rate)
            return
        target = count_macs(graph, np.zeros(graph.num_groups, bool)) * (1 - self.reduction)

        def choose() -> Array:
            scores = self._scores(model, graph, nobody)
            return select_groups(graph.bundles, scores, self._limits, _count_macs_of(graph), target)

        train_soft(model, graph, context, num_epochs, label, choose, self.learning_rate)


def _count_macs_of(graph: ChannelGraph) -> Callable[[Array], float]:
    return lambda removed: count_macs(graph, removed)


@dataclass(frozen=True)
class _Removal:
    """Kept on the model between wrap and promise: the channels that each layer had, and what it cost.

    `unseen`: layers that could lose channels if the criterion knew which.
    """

    channels: Mapping[str, int]
    cost: Mapping[str, Any]
    unseen: Mapping[str, str]


SHORT_NAME = "channels"


def parse(argument: str | None, given: frozenset[str]) -> PruneChannels:
    """`channels`, `channels:0.5`, `channels:0.5:fpgm`, `channels:0.5:fpgm:bytes`, or with a device to measure on
    `channels:0.5:latency@local` or `channels:0.5:fpgm:latency@qemu_mps2_an386`."""
    parts = [] if argument is None else argument.split(":")
    rest = parts[1:]
    if len(rest) == 1 and rest[0].partition("@")[0] in _OF:
        rest = ["l1", *rest]
    if len(rest) > 2:
        raise RecipeError(
            f"channels:{argument}: expected channels:REDUCTION:CRITERION:OF, as in channels:0.5:fpgm:macs"
        )
    of, _, device = (rest[1] if len(rest) > 1 else "macs").partition("@")
    return PruneChannels(
        reduction=parse_fraction(parts[0] if parts else None, "a reduction", 0.5),
        criterion=rest[0] if rest else "l1",
        of=of,
        device=device or None,
    )
