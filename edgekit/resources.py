"""Where boards, firmware sources and recipes are: inside an installed package, beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

from edgekit.errors import MissingDependencyError

_PACKAGE = Path(__file__).resolve().parent


def find_resource_dir(name: str) -> Path:
    """Returns the folder `devices`, `emulation`, `firmware` or `recipes`.

    Raises:
        MissingDependencyError: the installation lacks it.
    """
    for candidate in (_PACKAGE / "share" / name, _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise MissingDependencyError(f"this installation of edgekit has no {name}/ folder; reinstall edgekit")
