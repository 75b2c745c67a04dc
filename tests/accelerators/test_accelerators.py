from __future__ import annotations

import pytest

from edgekit.accelerators import AcceleratorReport, OperatorMapping, find_accelerator, list_accelerators
from edgekit.errors import UnknownNameError


def test_accelerators_are_found_by_their_names() -> None:
    names = list_accelerators()
    assert {"edgetpu", "ethos-u55-128", "ethos-u65-512", "ethos-u85-2048"} <= set(names)
    assert len(names) == len(set(names))
    assert all(name in find_accelerator(name).NAMES for name in names)


def test_an_unknown_name_is_answered_with_what_was_probably_meant() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'ethos-u55-128'"):
        find_accelerator("ethos-u55-129")


def test_operators_are_counted_by_where_they_run() -> None:
    operators = (
        OperatorMapping("A", "NPU", 0),
        OperatorMapping("B", "CPU", count=3),
        OperatorMapping("C", "CPU"),
    )
    report = AcceleratorReport("x", "estimate", "t", operators)
    assert (report.num_on("NPU"), report.num_on("CPU"), report.num_on("GPU")) == (1, 4, 0)
