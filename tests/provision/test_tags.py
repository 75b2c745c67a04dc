from __future__ import annotations

import sys

import pytest
from packaging import tags

from edgekit.provision.tags import Target

PI = Target((3, 11), "cp311", "aarch64", (2, 36))


def test_platforms_are_those_that_pip_would_take_on_such_a_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.maxsize < 2**32:
        pytest.skip("packaging works out the tags of the machine it runs on, and this one has 32 bits")
    monkeypatch.setattr(tags._manylinux, "_get_glibc_version", lambda: (2, 36))
    target = Target((3, 11), "cp311", "x86_64", (2, 36))
    assert list(target.platforms) == [*tags._manylinux.platform_tags(["x86_64"]), "linux_x86_64"]


def test_arm_begins_with_glibc_2_17() -> None:
    assert PI.platforms[0] == "manylinux_2_36_aarch64"
    assert PI.platforms[-3:] == ("manylinux_2_17_aarch64", "manylinux2014_aarch64", "linux_aarch64")
    assert not any("2_37" in each for each in PI.platforms)


def test_the_short_form_is_a_part_of_the_long_one() -> None:
    short, long = PI.pip_options(short=True), PI.pip_options()
    assert set(short) < set(long)
    assert "manylinux_2_34_aarch64" in short
    assert "--only-binary=:all:" in short
    for options in (short, long):
        assert options[options.index("--python-version") + 1] == "3.11"
        assert [options[i + 1] for i, each in enumerate(options) if each == "--abi"] == [
            "cp311",
            "abi3",
            "none",
        ]


def test_markers_are_of_the_board_not_of_this_machine() -> None:
    from packaging.markers import Marker

    old = Target((3, 8), "cp38", "armv7l", (2, 31)).markers()
    assert Marker('python_version < "3.9" and platform_machine == "armv7l"').evaluate(old)
    assert not Marker('python_version < "3.9"').evaluate(PI.markers())
    assert not Marker('sys_platform == "win32" or extra == "gpu"').evaluate(PI.markers())
