"""Results that a person can check by hand, for every kernel; the tables are in literals/, one a family of kernels."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from tests.firmware.test_kernels import KERNELS
from tests.generators.literal import Literal

FAMILIES = sorted(each.stem for each in (Path(__file__).parent / "literals").glob("[a-z]*.py"))
LITERALS: list[Literal] = [
    each
    for family in FAMILIES
    for each in importlib.import_module(f"tests.firmware.literals.{family}").LITERALS
]


@pytest.mark.parametrize("literal", LITERALS, ids=str)
def test_result_is_as_worked_out_by_hand(literal: Literal) -> None:
    literal.check()


def test_every_kernel_has_a_result_worked_out_by_hand() -> None:
    tested = {kernel for each in LITERALS for kernel in each.tested_kernels()}
    assert sorted(tested) == KERNELS
