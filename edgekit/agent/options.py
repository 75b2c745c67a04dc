"""What CONFIGURE asks for, checked: the names and ranges that the host's vocabulary has too."""

from __future__ import annotations

from typing import Any, Dict

from edgekit.agent.delegates import DELEGATES
from edgekit.agent.errors import AgentError
from edgekit.agent.runtime import PACKAGES
from edgekit.wire.codes import Status

KERNELS = ("fast", "reference")
MAX_THREADS = 256
DEFAULTS: Dict[str, Any] = {"kernels": "fast", "threads": 1, "runtime": None, "delegate": None, "cores": None}
"""None: the runtime or the system decides."""


def merge_options(current: Dict[str, Any], wanted: Dict[str, Any]) -> Dict[str, Any]:
    """`current` with what `wanted` changes.

    Raises:
        AgentError: BAD_REQUEST, with what was expected.
    """
    unknown = sorted(set(wanted) - set(DEFAULTS))
    if unknown:
        message = "unknown option {!r}, known: {}".format(unknown[0], ", ".join(sorted(DEFAULTS)))
        raise AgentError(Status.BAD_REQUEST, message)
    options = dict(current, **wanted)
    for name, known in (("kernels", KERNELS), ("runtime", tuple(PACKAGES)), ("delegate", DELEGATES)):
        value = options[name]
        if not (isinstance(value, str) and value in known) and not (value is None and DEFAULTS[name] is None):
            message = "{} {!r}, expected {}".format(name, value, " or ".join(known))
            raise AgentError(Status.BAD_REQUEST, message)
    if not _is_int(options["threads"]) or not 1 <= options["threads"] <= MAX_THREADS:
        message = "threads {!r}, expected 1 to {}".format(options["threads"], MAX_THREADS)
        raise AgentError(Status.BAD_REQUEST, message)
    cores = options["cores"]
    if cores is not None and not (isinstance(cores, list) and all(map(_is_int, cores))):
        raise AgentError(Status.BAD_REQUEST, f"cores {cores!r}, expected a list of numbers")
    return options


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
