"""A Link that loses, doubles, cuts, reorders and damages what goes through it: to try everybody's patience."""

from __future__ import annotations

import random
from dataclasses import dataclass

from edgekit.deadline import Deadline
from edgekit.transports.link import Link


@dataclass
class _Direction:
    """One way through the link; `held` is overtaken by what comes next."""

    held: bytes = b""


class FaultyLink:
    """Wraps a link; each write and each read meets, with the given probabilities, one of these faults.

    Args:
        lose: nothing of it arrives.
        double: it arrives twice.
        flip: one bit of it is another.
        cut: only a part at the beginning arrives.
        hold: it arrives after what comes next.
        late: it arrives, and a copy of it some time later.
        noise: other bytes arrive before it.
        spared: how many writes and reads go through unharmed first.
        seed: the same seed gives the same faults for the same calls.

    While `is_broken` is set nothing arrives at all.
    """

    def __init__(
        self,
        link: Link,
        *,
        lose: float = 0.0,
        double: float = 0.0,
        flip: float = 0.0,
        cut: float = 0.0,
        hold: float = 0.0,
        late: float = 0.0,
        noise: float = 0.0,
        seed: int = 1,
        spared: int = 0,
    ) -> None:
        self.num_faults = 0
        self.is_broken = False
        self._link = link
        self._odds = {
            self._lose: lose,
            self._double: double,
            self._flip: flip,
            self._cut: cut,
            self._hold: hold,
            self._late: late,
            self._noise: noise,
        }
        self._random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self._spared = spared
        self._inward, self._outward = _Direction(), _Direction()
        self._copies: list[bytes] = []

    @property
    def description(self) -> str:
        return self._link.description

    def read(self, max_bytes: int, deadline: Deadline) -> bytes:
        data = self._link.read(max_bytes, deadline)
        if self.is_broken:
            return b""
        if data:
            return self._harm(data, self._inward)
        held, self._inward.held = self._inward.held, b""
        return held

    def write(self, data: bytes, deadline: Deadline) -> None:
        if self.is_broken:
            return
        harmed = self._harm(data, self._outward)
        if self._copies and self._random.random() < 0.3:
            harmed += self._copies.pop(self._random.randrange(len(self._copies)))
        if harmed:
            self._link.write(harmed, deadline)

    def close(self) -> None:
        self._link.close()

    def _harm(self, data: bytes, direction: _Direction) -> bytes:
        held, direction.held = direction.held, b""
        if self._spared > 0:
            self._spared -= 1
            return data + held
        dice = self._random.random()
        for fault, probability in self._odds.items():
            if dice < probability:
                self.num_faults += 1
                return fault(data, direction) + held
            dice -= probability
        return data + held

    def _lose(self, data: bytes, direction: _Direction) -> bytes:
        return b""

    def _double(self, data: bytes, direction: _Direction) -> bytes:
        return data + data

    def _flip(self, data: bytes, direction: _Direction) -> bytes:
        position = self._random.randrange(len(data))
        flipped = data[position] ^ (1 << self._random.randrange(8))
        return data[:position] + bytes([flipped]) + data[position + 1 :]

    def _cut(self, data: bytes, direction: _Direction) -> bytes:
        return data[: self._random.randrange(len(data))]

    def _hold(self, data: bytes, direction: _Direction) -> bytes:
        direction.held = data
        return b""

    def _late(self, data: bytes, direction: _Direction) -> bytes:
        if direction is self._outward:
            self._copies.append(data)
        return data

    def _noise(self, data: bytes, direction: _Direction) -> bytes:
        return self._random.randbytes(self._random.randrange(1, 40)) + data
