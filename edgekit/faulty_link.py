"""A Link that loses, doubles and damages what goes through it: to try the patience of the other parts."""

from __future__ import annotations

import random

from edgekit.deadline import Deadline
from edgekit.transports.link import Link


class FaultyLink:
    """Wraps a link; each write and each read is, with the given probabilities, lost, sent twice or bit-flipped.

    `spared` writes and reads go through unharmed first. The same seed gives the same faults for the same calls.
    """

    def __init__(
        self,
        link: Link,
        *,
        lose: float = 0.0,
        double: float = 0.0,
        flip: float = 0.0,
        seed: int = 1,
        spared: int = 0,
    ) -> None:
        self.num_faults = 0
        self._link = link
        self._lose, self._double, self._flip = lose, double, flip
        self._random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self._spared = spared

    @property
    def description(self) -> str:
        return self._link.description

    def read(self, max_bytes: int, deadline: Deadline) -> bytes:
        data = self._link.read(max_bytes, deadline)
        return self._harm(data) if data else data

    def write(self, data: bytes, deadline: Deadline) -> None:
        harmed = self._harm(data)
        if harmed:
            self._link.write(harmed, deadline)

    def close(self) -> None:
        self._link.close()

    def _harm(self, data: bytes) -> bytes:
        if self._spared > 0:
            self._spared -= 1
            return data
        dice = self._random.random()
        if dice >= self._lose + self._double + self._flip:
            return data
        self.num_faults += 1
        if dice < self._lose:
            return b""
        if dice < self._lose + self._double:
            return data + data
        position = self._random.randrange(len(data))
        flipped = data[position] ^ (1 << self._random.randrange(8))
        return data[:position] + bytes([flipped]) + data[position + 1 :]
