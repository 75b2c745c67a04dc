"""Builds the C runtime: as firmware for a board, and as a shared library of this machine."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from elftools.elf.elffile import ELFFile
from filelock import FileLock

import edgekit
from edgekit.errors import EdgekitError, MissingDependencyError, ModelError, UnknownNameError
from edgekit.files import write_atomically
from edgekit.resources import find_resource_dir

HOST = "host"
_BUILD_TIMEOUT_S = 300


@dataclass(frozen=True)
class FirmwareImage:
    """A firmware that was built."""

    elf: Path
    flash_bytes: int
    """Code, constants and initial data, without a model."""
    static_ram_bytes: int
    """Variables and stack; what the RAM holds beside the arena."""
    model_capacity: int
    arena_capacity: int
    build: str
    """Names the exact sources."""


def firmware_boards() -> list[str]:
    """Names of the Cortex-M boards that the firmware has a port for."""
    folder = find_resource_dir("firmware") / "boards"
    return sorted(each.parent.name for each in folder.glob("*/linker.ld"))


def build_firmware(
    board_name: str, log: Callable[[str], None] | None = None, model: Path | None = None
) -> FirmwareImage:
    """Builds the firmware of a board, or returns the one built before from the same sources.

    With `model`, it carries that model in flash, has only the kernels that it needs, and takes no other.

    Raises:
        UnknownNameError: there is no port for this board.
        MissingDependencyError: make or the Arm compiler is not installed.
        EdgekitError: the compiler failed, or the runtime refuses the model.
    """
    if board_name not in firmware_boards():
        raise UnknownNameError("firmware board", board_name, firmware_boards())
    _require("arm-none-eabi-gcc", "gcc-arm-none-eabi libnewlib-arm-none-eabi", "builds the firmware")
    folder = _build(board_name, log, model)
    return _read_image(folder / "firmware.elf", (folder / "build_id").read_text().split()[-1])


def linux_programs() -> list[str]:
    """Names of the builds of the runtime as a static Linux program."""
    folder = find_resource_dir("firmware") / "boards"
    return sorted(each.parent.name for each in folder.glob("linux_*/board.mk"))


def build_linux_program(name: str, log: Callable[[str], None] | None = None) -> Path:
    """Builds the runtime as a static Linux program, which speaks the wire protocol on stdin and stdout.

    Raises:
        UnknownNameError: there is no such build.
        MissingDependencyError: make or the cross compiler is not installed.
        EdgekitError: the compiler failed.
    """
    if name not in linux_programs():
        raise UnknownNameError("Linux program", name, linux_programs())
    compiler = _compiler(name)
    _require(
        compiler, f"gcc-{compiler.removesuffix('-gcc').replace('_', '-')}", "builds the runtime for Linux"
    )
    return _build(name, log) / "edgekit_runtime"


def build_host_library(log: Callable[[str], None] | None = None) -> Path:
    """Builds the runtime as a shared library of this machine and returns its path.

    Raises:
        MissingDependencyError: make or gcc is not installed.
        EdgekitError: the compiler failed.
    """
    _require("gcc", "gcc libc6-dev", "builds the runtime for this machine")
    return _build(HOST, log) / "libedgekit_runtime.so"


def _compiler(board_name: str) -> str:
    text = (find_resource_dir("firmware") / "boards" / board_name / "board.mk").read_text()
    cross = re.search(r"^CROSS\s*:=\s*(\S*)", text, re.MULTILINE)
    return f"{cross[1] if cross else ''}gcc"


def _require(program: str, packages: str, purpose: str) -> None:
    for name, package in ((program, packages), ("make", "make")):
        if shutil.which(name) is None:
            raise MissingDependencyError(
                f"{name} is not installed; edgekit {purpose} with it; on Debian or Ubuntu: apt install {package}"
            )


def _build(board_name: str, log: Callable[[str], None] | None, model: Path | None = None) -> Path:
    source = find_resource_dir("firmware")
    # One folder for each place that sources are in: two checkouts must not build over each other.
    place = hashlib.sha256(str(source).encode()).hexdigest()[:8]
    folder = (
        Path(platformdirs.user_cache_dir("edgekit"))
        / "firmware"
        / f"{edgekit.__version__}-{place}"
        / board_name
    )
    if model is not None:
        # A copy, whose path make can take, and a folder for each model, so that none replaces another's firmware.
        try:
            data = model.read_bytes()
        except OSError as error:
            raise ModelError(f"cannot read {model}: {error.strerror or error}") from error
        folder = folder.with_name(f"{board_name}-{hashlib.sha256(data).hexdigest()[:16]}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EdgekitError(f"cannot make {folder} for the build: {error.strerror}") from error
    command = [
        "make", f"-j{os.cpu_count() or 1}", "--no-print-directory", "-C", str(source), f"BOARD={board_name}",
        f"BUILD={folder}", f"EDGEKIT_VERSION={edgekit.__version__}",
    ]  # fmt: skip
    if model is not None:
        copy = folder / "model.tflite"
        if not copy.exists():
            write_atomically(copy, data)
        command += [f"MODEL={copy}", f"PYTHON={sys.executable}"]
    environment = {
        key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")
    }
    with FileLock(folder / ".lock", timeout=_BUILD_TIMEOUT_S):
        done = subprocess.run(
            command, capture_output=True, text=True, env=environment, timeout=_BUILD_TIMEOUT_S, check=False
        )
    if log is not None:
        log(done.stdout)
    if done.returncode != 0:
        tail = "\n".join((done.stderr or done.stdout).strip().splitlines()[-8:])
        raise EdgekitError(f"building the firmware of {board_name} failed:\n{tail}")
    return folder


def _read_image(elf: Path, build: str) -> FirmwareImage:
    """Sizes as the linker script laid them out; its symbols are those that the port hands to the runtime."""
    with elf.open("rb") as file:
        table = ELFFile(file).get_section_by_name(".symtab")

        def address(name: str) -> int:
            return int(table.get_symbol_by_name(name)[0]["st_value"])

        return FirmwareImage(
            elf,
            flash_bytes=address("ek_firmware_bytes"),
            static_ram_bytes=address("ek_stack_top") - address("ek_data_start"),
            model_capacity=address("ek_model_end") - address("ek_model"),
            arena_capacity=address("ek_arena_end") - address("ek_arena"),
            build=build,
        )
