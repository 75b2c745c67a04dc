"""What the tensor decompositions share: which layers, which ranks, the new graph, and its proof in the file."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from edgekit.console import note
from edgekit.errors import RecipeError
from edgekit.flatbuffer_weights import find_weights, match_weights
from edgekit.techniques import CHANNELS, Context, TechniqueBase
from edgekit.techniques._forms import Form, Ranks, show_ranks
from edgekit.techniques._layers import kernels_of
from edgekit.techniques._replace import replace_layers
from edgekit.techniques._text import parse_fraction, require_fraction
from edgekit.tflite_model import TfliteModel

_BISECTIONS = 40


@dataclass(frozen=True)
class Decompose(TechniqueBase):
    """Factorizes each layer that it can and that has at least `min_weights` weights, or those in `layers`.

    `rank` gives the ranks themselves, one number or one for each of a layer's; else `energy` is the fraction of
    the sum of squares of each kernel that its factors keep; else `budget` is the fraction of these layers' weights
    that is left of them together, spent where it keeps most energy. A layer that would not get smaller stays whole.
    Fine-tuning for `num_epochs` follows.
    """

    budget: float = 0.5
    energy: float | None = None
    rank: int | Ranks | None = None
    layers: tuple[str, ...] = ()
    min_weights: int = 256
    num_epochs: int = 8
    learning_rate: float | None = 1e-3
    name: str = "decompose"

    def __post_init__(self) -> None:
        require_fraction(self.budget, f"{self.name}: a budget")
        if self.energy is not None:
            require_fraction(self.energy, f"{self.name}: an energy")
        ranks = () if self.rank is None else (self.rank,) if isinstance(self.rank, int) else self.rank
        if any(each < 1 for each in ranks) or self.rank == ():
            raise RecipeError(f"{self.name}: a rank of {self.rank}; expected whole numbers of at least 1")
        if self.energy is not None and self.rank is not None:
            raise RecipeError(f"{self.name}: both a rank and an energy are given; expected one of them")

    @property
    def effects(self) -> frozenset[str]:
        return frozenset({CHANNELS})

    @property
    def keeps(self) -> frozenset[str]:
        return frozenset({CHANNELS})

    @abstractmethod
    def make_form(self, layer: Any) -> Form | str:
        """How the layer is factorized, or why it cannot be."""

    def wrap(self, model: Any, context: Context) -> Any:
        forms = self._find_forms(model)
        chosen = {
            name: ranks
            for name, ranks in self._choose_ranks(forms).items()
            if forms[name].num_weights(ranks) < forms[name].tensor.size
        }
        if not chosen:
            raise RecipeError(
                f"{self.name}: no layer gets smaller with these ranks; expected at least one; keep less energy"
            )
        replacements = {}
        for name, ranks in chosen.items():
            form = forms[name]
            note(
                f"{self.name}: {name} {form.tensor.size} → {form.num_weights(ranks)} weights, rank {show_ranks(ranks)}"
            )
            layer = model.get_layer(name)
            replacements[name] = form.build(layer, f"{name}_{self.name}", form.factorize(ranks))
        return replace_layers(model, replacements)

    def fit(self, model: Any, context: Context, num_epochs: int) -> None:
        context.train(model, num_epochs, self.name, learning_rate=self.learning_rate)

    def promise(self, model: Any) -> Mapping[str, Any]:
        kernels = {layer.name: int(kernel.size) for layer, kernel in kernels_of(model)}
        pattern = re.compile(rf"_{re.escape(self.name)}_\d+$")
        factors = {name: size for name, size in kernels.items() if pattern.search(name)}
        return {"num_weights": sum(kernels.values()), "factors": factors}

    def verify(self, model: TfliteModel, promise: Mapping[str, Any]) -> None:
        found = find_weights(model)
        total = sum(each.codes.size for each in found)
        if total > promise["num_weights"]:
            raise RecipeError(
                f"the exported model has {total} weights; {self.name} promises at most {promise['num_weights']}; "
                "the converter has put factors together again"
            )
        matched = match_weights(found, promise["factors"].items())
        missing = [name for name, weights in matched.items() if weights is None]
        # Channels that are removed later leave fewer weights, in tensors of other sizes.
        if missing and total == promise["num_weights"]:
            raise RecipeError(
                f"the exported model has no tensor of {promise['factors'][missing[0]]} weights for the factor "
                f"{missing[0]}; expected one for each factor of {self.name}"
            )

    def _find_forms(self, model: Any) -> dict[str, Form]:
        known = [each.name for each in model.layers]
        unknown = [each for each in self.layers if each not in known]
        if unknown:
            raise RecipeError(
                f"{self.name}: there is no layer {unknown[0]}; expected one of {', '.join(known)}"
            )
        forms = {}
        for layer, kernel in kernels_of(model):
            if layer.name not in self.layers if self.layers else kernel.size < self.min_weights:
                continue
            if not np.isfinite(kernel).all():
                raise RecipeError(
                    f"{self.name}: layer {layer.name} has weights that are not finite; train it again"
                )
            form = self.make_form(layer) if kernel.any() else "all its weights are zero"
            if isinstance(form, Form):
                forms[layer.name] = form
            elif self.layers:
                raise RecipeError(f"{self.name} cannot factorize layer {layer.name}: {form}")
        left = [each for each in self.layers if each not in forms]
        if left:
            raise RecipeError(
                f"{self.name} cannot factorize layer {left[0]}: expected a convolution or dense layer"
            )
        if not forms:
            raise RecipeError(
                f"{self.name}: the model has no layer of at least {self.min_weights} weights that it can factorize"
            )
        return forms

    def _choose_ranks(self, forms: Mapping[str, Form]) -> dict[str, Ranks]:
        if self.rank is not None:
            return {name: self._given_ranks(name, form, self.rank) for name, form in forms.items()}
        if self.energy is not None:
            return {name: form.ranks_by_energy(self.energy) for name, form in forms.items()}
        whole = sum(form.tensor.size for form in forms.values())

        def choose(level: float) -> tuple[int, dict[str, Ranks]]:
            ranks = {name: form.ranks_at(level) for name, form in forms.items()}
            sizes = [
                min(forms[name].num_weights(each), forms[name].tensor.size) for name, each in ranks.items()
            ]
            return sum(sizes), ranks

        best = choose(0.0)
        if best[0] > self.budget * whole:
            raise RecipeError(
                f"{self.name}: a budget of {self.budget:g} is {self.budget * whole:.0f} weights; rank 1 needs "
                f"{best[0]} already; expected at least {best[0] / whole:.2f}"
            )
        low, high = 0.0, 1.0
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            found = choose(middle)
            if found[0] <= self.budget * whole:
                low, best = middle, found
            else:
                high = middle
        return best[1]

    def _given_ranks(self, name: str, form: Form, rank: int | Ranks) -> Ranks:
        ranks = form.spread(rank) if isinstance(rank, int) else rank
        wrong = form.check(ranks)
        if wrong is not None:
            raise RecipeError(
                f"{self.name}: layer {name}: {wrong}; give a smaller rank, or name other layers"
            )
        if form.num_weights(ranks) >= form.tensor.size:
            raise RecipeError(
                f"{self.name}: with rank {show_ranks(ranks)} layer {name} has {form.num_weights(ranks)} weights, not "
                f"fewer than its {form.tensor.size}; give a smaller rank, or name other layers"
            )
        return ranks


_D = TypeVar("_D", bound=Decompose)


def parse_decompose(make: Callable[..., _D], argument: str | None, name: str) -> _D:
    """`name`, `name:0.5` (budget), `name:e0.9` (energy), `name:8` or `name:8x16` (ranks)."""
    if argument is not None and re.fullmatch(r"\d+(x\d+)*", argument):
        ranks = tuple(int(each) for each in argument.split("x"))
        return make(rank=ranks if len(ranks) > 1 else ranks[0])
    if argument is not None and argument.startswith("e"):
        return make(energy=parse_fraction(argument[1:], f"{name}: an energy", 0.9))
    return make(budget=parse_fraction(argument, f"{name}: a budget", 0.5))
