"""What edgekit has put on a board: `provision.json` in its folder there."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import paramiko

import edgekit
from edgekit.deadline import Deadline
from edgekit.errors import DeviceError
from edgekit.provision.board_scripts import READ_RECORD
from edgekit.provision.choose import RUNTIMES
from edgekit.ssh_files import run_command

PROGRAM_NAME = "edgekit-runtime"
_SCHEMA = 1
_PATH = re.compile(rf"site/[A-Za-z0-9][A-Za-z0-9_.+-]{{0,80}}|{PROGRAM_NAME}")


@dataclass(frozen=True)
class Entry:
    """One runtime on the board."""

    runtime: str
    path: str
    """Below edgekit's folder: "site/ai_edge_litert-2.3.0", "edgekit-runtime"."""
    digest: str
    """Of the program, or of the tree (archive.tree_digest)."""
    packages: tuple[str, ...] = ()
    abi: str = ""
    """Of the Python that the packages are for."""
    build: str = ""
    """Which build of the C runtime."""


@dataclass(frozen=True)
class Record:
    folder: str
    entries: Mapping[str, Entry] = field(default_factory=dict)
    default: str = ""
    """The runtime that suits the board best."""
    made: tuple[str, ...] = ()
    """Folders above ours that were made with it, outermost first."""

    def pack(self) -> bytes:
        entries = [
            {
                "runtime": each.runtime,
                "path": each.path,
                "sha256": each.digest,
                "packages": list(each.packages),
                "abi": each.abi,
                "build": each.build,
            }
            for each in self.entries.values()
        ]
        content = {
            "edgekit_provision": _SCHEMA,
            "edgekit": edgekit.__version__,
            "default": self.default,
            "made": list(self.made),
            "entries": entries,
        }
        return (json.dumps(content, indent=1) + "\n").encode()

    def with_entry(self, entry: Entry) -> Record:
        return replace(self, entries={**self.entries, entry.runtime: entry})

    def without_entry(self, runtime: str) -> Record:
        return replace(self, entries={key: each for key, each in self.entries.items() if key != runtime})

    def path_of(self, entry: Entry) -> str:
        return f"{self.folder}/{entry.path}"


def read_record(name: str, client: paramiko.SSHClient, deadline: Deadline) -> Record:
    """The record of a board, empty if nothing was provisioned.

    Raises:
        DeviceError: the board names no folder, or its record is of a newer edgekit.
    """
    status, output, errors = run_command(client, ["sh", "-c", READ_RECORD], deadline)
    found = re.search(r"^edgekit folder (/.*)$", output, re.MULTILINE)
    if found is None or not found[1].isprintable():
        raise DeviceError(
            f"{name} does not say where its home folder is: {errors or output[:200] or status}; "
            "edgekit needs an account with a home folder and a POSIX shell"
        )
    return parse_record(name, found[1], output[found.end() :])


def parse_record(name: str, folder: str, text: str) -> Record:
    """Raises DeviceError for the record of a newer edgekit; one that is damaged counts as empty."""
    try:
        content = json.loads(text)
        schema = int(content["edgekit_provision"])
        if schema > _SCHEMA:
            raise DeviceError(
                f"{name} was provisioned by a newer edgekit (format {schema}, this one knows {_SCHEMA}); "
                f"update edgekit, or run its `edgekit provision {name} --remove`"
            )
        entries = [_parse_entry(each) for each in content["entries"]]
        made = [each for each in content["made"] if isinstance(each, str) and folder.startswith(f"{each}/")]
        default = content["default"]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Record(folder)
    known = {each.runtime: each for each in entries if each is not None}
    return Record(folder, known, default if default in RUNTIMES else "", tuple(sorted(made, key=len)))


def _parse_entry(content: Any) -> Entry | None:
    """None for one that edgekit would not have written: its path would be used on the board."""
    texts = [content[key] for key in ("runtime", "path", "sha256", "abi", "build")]
    packages = content["packages"]
    if not all(isinstance(each, str) for each in [*texts, *packages]):
        return None
    runtime, path, digest, abi, build = texts
    if runtime not in RUNTIMES or not _PATH.fullmatch(path) or not re.fullmatch(r"[0-9a-f]{64}", digest):
        return None
    if (path == PROGRAM_NAME) != (runtime == "edgekit"):
        return None
    return Entry(runtime, path, digest, tuple(packages), abi, build)
