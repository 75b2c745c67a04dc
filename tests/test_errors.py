"""The tree that the module draws is the tree that the classes form."""

from __future__ import annotations

import inspect
import re

import pytest

from edgekit import errors
from edgekit.errors import EdgekitError, UnknownNameError

_LINE = re.compile(
    r"^ {4}(?P<indent>[│ ]*)(?:[├└]── )?(?P<name>\w+Error) +(?:exit code )?(?P<code>\d)(?: |$)"
)


def _drawn_tree() -> dict[str, tuple[str | None, int]]:
    """Class name → its parent's name and its exit code, as the docstring draws them."""
    tree: dict[str, tuple[str | None, int]] = {}
    ancestors: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        match = _LINE.match(line)
        if match is None:
            assert "Error" not in line, f"cannot read the line {line!r}"
            continue
        is_branch = "── " in line
        depth = len(match["indent"]) // 4 + 1 if is_branch else 0
        del ancestors[depth:]
        tree[match["name"]] = (ancestors[-1] if ancestors else None, int(match["code"]))
        ancestors.append(match["name"])
    return tree


def _real_tree() -> dict[str, tuple[str | None, int]]:
    classes = [
        each
        for _, each in inspect.getmembers(errors, inspect.isclass)
        if issubclass(each, Exception) and each.__module__ == errors.__name__
    ]
    return {
        each.__name__: (None if each is EdgekitError else each.__bases__[0].__name__, each.exit_code)
        for each in classes
    }


def test_docstring_draws_the_real_tree_with_its_exit_codes() -> None:
    assert _drawn_tree() == _real_tree()


def test_every_error_but_the_root_has_one_parent() -> None:
    assert [name for name, (parent, _) in _real_tree().items() if parent is None] == ["EdgekitError"]


def test_exit_codes_are_the_ones_the_command_line_promises() -> None:
    assert {code for _, code in _real_tree().values()} == {1, 2, 3, 4}


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("lokal", ["local", "qemu_mps2_an386"], "unknown device 'lokal'; did you mean 'local'?; see there"),
        ("zzz", ["b", "a"], "unknown device 'zzz'; known: a, b; see there"),
        ("zzz", [], "unknown device 'zzz'; see there"),
    ],
)
def test_unknown_name_says_what_is_close_or_known(name: str, known: list[str], expected: str) -> None:
    error = UnknownNameError("device", name, known, hint="see there")
    assert str(error) == expected
    assert error.name == name
