from __future__ import annotations

from edgekit.agent.overhead import empty_region_ns


def test_the_harness_costs_less_than_one_percent_of_a_millisecond() -> None:
    assert 0 < empty_region_ns() < 10_000
