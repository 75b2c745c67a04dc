"""Wheels for a board, downloaded on this machine by pip and kept; nothing is built and no setup.py is run.

pip resolves dependencies with the markers of the machine it runs on, which is not the board. So each package is
downloaded by itself, and what it requires is read from its metadata.
"""

from __future__ import annotations

import email.parser
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import filelock
import platformdirs
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from edgekit.deadline import Deadline
from edgekit.errors import DataError, DeadlineError, EdgekitError, MissingDependencyError
from edgekit.process import spawn, stop
from edgekit.provision.tags import Target

_COMPLETE = "complete.json"
_MAX_PACKAGES = 50
"""More are no runtime: something requires in circles."""


@dataclass(frozen=True)
class Request:
    requirements: tuple[str, ...]
    target: Target
    without: tuple[str, ...] = ()
    """Packages that the board has already."""

    @property
    def key(self) -> str:
        text = json.dumps([self.requirements, self.target.pip_options(), self.without])
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def fetch_wheels(
    request: Request, deadline: Deadline, folder: Path | None = None, say: Callable[[str], None] | None = None
) -> list[Path]:
    """All wheels of a request, in order of name: from `folder` alone if given, else from the cache or by pip.

    Raises:
        EdgekitError: pip finds none that fits, or cannot reach its index; says how to bring them from elsewhere.
        MissingDependencyError: this Python has no pip.
        DeadlineError: pip takes too long.
    """
    if folder is not None:
        with tempfile.TemporaryDirectory(prefix="edgekit-wheels-") as temporary:
            found = _resolve(request, Path(temporary), deadline, folder, say)
            return [folder / each.name for each in found]
    place = platformdirs.user_cache_path("edgekit") / "wheels" / request.key
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(f"{place}.lock", timeout=deadline.remaining_s()):
            return _cached(place) or _fill(place, request, deadline, say)
    except filelock.Timeout as error:
        raise DeadlineError(
            "another edgekit is downloading the same wheels; run again when it has ended"
        ) from error
    except OSError as error:
        raise EdgekitError(
            f"cannot keep wheels in {place}: {error.strerror or error}; make room there"
        ) from error


def _cached(place: Path) -> list[Path]:
    """What is there, whole and as it was written; [] if not."""
    try:
        names: Mapping[str, str] = json.loads((place / _COMPLETE).read_text())
        for name, digest in names.items():
            if hashlib.sha256((place / name).read_bytes()).hexdigest() != digest:
                return []
        return [place / name for name in sorted(names)]
    except (OSError, ValueError, AttributeError):
        return []


def _fill(place: Path, request: Request, deadline: Deadline, say: Callable[[str], None] | None) -> list[Path]:
    with tempfile.TemporaryDirectory(prefix=f".{request.key}-", dir=place.parent) as temporary:
        fresh = Path(temporary) / "wheels"
        fresh.mkdir()
        wheels = _resolve(request, fresh, deadline, None, say)
        digests = {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in wheels}
        for each in fresh.iterdir():
            if each.name not in digests:
                each.unlink()  # replaced by one that suits everybody
        (fresh / _COMPLETE).write_text(json.dumps(digests))
        shutil.rmtree(place, ignore_errors=True)
        fresh.replace(place)
    return _cached(place)


def _resolve(
    request: Request, into: Path, deadline: Deadline, folder: Path | None, say: Callable[[str], None] | None
) -> list[Path]:
    waiting = [Requirement(each) for each in request.requirements]
    wanted: dict[str, SpecifierSet] = {}
    found: dict[str, Path] = {}
    without = {canonicalize_name(each) for each in request.without}
    while waiting:
        requirement = waiting.pop(0)
        name = canonicalize_name(requirement.name)
        if name in without:
            continue
        wanted[name] = wanted.get(name, SpecifierSet()) & requirement.specifier
        if name in found and wanted[name].contains(_version(found[name]), prereleases=True):
            continue
        if len(wanted) > _MAX_PACKAGES:
            raise EdgekitError(
                f"{request.requirements[0]} requires more than {_MAX_PACKAGES} packages; is it the right one?"
            )
        if say is not None:
            say(f"{name}{wanted[name]}")
        found[name] = _download(f"{name}{wanted[name]}", request, into, deadline, folder)
        waiting += _requires(found[name], request.target, requirement.extras)
    return sorted(found.values(), key=lambda each: each.name)


def _version(wheel: Path) -> str:
    return str(parse_wheel_filename(wheel.name)[1])


def _requires(wheel: Path, target: Target, extras: set[str]) -> list[Requirement]:
    """Raises DataError for a file that is no wheel."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            name = next(
                each
                for each in archive.namelist()
                if each.count("/") == 1 and each.endswith(".dist-info/METADATA")
            )
            metadata = email.parser.BytesParser().parsebytes(archive.read(name), headersonly=True)
        requirements = [Requirement(each) for each in metadata.get_all("Requires-Dist", [])]
    except (
        OSError,
        zipfile.BadZipFile,
        StopIteration,
        InvalidRequirement,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise DataError(
            f"{wheel.name} is no wheel that can be read: {error or 'no metadata'}; delete it and run again"
        ) from error
    environments = [{**target.markers(), "extra": each} for each in ("", *sorted(extras))]
    return [
        each
        for each in requirements
        if each.marker is None or any(each.marker.evaluate(environment) for environment in environments)
    ]


def _download(
    requirement: str, request: Request, into: Path, deadline: Deadline, folder: Path | None
) -> Path:
    before = {each.name for each in into.iterdir()}
    options = ["--no-deps", "--disable-pip-version-check", "--no-input", "--progress-bar=off"]
    environment = dict(os.environ)
    if folder is not None:
        if not folder.is_dir():
            raise DataError(f"{folder} is no folder; expected one with .whl files")
        options += ["--no-index", "--find-links", str(folder.resolve())]
        # Only that folder counts: no index and no other folder of pip's settings.
        environment = {key: value for key, value in environment.items() if not key.startswith("PIP_")}
        environment["PIP_CONFIG_FILE"] = os.devnull
    command = [sys.executable, "-m", "pip", "download", *options, *request.target.pip_options()]
    status, errors = _run_pip([*command, "--dest", str(into), requirement], environment, deadline)
    fresh = [each for each in into.iterdir() if each.suffix == ".whl" and each.name not in before]
    name = canonicalize_name(Requirement(requirement).name)
    named = [each for each in (fresh or into.glob("*.whl")) if _name(each) == name]
    if status == 0 and named:
        return named[-1]
    raise _explain(requirement, request, folder, errors)


def _name(wheel: Path) -> str:
    try:
        return str(parse_wheel_filename(wheel.name)[0])
    except InvalidWheelFilename:
        return ""


def _run_pip(command: Sequence[str], environment: Mapping[str, str], deadline: Deadline) -> tuple[int, str]:
    """Status and the last of what pip printed; it does not outlive the deadline."""
    process = spawn(command, environment=environment, stderr=subprocess.STDOUT)
    try:
        output, _ = process.communicate(timeout=max(0.1, deadline.remaining_s()))
    except subprocess.TimeoutExpired as error:
        raise DeadlineError(
            f"pip did not finish downloading in the {deadline.timeout_s:g} s given; is the network slow? see --timeout"
        ) from error
    finally:
        with suppress(OSError):
            stop(process)
    return process.returncode, output.decode("utf-8", "replace")


def _explain(requirement: str, request: Request, folder: Path | None, output: str) -> EdgekitError:
    if "No module named pip" in output:
        return MissingDependencyError(
            f"{sys.executable} has no pip, which downloads wheels; run `{sys.executable} -m ensurepip`"
        )
    target = request.target
    board = f"Python {target.python_version} on {target.architecture} with glibc {target.glibc[0]}.{target.glibc[1]}"
    if folder is not None:
        return DataError(
            f"{folder} has no wheel of {requirement} for {board}; fill it on a machine with a network:\n"
            f"  {_by_hand(request)}"
        )
    lines = [each for each in output.splitlines() if "ERROR" in each] or output.splitlines()[-1:]
    reason = lines[-1].replace("ERROR: ", "")[:300] if lines else "it says nothing"
    return EdgekitError(
        f"pip gets no wheel of {requirement} for {board}: {reason}. Without a network here, run this where there "
        f"is one, copy the folder `wheels` and give it with `--wheels wheels`:\n  {_by_hand(request)}"
    )


def _by_hand(request: Request) -> str:
    options = " ".join(request.target.pip_options(short=True))
    named = " ".join(f'"{each}"' for each in request.requirements)
    return f"python3 -m pip download {options} --dest wheels {named}"
