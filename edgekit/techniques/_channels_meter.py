"""What candidates cost where they are run, each measured once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from edgekit.errors import RecipeError
from edgekit.techniques._channel_nouns import Array
from edgekit.techniques._on_device import measure_on_device


@dataclass
class Meter:
    """Measures on `device`, or asks `measure`; remembers what is to be told of it."""

    technique: str
    device: str | None
    measure: Callable[[bytes], float] | None
    num_measurements: int = 0
    quantity: str | None = field(default=None, init=False)

    def cost_of(
        self, export: Callable[[Array], bytes], known: dict[bytes, float]
    ) -> Callable[[Array], float]:
        """A cost of removed groups; `export` makes a file without them, `known` are costs by the groups' bytes."""

        def cost(removed: Array) -> float:
            key = removed.tobytes()
            if key not in known:
                known[key] = self._ask(export(removed))
            return known[key]

        return cost

    def describe(self) -> dict[str, Any]:
        """What stands beside the costs in a promise."""
        if self.device is None:
            return {}
        return {
            "device": self.device,
            "quantity": self.quantity,
            "num_measurements": self.num_measurements,
        }

    def _ask(self, flatbuffer: bytes) -> float:
        self.num_measurements += 1
        if self.device is not None:
            value, self.quantity = measure_on_device(self.device, flatbuffer)
        else:
            assert self.measure is not None  # noqa: S101 - PruneChannels has seen to it
            value = float(self.measure(flatbuffer))
        if not 0 < value < float("inf"):
            raise RecipeError(f"{self.technique}: measure returned {value}; expected a positive number")
        return value
