"""One formatter per unit, so that nobody divides by 1000 inline."""

from __future__ import annotations


def _scaled(value: float, steps: tuple[tuple[float, str], ...]) -> str:
    for size, suffix in steps:
        if abs(value) >= size:
            return (
                f"{value / size:.3g} {suffix}"
                if abs(value / size) < 1000
                else f"{value / size:,.0f} {suffix}"
            )
    size, suffix = steps[-1]
    return f"{value / size:.3g} {suffix}"


def format_bytes(num_bytes: int) -> str:
    """Bytes in B, KiB or MiB: 976 → '976 B', 53936 → '52.7 KiB'."""
    if num_bytes < 1024:
        return f"{num_bytes} B"
    if num_bytes < 1024 * 1024:
        return f"{num_bytes / 1024:.1f} KiB"
    return f"{num_bytes / (1024 * 1024):.1f} MiB"


def format_latency_us(latency_us: float) -> str:
    """Microseconds in µs, ms or s: 1234 → '1.23 ms'."""
    return _scaled(latency_us, ((1e6, "s"), (1e3, "ms"), (1.0, "µs")))


def format_energy_uj(energy_uj: float) -> str:
    """Microjoules in µJ, mJ or J."""
    return _scaled(energy_uj, ((1e6, "J"), (1e3, "mJ"), (1.0, "µJ")))


def format_power_mw(power_mw: float) -> str:
    """Milliwatts in µW, mW or W."""
    return _scaled(power_mw, ((1e3, "W"), (1.0, "mW"), (1e-3, "µW")))


def format_count(count: int) -> str:
    """Instructions, cycles, MACs: 2656768 → '2.66 M'."""
    return f"{count}" if abs(count) < 1000 else _scaled(count, ((1e9, "G"), (1e6, "M"), (1e3, "k")))


def format_clock_hz(clock_hz: float) -> str:
    """Hertz in Hz, kHz, MHz or GHz."""
    return _scaled(clock_hz, ((1e9, "GHz"), (1e6, "MHz"), (1e3, "kHz"), (1.0, "Hz")))


def format_ratio(ratio: float, digits: int = 1) -> str:
    """A fraction as a percentage: 0.9731 → '97.3 %'."""
    return f"{ratio * 100:.{digits}f} %"


def format_quantity(key: str, value: float | str) -> tuple[str, str]:
    """By the unit in its name: 'sram_bytes', 3568 → ('sram', '3.5 KiB')."""
    if isinstance(value, str):
        return key.replace("_", " "), value
    for suffix, formatter in (("_us", format_latency_us), ("_hz", format_clock_hz)):
        if key.endswith(suffix):
            return key.removesuffix(suffix).replace("_", " "), formatter(value)
    if key.endswith("_bytes"):
        return key.removesuffix("_bytes").replace("_", " "), format_bytes(round(value))
    return key.removeprefix("num_").replace("_", " "), format_count(round(value))
