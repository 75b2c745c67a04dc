"""Bytes: what the model, the runtime and one inference take."""

from __future__ import annotations

from collections.abc import Mapping

from edgekit.bench.result import Memory


def memory_record(*, model_bytes: int, loaded_arena_bytes: int, stats: Mapping[str, int]) -> Memory:
    """A device that cannot measure a quantity leaves it out or says 0; neither is a measurement."""
    return Memory(
        model_bytes=model_bytes,
        flash_bytes=stats.get("firmware_bytes") or None,
        arena_bytes=stats.get("arena_bytes") or loaded_arena_bytes or None,
        stack_bytes=stats.get("stack_bytes") or None,
        rss_bytes=stats.get("rss_bytes") or None,
    )
