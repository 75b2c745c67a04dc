"""Which wheels a board takes, as pip on the host is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edgekit.provision.probe import BoardFacts

_OLD_NAMES = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
_OLDEST_GLIBC = {"x86_64": 5}
"""For Arm, manylinux begins with glibc 2.17 (PEP 599)."""
# What wheels are built for in practice: enough for a command that a person types.
_COMMON = (17, 24, 26, 27, 28, 31, 34, 35)


@dataclass(frozen=True)
class Target:
    """A Python on a board, in pip's terms."""

    python: tuple[int, int]
    abi: str
    architecture: str
    glibc: tuple[int, int]

    @property
    def platforms(self) -> tuple[str, ...]:
        """Newest first, as pip on the board itself would order them."""
        return tuple(self._platforms(range(self.glibc[1], _OLDEST_GLIBC.get(self.architecture, 17) - 1, -1)))

    def pip_options(self, *, short: bool = False) -> list[str]:
        """`short` names only the platforms that wheels are commonly built for."""
        platforms = self.platforms
        if short:
            common = reversed([each for each in _COMMON if each <= self.glibc[1]])
            platforms = tuple(self._platforms(common))
        options = ["--only-binary=:all:", "--implementation", "cp", "--python-version", self.python_version]
        for abi in (self.abi, "abi3", "none"):
            options += ["--abi", abi]
        for platform in platforms:
            options += ["--platform", platform]
        return options

    @property
    def python_version(self) -> str:
        return "{}.{}".format(*self.python)

    def markers(self) -> dict[str, str]:
        """The environment that a requirement's `; python_version < …` is about: the board's, not the host's."""
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{self.python_version}.0",
            "os_name": "posix",
            "platform_machine": self.architecture,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": f"{self.python_version}.0",
            "python_version": self.python_version,
            "sys_platform": "linux",
            "extra": "",
        }

    def _platforms(self, minors: Iterable[int]) -> list[str]:
        names = []
        for minor in minors:
            names.append(f"manylinux_2_{minor}_{self.architecture}")
            if minor in _OLD_NAMES:
                names.append(f"{_OLD_NAMES[minor]}_{self.architecture}")
        return [*names, f"linux_{self.architecture}"]


def target_of(facts: BoardFacts) -> Target:
    """Of a board with Python and glibc; `choose` has seen to both."""
    assert facts.python is not None  # noqa: S101 - for mypy
    assert facts.glibc is not None  # noqa: S101
    return Target(facts.python.version, facts.python.abi, facts.architecture, facts.glibc)
