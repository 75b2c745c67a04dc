"""Measures the C runtime on the reference models and writes docs/runtime.md beside the figures of its peers.

    EDGEKIT_DATA_DIR=… python scripts/measure_runtime.py [--fuzz-log FILE]

Nothing in that page is written by hand: kernels are those on disk, figures those of this run, and of the run of
`make fuzz` that wrote FILE. Without one the fuzzing figures of the last record stay.
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
from edgekit.firmware import build_firmware, firmware_boards
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
        "flash_bytes": build_firmware(BOARD, model=path).flash_bytes,
    }


def fuzzing(log: Path | None) -> list[str]:
    """The lines of `make fuzz` that tell executions and coverage; of the last record if there is no new log."""
    if log is not None:
        return [line for line in log.read_text().splitlines() if line.startswith("fuzz")]
    try:
        return list(json.loads(RECORD.read_text()).get("fuzzing", []))
    except OSError:
        return []


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


FIGURES = {"arena": "arena_bytes", "flash": "flash_bytes", "set-up": "setup_instructions"}


def figures_table(ours: dict[str, Any], peers: dict[str, Any]) -> list[str]:
    """Each figure beside the peer's and their ratio."""
    heads = [part for name in FIGURES for part in (name, "TFLM", "ratio")]
    lines = [
        f"| model | {' | '.join(heads)} | inference | bit-exact |",
        f"|---|{'--:|' * len(heads)}--:|---|",
    ]
    ratios: dict[str, list[float]] = defaultdict(list)
    for name, found in ours.items():
        cells = []
        for key in FIGURES.values():
            ratios[key].append(found[key] / peers[name][key])
            cells += [f"{found[key]:,}", f"{peers[name][key]:,}", f"{ratios[key][-1]:.2f}"]
        exact = {True: "yes", False: "**no**", None: "not checked"}[found["bit_exact"]]
        lines.append(f"| {name} | {' | '.join(cells)} | {found['instructions']:,} | {exact} |")
    means = " | ".join(f"| | {geometric_mean(ratios[key]):.2f}" for key in FIGURES.values())
    return [*lines, f"| geometric mean {means} | | |"]


def boards_table(flash: dict[str, int]) -> list[str]:
    lines = ["| board | flash, bytes |", "|---|--:|"]
    return [*lines, *(f"| {name} | {size:,} |" for name, size in flash.items())]


def fuzzing_section(lines: list[str]) -> list[str]:
    return ["## Fuzzing", "", *(f"- {line}" for line in lines), ""] if lines else []


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
            "about time. Arena in bytes: tensors, working memory and all bookkeeping. Flash in bytes: code and "
            "constants, without the model, of a firmware made for it alone (`make -C firmware MODEL=…`; TFLM with the "
            "operators of that model only). Set-up: from the received file to the first inference; a firmware made for "
            f"one model had it when it was built. Stack at its deepest {stack:,} bytes (build {record['build']}). The "
            "peer's figures and their provenance are in [firmware/peers.toml](../firmware/peers.toml).",
            "",
            *figures_table(record["models"], peers),
            "",
            "## The firmware with all operators",
            "",
            *boards_table(record["boards"]),
            "",
            "## Operators",
            "",
            *kernel_table(),
            "",
            *fuzzing_section(record["fuzzing"]),
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument(
        "--data", type=Path, default=os.environ.get("EDGEKIT_DATA_DIR"), help="reference models"
    )
    parser.add_argument("--fuzz-log", type=Path, help="what `make fuzz` printed")
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
        "boards": {name: build_firmware(name).flash_bytes for name in firmware_boards()},
        "resolution": f"{per_tick} instructions",
        "models": models,
        "fuzzing": fuzzing(args.fuzz_log),
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
