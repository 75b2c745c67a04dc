"""The TensorFlow side and the device side never import each other; what runs on boards needs next to nothing.

Imports are read from the source, so one inside a function counts as well.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import textwrap
from functools import cache
from pathlib import Path

import pytest

import edgekit

_ROOT = Path(edgekit.__file__).parent
_DEVICE_SIDE = {
    *("wire", "transports", "power", "farm", "session", "bench", "report", "agent", "board", "firmware"),
    *("cycle_model", "cycle_plugin", "cycle_counter"),
}
_TRAINING_SIDE = {"techniques", "datasets", "exporters", "recipe"}
_TRAINING_PACKAGES = {
    *(
        "tensorflow",
        "tf_keras",
        "keras",
        "tensorflow_model_optimization",
        "sklearn",
        "larq",
        "larq_compute_engine",
    ),
}
# The command line offers both sides, and the package's own names may be those of either.
_ASSEMBLY = {"cli", "commands", "__main__", "edgekit"}
_RUNTIMES = {"numpy", "ai_edge_litert", "tflite_runtime"}


def _module_name(path: Path) -> str:
    parts = path.relative_to(_ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


_SOURCES = {_module_name(path): path for path in sorted(_ROOT.rglob("*.py"))}


def _top(module: str) -> str:
    """`edgekit.bench.runner` → `bench`."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else parts[0]


@cache
def _imports(module: str) -> frozenset[str]:
    """Every dotted name that the module imports, wherever in it the statement stands."""
    path = _SOURCES[module]
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            # `from edgekit import farm` imports a module, `from edgekit.farm import Device` does not.
            names.update(
                f"{origin}.{alias.name}" if f"{origin}.{alias.name}" in _SOURCES else origin
                for alias in node.names
            )
    return frozenset(names)


def _reachable(module: str) -> set[str]:
    """The modules of edgekit that importing or running `module` may import."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting.extend(
                name for name in _imports(current) if name in _SOURCES and _top(name) not in _ASSEMBLY
            )
    return found


def _packages(module: str) -> set[str]:
    return {name.split(".")[0] for name in _imports(module)} - {"edgekit"}


def _is_training(module: str) -> bool:
    return _top(module) in _TRAINING_SIDE or bool(_packages(module) & _TRAINING_PACKAGES)


_LIBRARY = [module for module in _SOURCES if _top(module) not in _ASSEMBLY]


@pytest.mark.parametrize("module", _LIBRARY)
def test_module_belongs_to_one_side_at_most(module: str) -> None:
    reachable = _reachable(module)
    device = {each for each in reachable if _top(each) in _DEVICE_SIDE}
    training = {each for each in reachable if _is_training(each)}
    assert not (device and training), f"{sorted(device)} and {sorted(training)} meet in {module}"


def test_artifact_is_where_the_sides_meet_and_belongs_to_neither() -> None:
    reachable = _reachable("edgekit.artifact")
    assert len(reachable) > 1
    assert not [each for each in reachable if _top(each) in _DEVICE_SIDE or _is_training(each)]


def test_the_walk_sees_both_sides() -> None:
    # Else the tests above could pass because nothing was found.
    assert any(
        _top(each) in _DEVICE_SIDE for each in _reachable("edgekit.bench.runner") - {"edgekit.bench.runner"}
    )
    assert any(_packages(each) & {"tensorflow", "tf_keras"} for each in _SOURCES)


@pytest.mark.parametrize("module", [module for module in _LIBRARY if _top(module) == "wire"])
def test_wire_needs_the_standard_library_only(module: str) -> None:
    assert _packages(module) <= sys.stdlib_module_names
    assert {_top(each) for each in _reachable(module)} <= {"wire"}


@pytest.mark.parametrize("module", [module for module in _LIBRARY if _top(module) == "agent"])
def test_agent_needs_numpy_and_a_runtime_only(module: str) -> None:
    assert _packages(module) <= sys.stdlib_module_names | _RUNTIMES
    assert {_top(each) for each in _reachable(module)} <= {"agent", "wire"}


@pytest.mark.parametrize("module", [module for module in _LIBRARY if _top(module) in {"agent", "wire"}])
def test_what_runs_on_boards_is_python_3_7(module: str) -> None:
    ast.parse(_SOURCES[module].read_text(encoding="utf-8"), feature_version=(3, 7))


_IMPORT_EACH_ALONE = """
    import importlib, os, sys, traceback

    class Blocker:
        def find_spec(self, name, path=None, target=None):
            if name.split(".")[0] in BLOCKED:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    sys.meta_path.insert(0, Blocker())
    failed = []
    for module in MODULES:
        child = os.fork()
        if child == 0:
            try:
                importlib.import_module(module)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        if os.waitpid(child, 0)[1] != 0:
            failed.append(module)
    sys.exit(f"could not be imported alone: {failed}" if failed else 0)
"""


def test_every_module_but_the_training_side_imports_alone_and_without_tensorflow() -> None:
    modules = [module for module in _SOURCES if not _is_training(module) and _top(module) != "__main__"]
    program = (
        f"BLOCKED = {_TRAINING_PACKAGES!r}\nMODULES = {modules!r}\n{textwrap.dedent(_IMPORT_EACH_ALONE)}"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=False
    )
    assert result.returncode == 0, result.stderr
