"""Builds the QEMU plugin that models cycles, with this machine's compiler, into the user's cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import platformdirs

from edgekit.errors import EdgekitError, MissingDependencyError
from edgekit.resources import find_resource_dir

FLAGS = ("-std=c11", "-O2", "-shared", "-fPIC", "-fvisibility=hidden", "-D_POSIX_C_SOURCE=200809L")
_BUILD_TIMEOUT_S = 120


def plugin_sources() -> list[Path]:
    return sorted((find_resource_dir("emulation") / "plugin").glob("*.c"))


def build_plugin() -> Path:
    """The shared library, built if these very sources were not built before.

    Raises:
        MissingDependencyError: there is no C compiler.
        EdgekitError: the compiler failed, or the cache cannot be written.
    """
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise MissingDependencyError(
            "no C compiler is installed; on Debian or Ubuntu: apt install gcc libc6-dev"
        )
    library = _folder() / f"{_digest()}.so"
    if library.exists():
        return library
    try:
        library.parent.mkdir(parents=True, exist_ok=True)
        # Beside it under another name, then renamed: whoever builds at the same time replaces equal by equal.
        with tempfile.TemporaryDirectory(dir=library.parent) as folder:
            made = Path(folder) / library.name
            _compile(compiler, made)
            made.replace(library)
    except OSError as error:
        raise EdgekitError(
            f"cannot build the cycle model in {library.parent}: {error.strerror or error}"
        ) from error
    return library


def _folder() -> Path:
    return platformdirs.user_cache_path("edgekit") / "cycle_model"


def _digest() -> str:
    digest = hashlib.sha256(" ".join(FLAGS).encode())
    for each in sorted((find_resource_dir("emulation") / "plugin").glob("*.[ch]")):
        digest.update(each.name.encode() + b"\0" + each.read_bytes())
    return digest.hexdigest()[:16]


def _compile(compiler: str, library: Path) -> None:
    command = [compiler, *FLAGS, *map(str, plugin_sources()), "-o", str(library)]
    environment = {key: value for key, value in os.environ.items() if key not in ("CFLAGS", "LDFLAGS")}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, env=environment, timeout=_BUILD_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise EdgekitError(f"building the cycle model took longer than {_BUILD_TIMEOUT_S} s") from error
    if done.returncode != 0:
        tail = " | ".join((done.stderr or done.stdout).strip().splitlines()[-3:])
        raise EdgekitError(f"building the cycle model failed: {tail}")
