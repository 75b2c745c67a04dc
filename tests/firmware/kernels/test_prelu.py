"""PRELU: negative values times a slope of their channel."""

from __future__ import annotations

import pytest

from edgekit.errors import ModelError
from tests.generators.literal import Operand, run


def test_each_channel_has_its_slope() -> None:
    values, slopes = Operand([[-4.0, -4.0], [3.0, -1.0]]), Operand([0.5, -2.0])
    assert run("PRELU", [values, slopes], Operand([2, 2])) == [[-2.0, 8.0], [3.0, 2.0]]


def test_int8_slopes_have_a_scale_and_a_zero_point() -> None:
    # Slopes 0.25 · (9 − 1) = 2 and 0.25 · (3 − 1) = 0.5; values 0.5 · v; results in steps of 0.5 from 10 on.
    values = Operand([-8, -8], "int8", 0.5)
    slopes = Operand([9, 3], "int8", 0.25, 1)
    assert run("PRELU", [values, slopes], Operand([2], "int8", 0.5, 10)) == [-6, 6]


def test_values_from_zero_on_only_change_their_scale() -> None:
    values, slopes = Operand([0, 7, 100], "int8", 0.5), Operand([1], "int8", 1.0)
    assert run("PRELU", [values, slopes], Operand([3], "int8", 0.25)) == [0, 14, 127]


def test_int16_has_slopes_of_int8() -> None:
    values, slopes = Operand([-1000, 1000], "int16", 0.5), Operand([64], "int8", 1 / 128)
    assert run("PRELU", [values, slopes], Operand([2], "int16", 0.5)) == [-500, 1000]


def test_slopes_of_another_type_are_refused() -> None:
    with pytest.raises(ModelError, match="this combination of operand types"):
        run(
            "PRELU",
            [Operand([1], "int16", 0.5), Operand([1], "int16", 0.5)],
            Operand([1], "int16", 0.5),
        )
