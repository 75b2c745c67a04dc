from __future__ import annotations

from collections.abc import Callable

import pytest

from edgekit.bench.result import BenchmarkResult, Conditions, Energy, Rail
from edgekit.report.energy import energy_pairs, why_unavailable
from edgekit.report.tables import result_row, table_cells

Make = Callable[..., BenchmarkResult]
RAILS = (Rail("VDD_IN", True, 5000.0, 8000.0), Rail("VDD_SOC", False, 1800.0, 2000.0))
ENERGY = Energy(
    15_000.0, 297.3, True, "board", "ina3221_hwmon, input rail VDD_IN", 4.9, 100, 16, 8000.0, 5000.0, RAILS
)


def test_energy_has_its_method_its_rate_and_its_uncertainty(make_result: Make) -> None:
    result = make_result(energy_uj=ENERGY)
    pairs = dict(energy_pairs(result))
    assert pairs["one inference"] == "15.00 ± 0.30 mJ (95 %)"
    assert pairs["measured by"] == "ina3221_hwmon, input rail VDD_IN"
    assert pairs["samples"] == "100 running, 16 at rest, 4.9 a second"
    assert pairs["power"] == "8 W running, 5 W at rest, subtracted"
    assert pairs["rail VDD_SOC"] == "2 W running, 1.8 W at rest; not counted"
    assert why_unavailable(result) == ""


@pytest.mark.parametrize(
    ("value", "uncertainty", "text"),
    [
        (15.0, 2.0, "15.0 ± 2.0 µJ"),
        (3.2e6, 1.5e6, "3.2 ± 1.5 J"),
        (-5.0, 20.0, "-5 ± 20 µJ"),
        (7.0, 0.0, "7.00 ± 0.00 µJ"),
    ],
)
def test_value_and_uncertainty_share_a_unit(
    make_result: Make, value: float, uncertainty: float, text: str
) -> None:
    energy = Energy(value, uncertainty, True, "board", "m", 5.0, 10, 10, 2.0, 1.0, ())
    assert result_row(make_result(energy_uj=energy)).energy == text


def test_rails_are_never_shown_as_the_board(make_result: Make) -> None:
    rails = Energy(15_000.0, 297.3, True, "rails", "m", 2.0, 100, 16, 8000.0, 5000.0, RAILS[:1])
    result = make_result(energy_uj=rails)
    assert "one inference, rails only" in dict(energy_pairs(result))
    assert result_row(result).energy == "15.00 ± 0.30 mJ (rails)"


def test_the_column_is_there_only_if_somebody_measured(make_result: Make) -> None:
    assert "energy" not in table_cells([make_result()])[0]
    assert "energy" in table_cells([make_result(), make_result(energy_uj=ENERGY)])[0]


def test_what_is_unavailable_says_why_and_is_never_zero(make_result: Make) -> None:
    without = Conditions({}, {}, {"no_energy": "this board has no power sensor that edgekit knows"})
    result = make_result(conditions=without)
    assert energy_pairs(result) == []
    assert why_unavailable(result) == "this board has no power sensor that edgekit knows"
    assert "emulator" in why_unavailable(make_result(emulated=True))
    assert why_unavailable(make_result()) == "nobody watched the board"
