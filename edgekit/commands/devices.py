"""`edgekit devices`: the single boards that can be reached from here."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgekit.farm import Device

HELP = "list the devices of farm.toml and the built-in ones, or see what is there"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument(
        "--detect", action="store_true", help="list serial ports, and ask the ssh devices what they are"
    )
    parser.add_argument(
        "--timeout", type=float, default=10.0, metavar="S", help="seconds to wait for answers (default 10)"
    )


def run(args: argparse.Namespace) -> int:
    from edgekit.console import note, print_json, print_table
    from edgekit.errors import UsageError
    from edgekit.farm import find_farm_file, list_devices

    devices = list_devices()
    if args.detect:
        if not args.timeout > 0:
            raise UsageError(f"--timeout {args.timeout:g} should be more than 0 seconds")
        return _detect(devices, args.timeout, args.json)
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


def _detect(devices: list[Device], timeout_s: float, as_json: bool) -> int:
    from edgekit.console import note, print_json, print_table
    from edgekit.serial_ports import find_serial_ports, suggest_lines
    from edgekit.ssh_probe import Answer, probe_all, verdict

    ports = find_serial_ports(devices)
    suggestions: dict[str, str] = {}
    for port in ports:
        found = suggest_lines(port, [*(each.name for each in devices), *suggestions])
        if found is not None:
            suggestions[found[0]] = found[1]
    asked = [each for each in devices if each.transport == "ssh"]
    answers = probe_all(asked, timeout_s)
    if as_json:
        records: list[dict[str, Any]] = []
        for each in asked:
            answer = answers[each.name]
            record: dict[str, Any] = {"device": each.name, "board": each.board.name}
            if isinstance(answer, Answer):
                record |= {key: value for key, value in vars(answer).items() if value not in ("", None)}
                record |= {"boards": answer.boards, "verdict": verdict(each, answer)}
            else:
                record["error"] = answer
            records.append(record)
        serial = [{key: value for key, value in vars(each).items() if value} for each in ports]
        print_json({"serial_ports": serial, "ssh_devices": records, "suggestions": suggestions})
        return 0
    print_table(
        "Serial ports",
        ["port", "USB", "serial number", "product", "device", "looks like"],
        [
            [
                each.port,
                each.usb_id,
                each.usb_serial,
                each.product,
                each.device,
                " or ".join(each.boards) or each.interface,
            ]
            for each in ports
        ],
    )
    rows = []
    for each in asked:
        answer = answers[each.name]
        if isinstance(answer, Answer):
            machine = f"{answer.machine}, {answer.bits} bit" if answer.bits else answer.machine
            says = [
                answer.model,
                machine,
                answer.os,
                answer.libc,
                answer.python or "none",
                verdict(each, answer),
            ]
        else:
            says = ["", "", "", "", "", answer]
        rows.append([each.name, each.board.name, *says])
    columns = ["device", "board", "says it is", "machine", "system", "libc", "python", "verdict"]
    if rows:
        print_table("Devices over SSH", columns, rows)
    else:
        note("no ssh devices in farm.toml to ask")
    if suggestions:
        note("for farm.toml:")
        print("\n\n".join(suggestions.values()))
    return 0
