"""`edgekit trust DEVICE`: shows an SSH host key and, once you agree, accepts it from then on."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgekit.deadline import Deadline
    from edgekit.ssh_config import SshHost

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
    from edgekit.board_identity import forget_identity
    from edgekit.console import note
    from edgekit.deadline import Deadline
    from edgekit.errors import UsageError
    from edgekit.farm import find_device
    from edgekit.ssh_config import find_route

    device = find_device(args.device)
    if device.transport != "ssh":
        raise UsageError(f"{device.name} is reached by {device.transport}, which has no host key to trust")
    route = find_route(device.name, device.settings)
    deadline = Deadline(args.timeout)
    # One after the other: beyond a jump host nothing can be seen before that one is trusted.
    for num_hosts in range(1, len(route) + 1):
        if not _trust_last(device.name, route[:num_hosts], device.settings, deadline, args.yes):
            note("nothing was changed" if num_hosts == 1 else f"{route[num_hosts - 1].label} is not trusted")
            return 1
    if forget_identity(device.name, device.settings):
        note(
            f"the machine that {device.name} was is forgotten; the next connection remembers the one it finds"
        )
    return 0


def _trust_last(
    name: str, route: Sequence[SshHost], settings: Mapping[str, Any], deadline: Deadline, yes: bool
) -> bool:
    from edgekit.console import note
    from edgekit.host_keys import fingerprint, known_keys, read_host_key, trust
    from edgekit.ssh_connection import reach

    host = route[-1]
    where = host.known_as
    with reach(name, route, settings, deadline) as connection:
        key = read_host_key(host.label, f"{host.host}:{host.port}", connection, deadline)
    known = known_keys(settings, where)
    print(f"{where} {key.get_name()} {fingerprint(key)}", flush=True)
    if any(each.asbytes() == key.asbytes() for each in known):
        note("this key is known already")
        return True
    if known:
        note(f"known so far: {', '.join(fingerprint(each) for each in known)}")
    if not yes and not _agrees(f"trust this key for {host.label}?"):
        return False
    path = trust(settings, where, key)
    note(f"{host.label} is trusted from now on ({path})")
    return True


def _agrees(question: str) -> bool:
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        print(file=sys.stderr)
    return answer.strip().lower() in ("y", "yes")
