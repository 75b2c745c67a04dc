"""`edgekit devices`: the single boards that can be reached from here."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

HELP = "list the devices of farm.toml and the built-in ones"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def run(args: argparse.Namespace) -> int:
    from edgekit.console import note, print_json, print_table
    from edgekit.farm import find_farm_file, list_devices

    devices = list_devices()
    if args.json:
        print_json(
            [
                {
                    "name": each.name,
                    "board": each.board.name,
                    "transport": each.transport,
                    "emulated": each.board.emulated,
                    "settings": dict(each.settings),
                }
                for each in devices
            ]
        )
        return 0
    rows = [[each.name, each.board.name, each.transport, _where(each.settings)] for each in devices]
    print_table("Devices", ["device", "board", "transport", "where"], rows)
    if find_farm_file() is None:
        note("no farm.toml: these devices are built in")
    return 0


def _where(settings: Mapping[str, object]) -> str:
    return ", ".join(f"{key}={value}" for key, value in settings.items())
