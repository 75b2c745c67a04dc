"""The wheel, installed into an empty environment outside the checkout."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_ROOT = Path(__file__).resolve().parent.parent
_PROJECT = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
_BESIDE = ("devices", "emulation", "firmware", "recipes")
_OFFLINE = re.compile(
    r"NewConnectionError|NameResolutionError|Temporary failure in name resolution|ProxyError"
)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what a package is made of, with build output in it that must not get in."""
    folder = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(_ROOT / name, folder)
    for name in ("edgekit", *_BESIDE):
        shutil.copytree(
            _ROOT / name, folder / name, ignore=shutil.ignore_patterns("build", "__pycache__", "*.pyc")
        )
    for name in ("firmware/build/qemu/main.o", "edgekit/__pycache__/cli.pyc", "recipes/__pycache__/a.pyc"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"output of a build")
    return folder


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _pip(Path(sys.executable), "wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(source))
    (path,) = folder.glob("edgekit-*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of an environment that has edgekit and what it depends on, and nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=120)
    _pip(folder / "bin" / "python", "install", str(wheel))
    return folder / "bin"


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}


def _pip(python: Path, *arguments: str) -> None:
    result = subprocess.run(
        [str(python), "-m", "pip", "--disable-pip-version-check", *arguments],
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
        env=_environment(),
    )
    if result.returncode != 0 and _OFFLINE.search(result.stdout + result.stderr):
        pytest.skip("the package index cannot be reached")
    assert result.returncode == 0, result.stdout + result.stderr


def _run(installed: Path, *arguments: str) -> str:
    result = subprocess.run(
        [str(installed / arguments[0]), *arguments[1:]],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=installed.parent,
        env=_environment(),
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_wheel_has_every_source_file_and_no_build_output(source: Path, wheel: Path) -> None:
    def is_source(path: Path) -> bool:
        return path.is_file() and not {"build", "__pycache__"} & set(path.relative_to(source).parts)

    package = {str(path.relative_to(source)) for path in (source / "edgekit").rglob("*") if is_source(path)}
    beside = {
        f"edgekit/share/{path.relative_to(source)}"
        for name in _BESIDE
        for path in (source / name).rglob("*")
        if is_source(path)
    }
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert {"edgekit/py.typed", "edgekit/wire/SPEC.md"} <= package
    assert packed == package | beside


def test_installed_command_offers_what_the_checkout_offers(installed: Path) -> None:
    assert _run(installed, "edgekit", "--version") == _run(
        Path(sys.executable).parent, "python", "-m", "edgekit", "--version"
    )
    text = _run(installed, "edgekit", "--help")
    for path in (_ROOT / "edgekit" / "commands").glob("[a-z]*.py"):
        assert f"    {path.stem.replace('_', '-')} " in text


def test_installed_package_knows_every_board(installed: Path) -> None:
    listed = json.loads(_run(installed, "edgekit", "boards", "--json"))
    assert {board["name"] for board in listed} == {path.stem for path in (_ROOT / "devices").glob("*.toml")}


@pytest.mark.parametrize("name", _BESIDE)
def test_installed_package_brings_its_resources(installed: Path, name: str) -> None:
    program = f"from edgekit.resources import find_resource_dir; print(find_resource_dir({name!r}))"
    folder = Path(_run(installed, "python", "-c", program).strip())
    assert folder.is_relative_to(installed.parent)
    assert any(folder.iterdir())


def test_installed_package_has_no_tensorflow(installed: Path) -> None:
    program = "import importlib.util as u; print([n for n in ('tensorflow', 'tf_keras') if u.find_spec(n)])"
    assert _run(installed, "python", "-c", program) == "[]\n"


def _picked(extra: str, python: str, machine: str) -> list[str]:
    environment: Mapping[str, str] = {"python_version": python, "platform_machine": machine, "extra": ""}
    found = map(Requirement, _PROJECT["optional-dependencies"][extra])
    return [
        each.name
        for each in found
        if (each.marker or Marker("python_version > '0'")).evaluate(dict(environment))
    ]


# Wheels there are: tflite-runtime 2.14 up to Python 3.11; ai-edge-litert 2.3 for 3.10-3.14, none for armv7l.
@pytest.mark.parametrize(
    ("python", "machine", "expected"),
    [
        *(
            (python, machine, ["ai-edge-litert"])
            for python in ("3.10", "3.11", "3.12", "3.13", "3.14")
            for machine in ("x86_64", "aarch64")
        ),
        ("3.10", "armv7l", ["tflite-runtime", "numpy"]),
        ("3.11", "armv7l", ["tflite-runtime", "numpy"]),
        ("3.12", "armv7l", []),
    ],
)
def test_runtime_extra_picks_the_one_that_has_a_wheel(python: str, machine: str, expected: list[str]) -> None:
    assert _picked("runtime", python, machine) == expected


def test_oracle_is_asked_for_only_where_it_has_a_wheel() -> None:
    assert _picked("oracle", "3.11", "x86_64") == ["tflite-micro"]
    assert _picked("oracle", "3.11", "aarch64") == []
