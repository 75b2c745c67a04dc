"""`edgekit boards`: the kinds of hardware that edgekit knows."""

from __future__ import annotations

import argparse
import dataclasses

HELP = "list the boards that edgekit knows, with their facts"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def run(args: argparse.Namespace) -> int:
    from edgekit.board import list_boards, load_board
    from edgekit.console import print_json, print_table
    from edgekit.units import format_bytes, format_clock_hz

    boards = [load_board(name) for name in list_boards()]
    if args.json:
        records = (dataclasses.asdict(each) for each in boards)
        print_json(
            [{key: value for key, value in each.items() if value not in (None, ())} for each in records]
        )
        return 0
    rows = [
        [
            each.name,
            each.title,
            f"{each.num_cores} × {each.core}" if each.num_cores else each.core,
            format_clock_hz(each.clock_hz) if each.clock_hz else "",
            format_bytes(each.flash_bytes) if each.flash_bytes else "",
            format_bytes(each.ram_bytes) if each.ram_bytes else "",
            ", ".join(each.delegates),
            each.energy or "",
            "yes" if each.emulated else "",
        ]
        for each in boards
    ]
    columns = ["board", "title", "core", "clock", "flash", "RAM", "delegates", "power sensor", "emulated"]
    print_table("Boards", columns, rows)
    return 0
