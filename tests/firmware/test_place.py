"""The packing of blocks against a validator that looks at every pair of them."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from edgekit.host_runtime import load_library

_ALIGNMENT, _NONE, _BLOCK_BYTES = 16, 0xFFFF, 64


@dataclass
class Block:
    size: int
    first: int
    last: int
    is_scratch: bool
    over: list[tuple[int, int]]  # (block, lag)


@st.composite
def problems(draw: st.DrawFn) -> list[Block]:
    count = draw(st.integers(1, 24))
    blocks: list[Block] = []
    for _ in range(count):
        first = draw(st.integers(0, 12))
        is_scratch = draw(st.integers(0, 5)) == 0
        last = first if is_scratch else draw(st.integers(first, 13))
        blocks.append(Block(_ALIGNMENT * draw(st.integers(1, 20)), first, last, is_scratch, []))
    blocks.sort(key=lambda block: block.first)  # as a planner meets them
    for block in blocks:
        ending = [i for i, each in enumerate(blocks) if each.last == block.first and each.first < block.first]
        if ending and not block.is_scratch:
            for index in draw(st.lists(st.sampled_from(ending), max_size=2, unique=True)):
                block.over.append((index, _ALIGNMENT * draw(st.integers(0, 20))))
    return blocks


def place(blocks: list[Block]) -> tuple[int, list[int]]:
    rows = []
    for block in blocks:
        over = [*block.over, (_NONE, 0), (_NONE, 0)][:2]
        rows.append([block.size, block.first, block.last, int(block.is_scratch), *over[0], *over[1]])
    problem = np.array(rows, np.uint32)
    offsets = np.zeros(len(blocks), np.uint32)
    room = ctypes.create_string_buffer(_BLOCK_BYTES * len(blocks))
    span = load_library().ek_host_place(
        ctypes.c_void_p(problem.ctypes.data), len(blocks), room, ctypes.c_void_p(offsets.ctypes.data)
    )
    return span, offsets.tolist()


@settings(max_examples=1000, deadline=None, derandomize=True)
@given(blocks=problems())
def test_no_two_blocks_overlap_but_as_their_lag_allows(blocks: list[Block]) -> None:
    span, offsets = place(blocks)
    assert span == max(offset + block.size for offset, block in zip(offsets, blocks, strict=True))
    for a, (at_a, block_a) in enumerate(zip(offsets, blocks, strict=True)):
        for b, (at_b, block_b) in enumerate(zip(offsets, blocks, strict=True)):
            alive = block_a.first <= block_b.last and block_b.first <= block_a.last
            apart = at_a + block_a.size <= at_b or at_b + block_b.size <= at_a
            if a == b or not alive or apart:
                continue
            lags = dict(block_a.over), dict(block_b.over)
            below = (b in lags[0] and at_a + lags[0][b] <= at_b) or (
                a in lags[1] and at_b + lags[1][a] <= at_a
            )
            assert below, f"blocks {a} at {at_a} and {b} at {at_b} overlap"


def test_an_output_that_may_only_lie_below_the_largest_block_goes_to_the_bottom() -> None:
    # A network that doubles its channels: its largest output, placed first, would push the next one above itself.
    sizes = [(27648, []), (18432, [(0, 112)]), (18432, [(1, 400)]), (36864, [(2, 18448)]), (9216, [(3, 16)])]
    sizes += [
        (18432, [(4, 9232)]),
        (18432, [(5, 832)]),
        (18432, [(6, 32)]),
        (4608, [(7, 32)]),
        (9216, [(8, 4640)]),
    ]
    sizes += [(9216, [(9, 832)]), (8640, [(10, 64)]), (2160, [(11, 64)])]
    blocks = [Block(size, max(i - 1, 0), i, False, over) for i, (size, over) in enumerate(sizes)]
    assert place(blocks)[0] <= 37120
