"""Measures the C runtime on the reference models and writes docs/runtime.md beside the figures of its peers.

    EDGEKIT_DATA_DIR=… python scripts/measure_runtime.py

Nothing in that page is written by hand: kernels are those on disk, figures those of this run.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import defaultdict
from pathlib import Path
from statistics import geometric_mean
from typing import Any

import numpy as np

from edgekit import farm
from edgekit.console import progress
from edgekit.deadline import Deadline
from edgekit.errors import DataError, EdgekitError
from edgekit.files import write_atomically
from edgekit.firmware import build_firmware
from edgekit.oracle import find_oracle
from edgekit.session import DeviceSession
from edgekit.tflite_model import load_model
from edgekit.toml_file import read_toml

ROOT = Path(__file__).resolve().parents[1]
BOARD = "qemu_mps2_an386"
PAGE, RECORD = ROOT / "docs" / "runtime.md", ROOT / "docs" / "runtime.json"
NUM_INPUTS = 3


def measure(session: DeviceSession, path: Path, per_tick: int) -> dict[str, Any]:
    """One model on the board: what it needs, and whether its outputs are the oracle's."""
    model, deadline = load_model(path), Deadline(900.0)
    oracle = find_oracle(model.data)
    loaded = session.load(model.data, deadline)
    rng, equal, ticks = np.random.default_rng(0), True, []
    for _ in range(NUM_INPUTS):
        inputs = [rng.integers(-128, 128, each.shape).astype(each.dtype) for each in model.inputs]
        for position, value in enumerate(inputs):
            session.write_input(position, value.tobytes(), deadline)
        ticks += session.invoke(deadline)
        for position, expected in enumerate([] if oracle is None else oracle.invoke(inputs)):
            equal &= session.read_output(position, expected.nbytes, deadline) == expected.tobytes()
    stats = session.stats(deadline)
    return {
        "sha256": model.sha256,
        "arena_bytes": loaded.arena_bytes,
        "setup_instructions": stats["setup_ticks"] * per_tick,
        "instructions": min(ticks) * per_tick,
        "stack_bytes": stats["stack_bytes"],
        "oracle": None if oracle is None else oracle.name,
        "bit_exact": None if oracle is None else equal,
    }


def kernel_table() -> list[str]:
    kinds: dict[str, set[str]] = defaultdict(set)
    for path in sorted((ROOT / "firmware" / "kernels").glob("ek_*.c")):
        operator, dtype = path.stem.removeprefix("ek_").rsplit("_", 1)
        kinds[operator.upper()].add(dtype)
    dtypes = sorted({dtype for found in kinds.values() for dtype in found})
    lines = [f"| operator | {' | '.join(dtypes)} |", f"|---|{'---|' * len(dtypes)}"]
    for operator, found in sorted(kinds.items()):
        lines.append(f"| {operator} | {' | '.join('✓' if each in found else '' for each in dtypes)} |")
    count = sum(len(found) for found in kinds.values())
    return [f"{len(kinds)} operators, {count} kernels. `any` moves bytes whatever their type.", "", *lines]


def figures_table(ours: dict[str, Any], peers: dict[str, Any]) -> list[str]:
    lines = [
        "| model | arena | TFLM | ratio | set-up | TFLM | ratio | inference | bit-exact |",
        "|---|--:|--:|--:|--:|--:|--:|--:|---|",
    ]
    arena, setup = [], []
    for name, found in ours.items():
        peer = peers[name]
        arena.append(found["arena_bytes"] / peer["arena_bytes"])
        setup.append(found["setup_instructions"] / peer["setup_instructions"])
        exact = {True: "yes", False: "**no**", None: "not checked"}[found["bit_exact"]]
        lines.append(
            f"| {name} | {found['arena_bytes']:,} | {peer['arena_bytes']:,} | {arena[-1]:.2f} "
            f"| {found['setup_instructions']:,} | {peer['setup_instructions']:,} | {setup[-1]:.2f} "
            f"| {found['instructions']:,} | {exact} |"
        )
    mean = f"| geometric mean | | | {geometric_mean(arena):.2f} | | | {geometric_mean(setup):.2f} | | |"
    return [*lines, mean]


def render(record: dict[str, Any], peers: dict[str, Any]) -> str:
    stack = max(each["stack_bytes"] for each in record["models"].values())
    return "\n".join(
        [
            "# The C runtime in figures",
            "",
            "Written by `python scripts/measure_runtime.py`; do not edit.",
            "",
            f"## Reference models on {record['board']}",
            "",
            f"Emulated core: set-up and inference are instructions, counted to {record['resolution']}, and say nothing "
            "about time. Arena in bytes: tensors, working memory and all bookkeeping. Set-up: from the "
            f"received file to the first inference. All-operators firmware: {record['flash_bytes']:,} bytes of flash "
            f"(build {record['build']}); stack at its deepest {stack:,} bytes. The peer's figures and their provenance "
            "are in [firmware/peers.toml](../firmware/peers.toml).",
            "",
            *figures_table(record["models"], peers),
            "",
            "## Operators",
            "",
            *kernel_table(),
            "",
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument(
        "--data", type=Path, default=os.environ.get("EDGEKIT_DATA_DIR"), help="reference models"
    )
    args = parser.parse_args()
    if args.data is None:
        raise DataError("EDGEKIT_DATA_DIR is not set; it names the folder with the reference models")
    peers = dict(read_toml(ROOT / "firmware" / "peers.toml").content)
    device = farm.find_device(BOARD)
    image = build_firmware(BOARD)
    assert device.board.emulator is not None  # noqa: S101 - this board is an emulated one
    per_tick = device.board.emulator.instructions_per_tick
    models = {}
    with farm.connect(device, Deadline(3600.0)) as session, progress("measuring", len(peers)) as advance:
        for name, peer in peers.items():
            models[name] = measure(session, args.data / peer["model"], per_tick)
            advance()
    record = {
        "board": BOARD,
        "build": image.build,
        "flash_bytes": image.flash_bytes,
        "resolution": f"{per_tick} instructions",
        "models": models,
    }
    write_atomically(RECORD, json.dumps(record, indent=2) + "\n")
    write_atomically(PAGE, render(record, peers))
    print(f"wrote {PAGE.relative_to(ROOT)}")
    return 0 if all(each["bit_exact"] is not False for each in models.values()) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except EdgekitError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
