from __future__ import annotations

from edgekit.bench.memory import memory_record


def test_a_microcontroller_says_flash_arena_and_stack() -> None:
    stats = {"arena_bytes": 6144, "firmware_bytes": 38_912, "stack_bytes": 1120}
    record = memory_record(model_bytes=11_432, loaded_arena_bytes=6000, stats=stats)
    assert (record.model_bytes, record.flash_bytes, record.arena_bytes, record.stack_bytes) == (
        11_432,
        38_912,
        6144,
        1120,
    )
    assert record.rss_bytes is None


def test_what_was_not_measured_is_absent_and_never_zero() -> None:
    record = memory_record(model_bytes=10, loaded_arena_bytes=0, stats={"rss_bytes": 5000, "stack_bytes": 0})
    assert record.rss_bytes == 5000
    assert record.arena_bytes is None
    assert record.stack_bytes is None


def test_the_arena_found_while_loading_stands_in() -> None:
    assert memory_record(model_bytes=10, loaded_arena_bytes=640, stats={}).arena_bytes == 640
