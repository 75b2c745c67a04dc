"""The TFLite runtime of this machine, whichever of its packages is installed or asked for."""

from __future__ import annotations

import importlib
import platform
import site
import sys
from typing import Any, NamedTuple, Optional, Tuple

from edgekit.agent.errors import AgentError, first_line
from edgekit.wire.codes import Status

# The newer package first: tflite_runtime breaks on numpy 2 without saying so.
PACKAGES = {"litert": "ai_edge_litert", "tflite_runtime": "tflite_runtime"}
"""By the name that a host asks for."""
TIMER_HZ = 1000000000


class Runtime(NamedTuple):
    """`module` is the package's `interpreter`; `name` says package and version."""

    key: str
    module: Any
    name: str


def find_runtime(wanted: Optional[str] = None) -> Runtime:
    """The runtime called `wanted`, or the first that there is.

    Raises:
        AgentError: NO_RUNTIME, with what to install; BAD_REQUEST for a name that no runtime has.
    """
    if wanted is not None and wanted not in PACKAGES:
        message = "runtime {!r}, expected {}".format(wanted, " or ".join(PACKAGES))
        raise AgentError(Status.BAD_REQUEST, message)
    user_site = site.getusersitepackages()
    if user_site not in sys.path:
        # `python3 -I` hides what `pip install --user` installed, on many boards the runtime itself.
        sys.path.append(user_site)
    broken = []
    for key, package in PACKAGES.items():
        if wanted not in (None, key):
            continue
        try:
            _check_numpy(package)
            module = importlib.import_module(package + ".interpreter")
            version = getattr(importlib.import_module(package), "__version__", None) or _version(package)
            return Runtime(key, module, "{} {}".format(package.replace("_", "-"), version))
        except ModuleNotFoundError as error:
            if error.name is None or not error.name.startswith(package):
                broken.append(f"{package} is installed but {first_line(error)}")
        except Exception as error:
            broken.append(f"{package} is installed but fails: {first_line(error)}")
    python = "{} ({}.{})".format(sys.executable, *sys.version_info[:2])
    if broken:
        raise AgentError(Status.NO_RUNTIME, "{}, with {}".format("; ".join(broken), python))
    what = "no TFLite runtime" if wanted is None else "no " + PACKAGES[wanted]
    raise AgentError(Status.NO_RUNTIME, f"{python} has {what}; {_advise(wanted)}")


def _check_numpy(package: str) -> None:
    """Raises ImportError where this runtime would crash on its first tensor."""
    if package != "tflite_runtime":
        return
    importlib.import_module(package)
    version = str(importlib.import_module("numpy").__version__)
    if int(version.split(".")[0]) >= 2:
        raise ImportError(f"it needs numpy below 2, found {version}")


def _advise(
    wanted: Optional[str] = None, version: Optional[Tuple[int, int]] = None, machine: Optional[str] = None
) -> str:
    """Which package there are wheels of, by Python version and architecture."""
    python = sys.version_info[:2] if version is None else version
    litert = python >= (3, 10) and (machine or platform.machine()) not in ("armv7l", "armv6l")
    tflite = (3, 8) <= python <= (3, 11)
    if litert and wanted != "tflite_runtime":
        packages = "ai-edge-litert"
    elif tflite and wanted != "litert":
        packages = "tflite-runtime==2.14.0 'numpy<2'"
    elif wanted is not None and (litert or tflite):
        return "no published one fits this Python and architecture; take the other --runtime"
    else:
        return "no published one fits; name a Python from 3.8 to 3.11 with `python` in farm.toml"
    return f"run `{sys.executable} -m pip install {packages}`"


def _version(package: str) -> str:
    try:
        metadata = importlib.import_module("importlib.metadata")
        return str(metadata.version(package.replace("_", "-")))
    except Exception:
        return "of unknown version"
