from __future__ import annotations

import pytest

from edgekit.units import format_quantity


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("sram_bytes", 3568, ("sram", "3.5 KiB")),
        ("on_chip_used_bytes", 0, ("on chip used", "0 B")),
        ("inference_us", 29.778, ("inference", "29.8 µs")),
        ("clock_hz", 500_000_000, ("clock", "500 MHz")),
        ("num_cpu_operators", 2, ("cpu operators", "2")),
        ("cycles", 14889, ("cycles", "14.9 k")),
        ("memory_mode", "Shared_Sram", ("memory mode", "Shared_Sram")),
    ],
)
def test_a_quantity_is_shown_in_the_unit_of_its_name(
    key: str, value: float | str, shown: tuple[str, str]
) -> None:
    assert format_quantity(key, value) == shown
