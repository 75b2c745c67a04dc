"""`edgekit trust DEVICE`: shows an SSH host key and, once you agree, accepts it from then on."""

from __future__ import annotations

import argparse
import sys

HELP = "show the SSH host key of a device and accept it"
EPILOG = (
    "Compare the fingerprint with the one that the board itself prints: "
    "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("device", metavar="DEVICE", help="a device of farm.toml whose transport is ssh")
    parser.add_argument("--yes", action="store_true", help="accept without asking, for scripts")
    parser.add_argument(
        "--timeout", type=float, default=20.0, metavar="S", help="seconds to wait (default 20)"
    )


def run(args: argparse.Namespace) -> int:
    from edgekit.console import note
    from edgekit.deadline import Deadline
    from edgekit.errors import UsageError
    from edgekit.farm import find_device
    from edgekit.host_keys import DEFAULT_PORT, entry_name, fetch_host_key, fingerprint, known_keys, trust

    device = find_device(args.device)
    if device.transport != "ssh":
        raise UsageError(f"{device.name} is reached by {device.transport}, which has no host key to trust")
    host, port = str(device.settings["host"]), int(device.settings.get("port", DEFAULT_PORT))
    key = fetch_host_key(device.name, host, port, Deadline(args.timeout))
    known = known_keys(device.settings, host, port)
    print(f"{entry_name(host, port)} {key.get_name()} {fingerprint(key)}", flush=True)
    if any(each.asbytes() == key.asbytes() for each in known):
        note("this key is known already")
        return 0
    if known:
        note(f"known so far: {', '.join(fingerprint(each) for each in known)}")
    if not args.yes and not _agrees(f"trust this key for {device.name}?"):
        note("nothing was changed")
        return 1
    path = trust(device.settings, host, port, key)
    note(f"{device.name} is trusted from now on ({path})")
    return 0


def _agrees(question: str) -> bool:
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        print(file=sys.stderr)
    return answer.strip().lower() in ("y", "yes")
